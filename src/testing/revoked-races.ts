import assert from 'node:assert/strict'

import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import { ACTS, handleOf, sends, signedIn, signIn } from './sign-in-acts.ts'
import { race } from './race.ts'
import type { Use } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/**
 * What must hold for requests at once with the id of a session that was ended from elsewhere: its holder can be told, and
 * can sign in again. What tells them never takes the place of the sign-in.
 */
export function revokedRaces({ create, describe, it, indexed }: StoreSuite): void {
  if (!indexed) return

  describe('under the id of a session that was ended from elsewhere', () => {
    const revoked = async (setup: SessionStorage): Promise<string> => {
      const cookie = await signedIn(setup)
      await (setup as IndexedSessionStorage).endSession('ada', await handleOf(setup, cookie))
      return cookie
    }
    const tells: Use = (session) => session.flash('notice', session.origin)

    it('a message begins a session of its own, and never comes after a sign-in', async () => {
      const seen = new Set<string>()
      await race(
        await create(),
        () => [sends(ACTS.signIn), { use: tells }],
        ({ clients: [user, told], old }) => {
          assert.ok(user && told)
          assert.deepEqual([user.session.userId, old.origin], ['ada', 'unknown'])
          if (told.setCookie === '') return seen.add('dropped')
          assert.ok(told.committedAt < user.committedAt, 'its cookie replaces that of the sign-in')
          assert.deepEqual(
            [told.session.userId, told.session.data],
            [undefined, { __flash_notice__: 'revoked' }],
          )
          return seen.add('told')
        },
        { start: revoked },
      )
      assert.deepEqual(seen, new Set(['dropped', 'told']))
    })

    it('one of two messages begins a session', async () => {
      await race(
        await create(),
        () => [{ use: tells }, { use: tells }],
        ({ clients }) =>
          assert.equal(clients.filter(({ setCookie }) => setCookie === '').length, 1),
        { start: revoked },
      )
    })

    it('two sign-ins both go on, and a logout with the old id ends both', async () => {
      await race(
        await create(),
        () => [sends(ACTS.signIn), { use: signIn('bob') }],
        ({ clients }) => {
          for (const { setCookie, session } of clients) {
            assert.notEqual(setCookie, '')
            assert.notEqual(session.origin, 'resumed')
          }
        },
        {
          start: revoked,
          afterwards: async (setup, cookie) => setup.destroySession(await setup.getSession(cookie)),
        },
      )
    })
  })
}
