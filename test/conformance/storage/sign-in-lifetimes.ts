import type { SessionStorage, SessionStorageOptions, SignInOptions } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { visit } from '../../support/visit.ts'
import { COOKIE, request, START } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** How long the session lives that a sign-in begins. */
export function signInLifetimes(name: string, open: OpenBackEnd): void {
  const storageWith = async (options: SessionStorageOptions = {}): Promise<SessionStorage> =>
    (await open())({ cookie: COOKIE, ...options })
  const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)

  /** The Set-Cookie text of a sign-in through a middleware. */
  async function signIn(
    storage: SessionStorage,
    options?: SignInOptions,
    cookie = '',
  ): Promise<string> {
    const signedIn = await visit({ storage, cookie }, (session) => session.signIn('ada', options))
    return signedIn.headers.getSetCookie()[0] ?? ''
  }

  async function originsAt(
    storage: SessionStorage,
    cookie: string,
    ...moments: number[]
  ): Promise<boolean[]> {
    const alive: boolean[] = []
    for (const seconds of moments) {
      at(seconds)
      alive.push((await storage.getSession(cookie)).origin === 'resumed')
    }
    return alive
  }

  describe(`${name}, the lifetime of a sign-in`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each([50, 5000])('is the `maxAge` of the sign-in, and not renewed: %i s', async (maxAge) => {
      const storage = await storageWith()
      const setCookie = await signIn(storage, { maxAge })
      expect(setCookie).toContain(`; Max-Age=${maxAge};`)
      const cookie = toCookie(setCookie)
      expect((await storage.getSession(cookie)).expiresAt).toEqual(new Date(START + maxAge * 1000))
      at(maxAge - 1)
      const later = await visit({ storage, cookie })
      expect(later.headers.getSetCookie()).toEqual([])
      expect(await originsAt(storage, cookie, maxAge - 0.001, maxAge)).toEqual([true, false])
    })

    it('is that of the browser, if `maxAge` is undefined; renewals leave it so', async () => {
      const storage = await storageWith()
      const setCookie = await signIn(storage, { maxAge: undefined })
      expect(setCookie).not.toMatch(/max-age|expires/i)
      const cookie = toCookie(setCookie)
      // The server forgets it like any other.
      expect((await storage.getSession(cookie)).expiresAt).toEqual(new Date(START + 1000_000))
      at(600)
      const [renewed = ''] = (await visit({ storage, cookie })).headers.getSetCookie()
      expect(renewed).toMatch(/^__session=/)
      expect(renewed).not.toMatch(/max-age|expires/i)
      const { expiresAt } = await storage.getSession(toCookie(renewed))
      expect(expiresAt).toEqual(new Date(START + 1600_000))
    })

    it('is that of the storage, if nothing is said, whatever the one before had', async () => {
      const storage = await storageWith()
      expect(await signIn(storage)).toContain('; Max-Age=1000;')
      for (const earlier of [{ maxAge: 50 }, { maxAge: undefined }]) {
        const cookie = toCookie(await signIn(storage, earlier))
        const next = await signIn(storage, {}, cookie)
        expect(next).toContain('; Max-Age=1000;')
        const { expiresAt } = await storage.getSession(toCookie(next))
        expect(expiresAt).toEqual(new Date(START + 1000_000))
      }
    })

    it('stays what it was after reauthenticate()', async () => {
      const storage = await storageWith()
      const cookie = toCookie(await signIn(storage, { maxAge: 50 }))
      at(20)
      const again = await visit({ storage, cookie }, (session) => session.reauthenticate())
      const [setCookie] = again.headers.getSetCookie()
      expect(setCookie).toContain('; Max-Age=30;')
      expect(await originsAt(storage, toCookie(setCookie), 49.999, 50)).toEqual([true, false])
    })

    it.each([0, -1, 0.5, Number.NaN, Infinity, 401 * 86_400, '60', null])(
      'must be one that browsers keep, or nothing happens: %j',
      async (maxAge) => {
        const session = await (await storageWith()).getSession()
        expect(() => session.signIn('ada', { maxAge: maxAge as number })).toThrow(
          expect.objectContaining({
            code: 'ERR_SESSION_CONFIG',
            message: expect.stringContaining('`maxAge` is'),
          }),
        )
        expect([session.userId, session.changed]).toEqual([undefined, false])
      },
    )

    it('has an absolute end that counts from the sign-in, also for a `maxAge`', async () => {
      const storage = await storageWith({ absoluteTimeout: 100 })
      const anonymous = await request(storage, '', (session) => session.set('n', 1))
      at(60)
      const cookies = [
        toCookie(await signIn(storage, {}, anonymous)),
        toCookie(await signIn(storage, { maxAge: 500 })),
      ]
      for (const cookie of cookies) {
        at(60)
        expect((await storage.getSession(cookie)).createdAt).toEqual(new Date(START + 60_000))
        expect(await originsAt(storage, cookie, 159.999, 160)).toEqual([true, false])
      }
    })

    it('has an absolute end that reauthenticate() does not move', async () => {
      const storage = await storageWith({ absoluteTimeout: 100 })
      const cookie = toCookie(await signIn(storage))
      at(60)
      const next = await request(storage, cookie, (session) => session.reauthenticate())
      expect((await storage.getSession(next)).createdAt).toEqual(new Date(START))
      expect(await originsAt(storage, next, 99.999, 100)).toEqual([true, false])
    })
  })
}
