import type { SessionOrigin, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { SECRET } from '../../support/secrets.ts'
import { visit } from '../../support/visit.ts'
import { COOKIE, request, START } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** How long the sessions of every storage live. */
export function storageLifetimes(name: string, open: OpenBackEnd): void {
  const storageWith = async (options: SessionStorageOptions = {}): Promise<SessionStorage> =>
    (await open())({ cookie: COOKIE, ...options })
  const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)

  describe(`${name}, its lifetimes`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('holds a lifetime that was chosen by hand to the absolute timeout', async () => {
      const storage = await storageWith({ absoluteTimeout: 100 })
      const setCookie = await storage.commitSession(await storage.getSession(), { maxAge: 500 })
      expect(setCookie).toContain('; Max-Age=100;')
      const { expiresAt } = await storage.getSession(toCookie(setCookie))
      expect(expiresAt).toEqual(new Date(START + 100_000))
    })

    it.each<[string, SessionStorageOptions, number]>([
      ['maxAge', {}, 1000],
      ['idleTimeout without a maxAge', { cookie: { secrets: [SECRET] }, idleTimeout: 60 }, 60],
      ['14 days where nothing is said', { cookie: { secrets: [SECRET] } }, 14 * 24 * 60 * 60],
      ['the shorter of maxAge and idleTimeout', { idleTimeout: 60 }, 60],
      ['maxAge where idleTimeout is longer', { idleTimeout: 5000 }, 1000],
      ['absoluteTimeout', { absoluteTimeout: 30 }, 30],
      ['15 minutes for AAL3', { cookie: { secrets: [SECRET] }, timeouts: 'aal3' }, 15 * 60],
      ['expires', { cookie: { secrets: [SECRET], expires: new Date(START + 50_000) } }, 50],
    ])('ends a session after %s', async (_, options, seconds) => {
      const storage = await storageWith(options)
      const cookie = await request(storage, '', (session) => session.set('n', 1))
      vi.setSystemTime(START + seconds * 1000 - 1)
      expect((await storage.getSession(cookie)).origin).toBe('resumed')
      vi.setSystemTime(START + seconds * 1000)
      const { origin, data } = await storage.getSession(cookie)
      expect(['expired', 'unknown']).toContain(origin)
      expect(data).toEqual({})
    })

    it.each<[string, SessionStorageOptions]>([
      ['idleTimeout', { idleTimeout: 0 }],
      ['idleTimeout', { idleTimeout: Infinity }],
      ['absoluteTimeout', { absoluteTimeout: -1 }],
      ['absoluteTimeout', { absoluteTimeout: Number.NaN }],
    ])('refuses an %s that is no positive number of seconds', async (option, options) => {
      const make = async (): Promise<SessionStorage> => storageWith(options)
      await expect(make()).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(`\`${option}\``),
      })
    })

    it('have one way to say their timeouts', async () => {
      const make = async (): Promise<SessionStorage> =>
        storageWith({ timeouts: 'aal2', idleTimeout: 60 })
      await expect(make()).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('`absoluteTimeout: 86400, idleTimeout: 60`'),
      })
    })

    it.each<[string, SessionStorageOptions]>([
      ['idleTimeout', { idleTimeout: 60 }],
      ['maxAge', { cookie: { ...COOKIE, maxAge: 60 } }],
      ['absoluteTimeout', { absoluteTimeout: 60 }],
    ])('end the sessions that are there already when %s is shortened', async (_, shorter) => {
      const make = await open()
      const [before, after] = [make({ cookie: COOKIE }), make({ cookie: COOKIE, ...shorter })]
      const cookie = await request(before, '', (session) => session.set('n', 1))
      const origins: SessionOrigin[] = []
      for (const seconds of [59.999, 60]) {
        at(seconds)
        origins.push((await after.getSession(cookie)).origin)
      }
      expect(origins).toEqual(['resumed', 'expired'])
      expect((await before.getSession(cookie)).get('n')).toBe(1)
    })

    it('stay as they were chosen by hand when a timeout is shortened, but for the absolute one', async () => {
      const make = await open()
      const before = make({ cookie: COOKIE })
      const session = await before.getSession()
      const cookie = toCookie(await before.commitSession(session, { maxAge: 500 }))
      at(499)
      const idle = await make({ cookie: COOKIE, idleTimeout: 60 }).getSession(cookie)
      const absolute = await make({ cookie: COOKIE, absoluteTimeout: 60 }).getSession(cookie)
      expect([idle.origin, absolute.origin]).toEqual(['resumed', 'expired'])
    })

    it('takes a cookie of a clock that is up to 24 hours ahead, and none from further in the future', async () => {
      const storage = await storageWith()
      const day = 24 * 60 * 60
      at(day)
      const cookie = await request(storage, '', (session) => session.set('user', 'ada'))
      at(0)
      expect((await storage.getSession(cookie)).get('user')).toBe('ada')
      at(-0.001)
      const { origin, data } = await storage.getSession(cookie)
      expect([origin, data]).toEqual(['expired', {}])
    })

    it('go on for as long as a middleware renews them, up to the absolute timeout', async () => {
      const storage = await storageWith({ absoluteTimeout: 4000 })
      let cookie = await request(storage, '', (session) => session.set('n', 1))
      const seen: unknown[] = []
      for (const seconds of [600, 1200, 1800, 2400, 3000, 3600, 3999, 4000]) {
        at(seconds)
        const response = await visit({ storage, cookie }, (session) => seen.push(session.get('n')))
        cookie = toCookie(response.headers.getSetCookie()[0]) || cookie
      }
      expect(seen).toEqual([1, 1, 1, 1, 1, 1, 1, undefined])
    })
  })
}
