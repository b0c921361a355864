import assert from 'node:assert/strict'

import { toCookieHeader } from './client-cookie.ts'
import { byHand, byMiddleware, login, logout, race } from './race.ts'
import type { Outcome, Sent, Use, Visit } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/**
 * What must hold in every order of the operations on the store, if a logout goes on with an empty session under a new id,
 * or if a login is under way while the session of another is ended:
 *
 * | one | the other | after both |
 * | --- | --- | --- |
 * | logs out and goes on | writes, logs in | nothing of the old session, unless the login has begun after the logout |
 * | logs in, and logs out with the new id | logs in with the old id | nobody, if the second is answered after the logout |
 */
export function logoutRaces({ create, describe, it }: StoreSuite): void {
  describe('a logout that goes on', () => {
    for (const [what, use] of Object.entries({ ...WRITES, 'logs in': login('ada') })) {
      for (const [name, visit] of Object.entries({ byHand, byMiddleware })) {
        it(`ends all of the old id, beside one at once that ${what}: ${name}`, async () => {
          await race(
            await create(),
            () => [
              { use: logoutThatGoesOn, visit },
              { use, visit, hasLoaded: true },
            ],
            assertOnlyGoesOn,
          )
        })
      }
    }

    it('ends all of the old id, beside another one', async () => {
      await race(
        await create(),
        () => [
          { use: logoutThatGoesOn, hasLoaded: true },
          { use: logoutThatGoesOn, hasLoaded: true, visit: byMiddleware },
        ],
        ({ clients, old }) => {
          for (const { session } of clients) assertEmpty(session.data)
          assert.equal(old.origin, 'unknown')
        },
      )
    })

    it('ends with the old id what a login has begun under it before', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          const session = await setup.getSession(cookie)
          login('ada')(session)
          const next = toCookieHeader(await setup.commitSession(session))
          return [{ use: logoutThatGoesOn }, { use: setsA, cookie: next }]
        },
        assertOnlyGoesOn,
      )
    })

    it('ends with the old id what a login under way begins under the id of another login', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          const session = await setup.getSession(cookie)
          login('ada')(session)
          const next = toCookieHeader(await setup.commitSession(session))
          return [{ use: logoutThatGoesOn }, { use: login('bob'), cookie: next, hasLoaded: true }]
        },
        assertOnlyGoesOn,
      )
    })
  })

  describe('a login under way', () => {
    for (const [what, first] of Object.entries({ 'another login': 1, 'two logins in a row': 2 })) {
      it(`is dropped if ${what} and the logout with the newest id were faster`, async () => {
        const seen = new Set<string>()
        const logins = { use: login('one'), visit: thatLogsOutAfter(first), hasLoaded: true }
        const late: Sent = { use: login('two'), hasLoaded: true }
        await race(
          await create(),
          () => [logins, late],
          ({ clients: [one, two], old }) => {
            assert.ok(one && two)
            assert.equal(old.origin, 'unknown')
            assert.notEqual(one.session.origin, 'resumed')
            if (two.setCookie === '') seen.add('dropped')
            else seen.add('answered before')
            assert.equal(two.setCookie === '', two.session.origin === 'unknown')
            if (two.answeredAt > one.answeredAt) assert.equal(two.setCookie, '')
          },
        )
        assert.deepEqual(seen, new Set(['dropped', 'answered before']))
      })
    }
  })
}

const setsA: Use = (session) => session.set('a', 1)

const WRITES: Readonly<Record<string, Use>> = {
  'sets a key': setsA,
  'clears all': (session) => session.clear(),
}

/** What the README has for a logout that leaves a message. */
const logoutThatGoesOn: Use = (session) => {
  session.clear()
  session.regenerate()
  session.flash('bye', true)
}

/** Logs in so many times in a row, each time with the newest id, and then out. */
function thatLogsOutAfter(logins: number): Visit {
  return async (store, cookie, use) => {
    let setCookie = await byHand(store, cookie, use)
    for (let i = 1; i < logins; i++) {
      setCookie = await byHand(store, toCookieHeader(setCookie), login('one'))
    }
    return setCookie === '' ? '' : byHand(store, toCookieHeader(setCookie), logout)
  }
}

function assertEmpty(data: object): void {
  for (const name of ['start', 'user', 'a']) {
    assert.ok(!Object.hasOwn(data, name), `after a logout a cookie opens ${JSON.stringify(data)}`)
  }
}

/** The first client has an empty session with its message, and nobody else has one. */
function assertOnlyGoesOn({ clients: [leaving, other], old }: Outcome): void {
  assert.ok(leaving && other)
  assert.deepEqual(leaving.session.data, { __flash_bye__: true })
  assert.equal(other.session.origin, 'unknown')
  assert.equal(old.origin, 'unknown')
}
