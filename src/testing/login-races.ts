import assert from 'node:assert/strict'

import type { Session } from '../session/session.ts'
import { assertLogoutHolds, byHand, byMiddleware, login, logout, race, renewal } from './race.ts'
import type { Outcome, Sent, Use, Visit } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/**
 * What must hold for logins and logouts at once with others on one session, in every order of their operations on the
 * store. The old id is dead after each of them.
 *
 * | one | the other | after both |
 * | --- | --- | --- |
 * | logs in | writes, is renewed | what was written before went along; what comes later is dropped, without a cookie |
 * | logs in | logs in | both go on, with sessions of their own; a logout with the old id ends both |
 * | logs out | writes, is renewed | no session, and no cookie for what comes later |
 * | logs out | logs in | no session, unless the login has begun after the logout |
 * | logs out | logs out | no session |
 *
 * The same holds for three: two logins and a logout, a login and two logouts, a login, a write and a logout, and a logout
 * with an id that two logins in a row have left behind.
 */
export function loginRaces({ create, describe, it }: StoreSuite): void {
  describe('a login at once', () => {
    for (const write of WRITES) {
      it(`with one that ${write.what} keeps it, or drops it without a cookie`, async () => {
        const seen = new Set<string>()
        await race(
          await create(),
          () => [{ use: login('ada') }, write],
          (outcome) => seen.add(assertKeptOrDropped(write, outcome)),
        )
        assert.ok(seen.has('dropped'))
        // A back end may postpone a renewal.
        assert.ok(seen.has('kept') || write.isIn === undefined)
      })
    }

    it('with another login: both go on, with sessions of their own', async () => {
      const seen = new Set<string>()
      await race(
        await create(),
        () => [{ use: login('one') }, { use: login('two'), visit: byMiddleware }],
        ({ clients, old }) => {
          const sessions = clients.map(({ session }) => session)
          assert.deepEqual(
            sessions.map((session) => session.get('user')),
            ['one', 'two'],
          )
          assert.notEqual(sessions[0]?.id, sessions[1]?.id)
          assert.equal(old.origin, 'unknown')
          seen.add(sessions.map((session) => session.has('start')).join())
        },
      )
      // Who loads the session after the login of the other starts anew.
      assert.deepEqual(seen, new Set(['true,true', 'true,false', 'false,true']))
    })

    it('with another login: a logout with the old id ends both', async () => {
      await race(
        await create(),
        () => [{ use: login('one') }, { use: login('two') }],
        assertNobody,
        {
          afterwards: async (setup, cookie) => setup.destroySession(await setup.getSession(cookie)),
        },
      )
    })
  })

  describe('a late request with the old id', () => {
    for (const after of ['login', 'logout'] as const) {
      for (const write of WRITES) {
        it(`that ${write.what} after a ${after} revives nothing and gets no cookie`, async () => {
          await race(
            await create(),
            async (cookie, setup) => {
              const session = await setup.getSession(cookie)
              if (after === 'logout') await setup.destroySession(session)
              else {
                session.regenerate()
                await setup.commitSession(session)
              }
              return [write, write]
            },
            ({ clients, old }) => {
              assert.deepEqual([clients[0]?.setCookie, clients[1]?.setCookie], ['', ''])
              assert.equal(old.origin, 'unknown')
            },
          )
        })
      }
    }
  })

  describe('a logout at once', () => {
    for (const write of WRITES) {
      it(`with one that ${write.what} leaves no session`, async () => {
        const seen = new Set<boolean>()
        await race(
          await create(),
          () => [{ use: logout }, write],
          (outcome) => {
            assertNobody(outcome)
            seen.add(outcome.clients[1]?.setCookie === '')
          },
        )
        assert.ok(seen.has(true), 'a write that was dropped got a cookie')
      })
    }

    it('with another logout leaves no session', async () => {
      await race(
        await create(),
        () => [{ use: logout }, { use: logout, visit: byMiddleware }],
        assertNobody,
      )
    })

    for (const [name, visit] of Object.entries({ byHand, byMiddleware })) {
      it(`with a login leaves no session, unless the login began later: ${name}`, async () => {
        const seen = new Set<unknown>()
        await race(
          await create(),
          () => [
            { use: logout, visit },
            { use: login('ada'), visit },
          ],
          (outcome) => {
            assertLogoutHolds(outcome)
            const { setCookie = '', session } = outcome.clients[1] ?? {}
            if (setCookie === '') seen.add('dropped')
            else seen.add(session?.origin === 'resumed' ? 'later' : 'ended')
          },
        )
        assert.deepEqual(seen, new Set(['dropped', 'ended', 'later']))
      })
    }

    it('with a login that clears all first leaves no session, unless the login began later', async () => {
      await race(await create(), () => [{ use: logout }, { use: changesUser }], assertLogoutHolds)
    })

    it('that goes on, with a login, leaves nothing of what was there before', async () => {
      await race(
        await create(),
        () => [
          { use: changesUser, hasLoaded: true },
          { use: login('ada'), hasLoaded: true },
        ],
        ({ clients: [next, begun], old }) => {
          assert.deepEqual(next?.session.data, { user: 'eve' })
          assert.notEqual(begun?.session.origin, 'resumed')
          assert.equal(old.origin, 'unknown')
        },
      )
    })

    it('with a login that sends again what was not answered leaves no session', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          const session = await setup.getSession(cookie)
          login('ada')(session)
          await setup.commitSession(session)
          return [{ use: logout }, { use: login('ada'), hasLoaded: true }]
        },
        assertNobody,
      )
    })

    it('with a login, after another logout, leaves no session, unless the login began later', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          await setup.destroySession(await setup.getSession(cookie))
          return [{ use: logout }, { use: login('ada') }]
        },
        assertLogoutHolds,
      )
    })

    it('with a second login in a row ends every session that was begun under the old id', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          const session = await setup.getSession(cookie)
          login('ada')(session)
          const next = (await setup.commitSession(session)).split(';')[0] ?? ''
          return [{ use: logout }, { use: login('ada'), cookie: next, hasLoaded: true }]
        },
        assertNobody,
      )
    })
  })

  describe('three requests at once', () => {
    for (const [what, others] of Object.entries<readonly Sent[]>({
      'two logins': [
        { use: login('one'), hasLoaded: true },
        { use: login('two'), hasLoaded: true, isOneStep: true },
      ],
      'a login and a write': [
        { use: login('one'), hasLoaded: true },
        { use: setsA, hasLoaded: true },
      ],
      'a login and another logout': [
        { use: login('one'), hasLoaded: true },
        { use: logout, isOneStep: true },
      ],
    })) {
      it(`of which one logs out, beside ${what}, leave no session if all had begun`, async () => {
        await race(
          await create(),
          () => [{ use: logout, hasLoaded: true }, ...others],
          assertNobody,
        )
      })
    }

    it('of which one logs out late, beside a login and a write, leave no session that had begun', async () => {
      await race(
        await create(),
        () => [
          { use: logout },
          { use: login('one'), hasLoaded: true },
          { use: setsA, isOneStep: true },
        ],
        assertLogoutHolds,
      )
    })
  })
}

