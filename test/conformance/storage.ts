import { createSession } from 'fetch-sessions'
import type { Session, SessionData, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET } from '../support/secrets.ts'
import type { OpenBackEnd } from './storage/back-end.ts'
import { COOKIE, request, START } from './storage/back-end.ts'
import { storageLifetimes } from './storage/lifetimes.ts'
import { severalCookies } from './storage/several-cookies.ts'
import { signInLifetimes } from './storage/sign-in-lifetimes.ts'
import { signingIn } from './storage/signing-in.ts'
import { updateConformance } from './storage/updates.ts'
import { validAfterConformance } from './storage/valid-after.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

/**
 * What every storage does alike, wherever it keeps the values.
 *
 * @param open gives what makes storages over one back end
 */
export function storageConformance(name: string, open: OpenBackEnd): void {
  const storageWith = async (options: SessionStorageOptions = {}): Promise<SessionStorage> =>
    (await open())({ cookie: COOKIE, ...options })

  storageLifetimes(name, open)
  severalCookies(name, open)
  signingIn(name, open)
  signInLifetimes(name, open)
  validAfterConformance(name, open)
  updateConformance(name, open)

  describe(`${name}, a storage`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('gives back what was stored, flash values and hostile keys too', async () => {
      const storage = await storageWith()
      const values = { text: 'ü 🎉 "\\', list: [1, [null]], ['__proto__']: 'own', constructor: 1 }
      const cookie = await request(storage, '', (session) => {
        for (const [key, value] of Object.entries(values)) session.set(key, value)
        session.flash('notice', { ok: true })
      })
      const session = await storage.getSession(cookie)
      for (const [key, value] of Object.entries(values)) expect(session.get(key)).toEqual(value)
      expect(session.get('notice')).toEqual({ ok: true })
      expect(session).toMatchObject({
        origin: 'resumed',
        createdAt: new Date(START),
        expiresAt: new Date(START + 1000_000),
      })
    })

    it('keeps the moment of creation through every commit and a new id', async () => {
      const storage = await storageWith()
      let cookie = await request(storage, '', (session) => session.set('n', 1))
      for (const seconds of [400, 800]) {
        vi.setSystemTime(START + seconds * 1000)
        cookie = await request(storage, cookie, (session) => session.regenerate())
      }
      const session = await storage.getSession(cookie)
      expect(session.createdAt).toEqual(new Date(START))
      expect(session.expiresAt).toEqual(new Date(START + 1800_000))
    })

    it('can be committed twice, as one session', async () => {
      const storage = await storageWith()
      const session = await storage.getSession()
      session.set('a', 1)
      await storage.commitSession(session)
      const { id } = session
      session.set('b', 2)
      const cookie = toCookie(await storage.commitSession(session))
      expect((await storage.getSession(cookie)).data).toEqual({ a: 1, b: 2 })
      expect(session.id).toBe(id)
    })

    it('makes a session of its own for every visitor to whom a constant one is committed', async () => {
      const storage = await storageWith()
      const constant = createSession({ user: 'guest' })
      const [ada, bob] = [
        toCookie(await storage.commitSession(constant)),
        toCookie(await storage.commitSession(constant)),
      ]
      const { id } = await storage.getSession(ada)
      const next = await request(storage, ada, (session) => session.set('user', 'ada'))
      const others = await storage.getSession(bob)
      expect([others.origin, others.get('user')]).toEqual(['resumed', 'guest'])
      if (id !== '') expect(others.id).not.toBe(id)
      expect((await storage.getSession(next)).get('user')).toBe('ada')
    })

    it('has its times, and nothing left to write, after a commit', async () => {
      const storage = await storageWith()
      const session = await storage.getSession()
      session.set('n', 1)
      session.regenerate()
      await storage.commitSession(session)
      expect(session).toMatchObject({
        changed: false,
        createdAt: new Date(START),
        expiresAt: new Date(START + 1000_000),
      })
    })

    it('refuses at commit what a nested change put there, as such', async () => {
      const storage = await storageWith()
      const session = await storage.getSession()
      const cart: unknown[] = []
      session.set('cart', cart)
      cart.push(new Date())
      await expect(storage.commitSession(session)).rejects.toMatchObject({
        code: 'ERR_SESSION_VALUE',
      })
    })

    it('destroys by hand, with the attributes of the call, and for good', async () => {
      const storage = await storageWith()
      const session = await storage.getSession(await request(storage, '', () => {}))
      const cleared = await storage.destroySession(session, { path: '/shop', maxAge: 60 })
      expect(cleared).toMatch(/^__session=; Max-Age=0; Path=\/shop; Expires=Thu, 01 Jan 1970/)
      expect(() => session.get('n')).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }),
      )
    })

    it('destroys at a commit, with the attributes of the call', async () => {
      const storage = await storageWith()
      const cookie = await request(storage, '', () => {})
      const session = await storage.getSession(cookie)
      session.destroy()
      const cleared = await storage.commitSession(session, { path: '/shop', maxAge: 60 })
      expect(cleared).toMatch(/^__session=; Max-Age=0; Path=\/shop; Expires=Thu, 01 Jan 1970/)
    })

    it('refuses what is no session of this package', async () => {
      const other = {} as Session
      const storage = await storageWith()
      await expect(storage.commitSession(other)).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
      })
    })

    it('takes over a session of another storage, as a new one', async () => {
      const make = await open()
      const from = make({ cookie: COOKIE })
      const to = make({ cookie: { ...COOKIE, name: 'other' } })
      const cookie = await request(from, '', (session) => session.set('n', 1))
      const session = await from.getSession(cookie)
      const { id } = session
      const moved = await to.getSession(toCookie(await to.commitSession(session)))
      expect([moved.get('n'), moved.id !== '' && moved.id === id]).toEqual([1, false])
      // What belongs to it now is committed there, and the one that was left is as it was.
      session.set('n', 2)
      await to.commitSession(session)
      expect((await from.getSession(cookie)).get('n')).toBe(1)
    })

    describe('with a schema', () => {
      const schema = z.object({ cart: z.array(z.string()), user: z.string() }).partial()

      /** A cookie for values that the schema has not seen: production takes them as they are. */
      async function unchecked(storage: SessionStorage, values: SessionData): Promise<string> {
        vi.stubEnv('NODE_ENV', 'production')
        const cookie = await request(storage, '', (session) => {
          for (const [key, value] of Object.entries(values)) session.set(key, value)
          session.flash('notice', 'hello')
        })
        vi.unstubAllEnvs()
        return cookie
      }

      it('holds what it loads to it, and keeps flash values', async () => {
        const storage = await storageWith({ schema })
        const session = await storage.getSession(
          await unchecked(storage, { cart: ['tea'], stray: 1 }),
        )
        expect(session.data).toEqual({ cart: ['tea'], __flash_notice__: 'hello' })
        expect([session.origin, session.changed]).toEqual(['resumed', false])
      })

      it('starts anew where something else is stored', async () => {
        const storage = await storageWith({ schema })
        const session = await storage.getSession(await unchecked(storage, { cart: 'tea' }))
        expect([session.origin, session.data, session.id]).toEqual(['invalid', {}, ''])
      })

      it('stores what `migrate` made, so that it is asked once', async () => {
        const migrate = vi.fn<(data: SessionData) => unknown>(({ cart }) => ({ cart: [cart] }))
        const storage = await storageWith({ schema, migrate })
        const session = await storage.getSession(await unchecked(storage, { cart: 'tea' }))
        const migrated = { cart: ['tea'], __flash_notice__: 'hello' }
        expect([session.origin, session.data]).toEqual(['resumed', migrated])
        expect(migrate.mock.calls).toEqual([[{ cart: 'tea' }]])
        const next = toCookie(await storage.commitSession(session))
        expect((await storage.getSession(next)).data).toEqual(migrated)
        expect(migrate).toHaveBeenCalledTimes(1)
      })
    })

    it('never trusts what it has not sealed itself', async () => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => session.set('user', 'ada'))
      const foreign = await request(
        await storageWith({ cookie: { secrets: [OLD_SECRET] } }),
        '',
        (session) => session.set('user', 'eve'),
      )
      const named = await request(
        await storageWith({ cookie: { ...COOKIE, name: 'other' } }),
        '',
        (session) => session.set('user', 'eve'),
      )
      const refused = [
        '__session=junk',
        '__session=e30',
        '__session=eyJ1c2VyIjoiZXZlIn0.c2lnbmF0dXJl',
        cookie.slice(0, -1),
        `${cookie}A`,
        cookie.slice(0, 60),
        cookie.toLowerCase(),
        foreign,
        named.replace('other=', '__session='),
        `__session=${'A'.repeat(10_000)}`,
      ]
      for (const header of refused) {
        const { origin, id, data } = await storage.getSession(header)
        expect({ origin, id, data }).toEqual({ origin: 'tampered', id: '', data: {} })
      }
    })

    it("works without secrets if it has `protection: 'none'`", async () => {
      const storage = await storageWith({ cookie: { maxAge: 1000, protection: 'none' } })
      const cookie = await request(storage, '', (session) => session.set('n', 'ü'))
      expect((await storage.getSession(cookie)).get('n')).toBe('ü')
      vi.setSystemTime(START + 1000_000)
      expect((await storage.getSession(cookie)).origin).not.toBe('resumed')
      for (const junk of ['junk', 'W10', 'bnVsbA', '____', 'WzEsImNvb2tpZSJd']) {
        expect((await storage.getSession(`__session=${junk}`)).data).toEqual({})
      }
    })
  })
}
