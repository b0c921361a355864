import { createCookie } from '@remix-run/cookie'
import type { SessionStorage } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { SECRET } from '../../support/secrets.ts'
import { COOKIE, request, START } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

/** Which of several cookies of one name counts: RFC 6265bis section 5.8.3 lets no server tell their scopes apart. */
export function severalCookies(name: string, open: OpenBackEnd): void {
  describe(`${name}, given several cookies of one name`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    const signIn = (storage: SessionStorage, user: string): Promise<string> =>
      request(storage, '', (session) => session.set('user', user))

    it('takes the one that was issued last, wherever it is in the header', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const older = await signIn(storage, 'older')
      vi.setSystemTime(START + 1)
      const newer = await signIn(storage, 'newer')
      for (const header of [`${older}; ${newer}`, `a=b; ${newer}; ${older}; c=d`]) {
        expect((await storage.getSession(header)).get('user')).toBe('newer')
      }
    })

    it('counts a renewal as issued, and not the creation of the session', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const first = await signIn(storage, 'first')
      vi.setSystemTime(START + 1)
      const second = await signIn(storage, 'second')
      vi.setSystemTime(START + 2)
      const renewed = await request(storage, first, () => {})
      expect((await storage.getSession(`${renewed}; ${second}`)).get('user')).toBe('first')
    })

    it('takes the last in the header of those that were issued at once', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const [one, two] = [await signIn(storage, 'one'), await signIn(storage, 'two')]
      expect((await storage.getSession(`${one}; ${two}`)).get('user')).toBe('two')
      expect((await storage.getSession(`${two}; ${one}`)).get('user')).toBe('one')
    })

    it('puts no other in the place of the one issued last, if that one holds no session', async () => {
      const make = await open()
      const storage = make({ cookie: COOKIE, schema: z.object({ user: z.string() }).partial() })
      const older = await signIn(storage, 'older')
      vi.setSystemTime(START + 1)
      const invalid = await request(make({ cookie: COOKIE }), '', (session) =>
        session.set('user', 1),
      )
      for (const header of [`${older}; ${invalid}`, `${invalid}; ${older}`]) {
        const { origin, data } = await storage.getSession(header)
        expect([origin, data]).toEqual(['invalid', {}])
      }
    })

    it('puts no other in the place of the one issued last, if that one has expired', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const older = await signIn(storage, 'older')
      vi.setSystemTime(START + 1)
      const session = await storage.getSession()
      session.set('user', 'newer')
      const newer = toCookie(await storage.commitSession(session, { maxAge: 10 }))
      vi.setSystemTime(START + 11_000)
      for (const header of [`${older}; ${newer}`, `${newer}; ${older}`]) {
        const { origin, data } = await storage.getSession(header)
        expect([origin, data]).toEqual(['expired', {}])
      }
      expect((await storage.getSession(older)).get('user')).toBe('older')
    })

    it('passes over what is forged', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const cookie = await signIn(storage, 'ada')
      const header = `__session=junk; ${cookie}; ${cookie}A; __session=`
      expect((await storage.getSession(header)).get('user')).toBe('ada')
    })

    it('tries the first 8 values', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const cookie = await signIn(storage, 'ada')
      const forged = (count: number): string =>
        Array.from({ length: count }, (_, i) => `__session=forged${i}; `).join('')
      expect((await storage.getSession(forged(7) + cookie)).origin).toBe('resumed')
      expect((await storage.getSession(forged(8) + cookie)).origin).toBe('tampered')
    })

    it('opens no more than 8 of 16 kB of forged values', async () => {
      const foreign = createCookie('__session', { secrets: [SECRET] })
      const parse = vi.spyOn(foreign, 'parse')
      const storage = (await open())({ cookie: foreign })
      const header = Array.from({ length: 800 }, (_, i) => `__session=forged.${i}`).join('; ')
      expect(header.length).toBeGreaterThan(16_000)
      expect((await storage.getSession(header)).origin).toBe('tampered')
      expect(parse).toHaveBeenCalledTimes(8)
    })
  })
}
