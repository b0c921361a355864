import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { toCookie } from '../../support/client.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import { COOKIE, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

let names = 0

/** A handler that signs somebody in with a session of its own, beside that of the middleware. */
export function describeAnotherSession({ kind, storageWith, visit }: Setup): void {
  const isStored = kind === 'memory storage'

  /** What a visitor with a session of an old secret is sent, and what becomes of that session. */
  async function signIn(use: (session: Session) => void) {
    const store = createMemoryStore(10)
    const name = `login-${++names}` // a warning is given once in a process
    const sealedBy = (...secrets: string[]): SessionStorage => {
      const cookie = { ...COOKIE, name, secrets }
      return isStored ? createStoreSessionStorage(store, { cookie }) : storageWith({ cookie })
    }
    const old = sealedBy(OLD_SECRET)
    const before = await old.getSession()
    before.set('cart', 'tea')
    const cookie = toCookie(await old.commitSession(before))
    const storage = sealedBy(SECRET, OLD_SECRET)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    let login = ''
    const app = visit(
      async ({ session }) => {
        use(session())
        const own = await storage.getSession()
        own.set('userId', 'ada')
        login = await storage.commitSession(own)
        return new Response('', { headers: { 'set-cookie': login } })
      },
      { storage },
    )
    const { headers } = await app.fetch(requestWith(cookie))
    const { origin, data } = await storage.getSession(cookie)
    return { sent: headers.getSetCookie(), login, warn, name, old: [origin, data] }
  }

  describe('a handler that signs in with a session of its own', () => {
    it.each<[string, (session: Session) => void, boolean]>([
      ['untouched', () => {}, false],
      ['read', (session) => session.get('cart'), false],
      ['changed', (session) => session.set('cart', 'mug'), !isStored],
      ['given a new id', (session) => session.regenerate(), true],
    ])(
      'has its cookie sent alone, though the session of the middleware was %s',
      async (what, use, isLost) => {
        const { sent, login, warn, name, old } = await signIn(use)
        expect(sent).toEqual([login])
        const warnings = warn.mock.calls.flat().filter((text) => String(text).includes(name))
        expect(warnings).toEqual(isLost ? [expect.stringContaining('the changes are lost')] : [])
        const isKept = isStored && what === 'changed'
        expect(old).toEqual(['resumed', { cart: isKept ? 'mug' : 'tea' }])
      },
    )

    it('and destroys that of the middleware signs in where ids tell the two apart, and out elsewhere', async () => {
      const { sent, login, name, old } = await signIn((session) => session.destroy())
      if (isStored) {
        expect(sent).toEqual([login])
        expect(old).toEqual(['unknown', {}])
      } else {
        expect(sent).toEqual([expect.stringMatching(new RegExp(`^${name}=; Max-Age=0`))])
      }
    })
  })
}
