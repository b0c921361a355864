import assert from 'node:assert/strict'

import { race, start, storageOver } from './race.ts'
import type { Client, Use } from './race.ts'
import { isSignedIn, signIn } from './sign-in-acts.ts'
import type { StoreSuite } from './store-suite.ts'

/** What must hold for `update` at once with others on one session, in every order of their operations on the store. */
export function updateRaces({ create, describe, it }: StoreSuite): void {
  describe('an update of a value at once', () => {
    it('with another one: both count', async () => {
      await race(
        await create(),
        () => [{ use: counts }, { use: counts }],
        ({ old }) => assert.equal(old.get('count'), 2),
      )
    })

    it('with two others: all count', async () => {
      await race(
        await create(),
        () => [
          { use: counts, hasLoaded: true },
          { use: counts, hasLoaded: true },
          { use: counts, isOneStep: true },
        ],
        ({ old }) => assert.equal(old.get('count'), 3),
      )
    })

    it('with one that sets the value: it counts from that one on, or is replaced', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        () => [{ use: counts }, { use: (session) => session.set('count', 10) }],
        ({ old }) => seen.add(old.get('count')),
      )
      assert.deepEqual(seen, new Set([10, 11]))
    })

    it('with a sign-in counts in its session, or is dropped without a cookie', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        () => [{ use: counts }, { use: signIn('ada') }],
        ({ clients: [count, user] }) => {
          assert.ok(count && user && isSignedIn(user))
          assert.equal(user.session.get('count'), count.setCookie === '' ? undefined : 1)
          seen.add(user.session.get('count'))
        },
      )
      assert.deepEqual(seen, new Set([undefined, 1]))
    })

    it('in a sign-in and in another request: both count', async () => {
      const signsIn: Use = (session) => {
        session.signIn('ada')
        counts(session)
      }
      await race(
        await create(),
        () => [{ use: counts }, { use: signsIn, hasLoaded: true }],
        ({ clients: [count, user] }) => {
          const { setCookie } = count as Client
          assert.equal(user?.session.get('count'), setCookie === '' ? 1 : 2)
        },
      )
    })
  })

  it('fifty updates of a value at once all count', async () => {
    const storage = storageOver(await create())
    const cookie = await start(storage)
    const sessions = await Promise.all(Array.from({ length: 50 }, () => storage.getSession(cookie)))
    await Promise.all(
      sessions.map((session) => {
        counts(session)
        return storage.commitSession(session)
      }),
    )
    assert.equal((await storage.getSession(cookie)).get('count'), 50)
  })
}

const counts: Use = (session) => session.update('count', (count: number = 0) => count + 1)
