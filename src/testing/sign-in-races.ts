import assert from 'node:assert/strict'

import { toCookieHeader } from './client-cookie.ts'
import { ACTS, assertActsHold, isSignedIn, sends, signedIn, signIn } from './sign-in-acts.ts'
import type { Act } from './sign-in-acts.ts'
import { byHand, logout, race } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/** Two at a time, of which one at least ends the session or gives it a new id. */
const PAIRS: readonly (readonly [Act, Act])[] = pairsOf(Object.values<Act>(ACTS))

/** Three at a time. The last one is one step, which leaves fewer orders. */
const TRIPLES: readonly (readonly [Act, Act, Act])[] = [
  [ACTS.signIn, ACTS.logout, ACTS.write],
  [ACTS.logout, ACTS.signIn, ACTS.signIn],
  [ACTS.signInOther, ACTS.write, ACTS.signIn],
  [ACTS.logout, ACTS.reauthenticate, ACTS.signInOther],
  [ACTS.reauthenticate, ACTS.logout, ACTS.regenerate],
  [ACTS.regenerate, ACTS.signOut, ACTS.signIn],
]

/**
 * What must hold for `signIn`, `signOut`, `reauthenticate`, `regenerate`, a logout, a write and a renewal at once on the
 * session of a user, in every order of their operations on the store: see {@link assertActsHold}.
 */
export function signInRaces({ create, describe, it }: StoreSuite): void {
  describe('on the session of a user', () => {
    for (const [one, other] of PAIRS) {
      it(`one that ${one.what}, and one that ${other.what}`, async () => {
        await race(
          await create(),
          () => [sends(one), sends(other)],
          ({ clients, old }) => {
            assertActsHold([one, other], clients)
            assert.notEqual(old.origin, 'resumed')
          },
          { start: signedIn },
        )
      })
    }

    for (const acts of TRIPLES) {
      it(`one that ${acts.map(({ what }) => what).join(', one that ')}`, async () => {
        const [one, two, three] = acts
        await race(
          await create(),
          () => [
            sends(one, { hasLoaded: true }),
            sends(two, { hasLoaded: true }),
            sends(three, { hasLoaded: true, isOneStep: true }),
          ],
          ({ clients, old }) => {
            assertActsHold(acts, clients)
            assert.notEqual(old.origin, 'resumed')
          },
          { start: signedIn },
        )
      })
    }
  })

  describe('a sign-in at once', () => {
    it('with one that writes keeps the values of the anonymous session, and drops what comes later', async () => {
      const seen = new Set<boolean>()
      await race(
        await create(),
        () => [{ use: signIn('ada') }, sends(ACTS.write)],
        ({ clients: [winner, write], old }) => {
          assert.ok(winner && write)
          assert.deepEqual([winner.session.userId, old.origin], ['ada', 'unknown'])
          assert.equal(winner.session.get('start'), true)
          assert.equal(winner.session.has('a'), write.setCookie !== '')
          seen.add(winner.session.has('a'))
        },
      )
      assert.deepEqual(seen, new Set([true, false]))
    })

    it('with another one: both go on, and a logout with the old id ends both', async () => {
      const cookies: string[] = []
      await race(
        await create(),
        () => [{ use: signIn('ada') }, { use: signIn('bob') }],
        (outcome) => {
          for (const { session, setCookie } of outcome.clients) {
            assert.notEqual(setCookie, '')
            assert.notEqual(session.origin, 'resumed')
            cookies.push(setCookie)
          }
        },
        {
          afterwards: async (setup, cookie) => setup.destroySession(await setup.getSession(cookie)),
        },
      )
      assert.equal(new Set(cookies).size, cookies.length)
    })

    it('with a logout is signed in exactly if its commit began after the logout', async () => {
      const seen = new Set<string>()
      await race(
        await create(),
        () => [{ use: signIn('ada') }, { use: logout }],
        ({ clients: [one, other], old }) => {
          assert.ok(one && other)
          const isLater = one.committingAt > other.committedAt
          assert.equal(isSignedIn(one), isLater)
          assert.equal(old.origin, 'unknown')
          if (isLater) assert.ok(!one.session.has('start'), 'values that a logout has ended')
          seen.add(isLater ? 'later' : one.setCookie === '' ? 'dropped' : 'ended')
        },
      )
      assert.deepEqual(seen, new Set(['later', 'dropped', 'ended']))
    })

    it('as another user leaves nothing of what the first one writes at once', async () => {
      await race(
        await create(),
        () => [
          { use: (session) => session.signIn('bob'), hasLoaded: true },
          { use: (session) => session.signOut(), hasLoaded: true },
          sends(ACTS.write, { hasLoaded: true, isOneStep: true }),
        ],
        ({ clients }) => {
          for (const { session } of clients) assert.deepEqual(session.data, {})
        },
        {
          // Nothing is stored but the user, so there is nothing to clear yet.
          start: async (setup) => {
            const session = await setup.getSession()
            session.signIn('ada')
            return toCookieHeader(await setup.commitSession(session))
          },
        },
      )
    })

    it('after another one that was not answered: both are signed in', async () => {
      const base = await create()
      await race(
        base,
        async (cookie) => {
          await byHand(base, cookie, signIn('ada'))
          return [{ use: signIn('ada') }, { use: signIn('ada'), hasLoaded: true }]
        },
        ({ clients }) => {
          for (const client of clients) assert.ok(isSignedIn(client))
        },
      )
    })
  })
}

function pairsOf(acts: readonly Act[]): (readonly [Act, Act])[] {
  return acts
    .flatMap((one, i) => acts.slice(i).map((other) => [one, other] as const))
    .filter((pair) => pair.some(({ ends, begins }) => ends || begins !== undefined))
}
