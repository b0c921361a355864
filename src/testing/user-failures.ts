import assert from 'node:assert/strict'

import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import { toCookieHeader } from './client-cookie.ts'
import { eachOperation, FAILURES, watched } from './login-failures.ts'
import { byHand, logout, start, usersOver } from './race.ts'
import { signedIn, signIn } from './sign-in-acts.ts'
import type { StoreSuite } from './store-suite.ts'

/** What must hold if an operation on the store fails in the middle of a sign-in or of an end from elsewhere, each in turn. */
export function userFailures({ create, describe, it, indexed }: StoreSuite): void {
  describe('a sign-in of which an operation', () => {
    for (const failure of FAILURES) {
      it(`${failure}, shows nothing of it under the old id, and can be repeated until a logout`, async () => {
        const base = await create()
        const setup = usersOver(base)
        await eachOperation(base, failure, async (broken) => {
          const old = await start(setup)
          const look = async (): Promise<void> => {
            const { userId, data } = await setup.getSession(old)
            assert.deepEqual([userId, data['by']], [undefined, undefined])
          }
          await byHand(watched(broken, look), old, signIn('ada')).catch(() => undefined)
          await look()
          const cookie = toCookieHeader(await byHand(base, old, signIn('ada')))
          assert.equal((await setup.getSession(cookie)).userId, 'ada')
          await byHand(base, old, logout)
          for (const dead of [old, cookie]) {
            assert.equal((await setup.getSession(dead)).origin, 'unknown')
          }
        })
      })
    }
  })
  if (!indexed) return

  describe('an end from elsewhere of which an operation', () => {
    for (const failure of FAILURES) {
      for (const [what, end] of Object.entries(ENDS)) {
        it(`${failure}, can be repeated, and then holds: ${what}`, async () => {
          const base = await create()
          const setup = usersOver(base)
          await eachOperation(base, failure, async (broken) => {
            await setup.endSessions('ada')
            const old = await signedIn(setup)
            const { handle } = await setup.getSession(old)
            const next = toCookieHeader(await byHand(base, old, (session) => session.regenerate()))
            const hasEnded = await end(usersOver(broken), handle).catch(() => undefined)
            if (hasEnded === undefined) await end(setup, handle)
            for (const dead of [old, next]) {
              assert.notEqual((await setup.getSession(dead)).origin, 'resumed')
            }
            assert.deepEqual(await setup.sessionsOf('ada'), [])
          })
        })
      }
    }
  })

  describe('a sign-in beyond the limit of which an operation', () => {
    for (const failure of FAILURES) {
      it(`${failure}, can be repeated, and then the limit holds`, async () => {
        const base = await create()
        const setup = usersOver(base)
        await eachOperation(base, failure, async (broken) => {
          await setup.endSessions('ada')
          await signedIn(setup)
          await signedIn(setup)
          const signsIn = async (storage: IndexedSessionStorage): Promise<string> => {
            const session = await storage.getSession()
            signIn('ada')(session)
            return storage.commitSession(session)
          }
          const cookie = await signsIn(usersOver(broken, 2)).catch(() =>
            signsIn(usersOver(base, 2)),
          )
          assert.equal((await setup.getSession(toCookieHeader(cookie))).userId, 'ada')
          assert.equal((await setup.sessionsOf('ada')).length, 2)
        })
      })
    }
  })
}

const ENDS: Readonly<
  Record<string, (storage: IndexedSessionStorage, handle: string) => Promise<unknown>>
> = {
  endSession: (storage, handle) => storage.endSession('ada', handle),
  endSessions: (storage) => storage.endSessions('ada'),
}