/** Whatever is no login and no logout. */
interface Write {
  readonly what: string
  readonly use: Use
  readonly visit: Visit
  /** Whether it is in the session of a login; undefined if it changes no value. */
  readonly isIn?: (session: Session) => boolean
  /** Whether it gets a cookie if it comes in time. */
  readonly sends: boolean
}

const changesUser: Use = (session) => {
  session.clear()
  login('eve')(session)
}
const setsA: Use = (session) => session.set('a', 1)
const hasA = (session: Session): boolean => session.has('a')

const WRITES: readonly Write[] = [
  { what: 'sets a key', use: setsA, visit: byHand, isIn: hasA, sends: true },
  { what: 'sets a key in a middleware', use: setsA, visit: byMiddleware, isIn: hasA, sends: false },
  {
    what: 'flashes',
    use: (session) => session.flash('later', 1),
    visit: byHand,
    isIn: (session) => session.has('later'),
    sends: true,
  },
  {
    what: 'clears all',
    use: (session) => session.clear(),
    visit: byHand,
    isIn: (session) => !session.has('start'),
    sends: true,
  },
  { what: 'is renewed', use: () => undefined, visit: renewal, sends: true },
]

function assertKeptOrDropped(
  { isIn, sends }: Write,
  { clients: [winner, write], old }: Outcome,
): 'kept' | 'dropped' {
  assert.ok(winner && write)
  assert.equal(winner.session.get('user'), 'ada')
  for (const dead of [write.session, old]) assert.equal(dead.origin, 'unknown')
  const isKept = isIn?.(winner.session) ?? write.setCookie !== ''
  assert.equal(write.setCookie !== '', isKept && sends, 'a write that was dropped got a cookie')
  return isKept ? 'kept' : 'dropped'
}

function assertNobody({ clients, old }: Outcome): void {
  for (const { session } of clients) assert.notEqual(session.origin, 'resumed')
  assert.equal(old.origin, 'unknown')
}
