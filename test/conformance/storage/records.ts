import type { Session } from 'fetch-sessions'
import { COOKIE, request, START } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { visit } from '../../support/visit.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

/** What storages do that keep records under ids. */
export function recordConformance(name: string, open: OpenBackEnd): void {
  describe(`${name}, its records`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('end with a logout for every authentic cookie of the request', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const cookies = [await request(storage, '', () => {}), await request(storage, '', () => {})]
      await storage.destroySession(await storage.getSession(cookies.join('; ')))
      for (const cookie of cookies)
        expect((await storage.getSession(cookie)).origin).toBe('unknown')
    })

    it('end with a logout, though the schema refuses what is in them', async () => {
      const make = await open()
      const plain = make({ cookie: COOKIE })
      const cookie = await request(plain, '', (session) => session.set('user', 1))
      const schema = z.object({ user: z.string() }).partial()
      const strict = make({ cookie: COOKIE, schema })
      const session = await strict.getSession(cookie)
      expect(session.origin).toBe('invalid')
      await strict.destroySession(session)
      expect((await plain.getSession(cookie)).origin).toBe('unknown')
    })

    it('end with a logout for cookies too that have expired before them', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const expired = await request(storage, '', (session) => session.set('n', 1))
      vi.setSystemTime(START + 600_000)
      const renewed = await request(storage, expired, () => {})
      const other = await request(storage, '', () => {})
      vi.setSystemTime(START + 1_000_000)
      expect((await storage.getSession(expired)).origin).toBe('expired')
      await storage.destroySession(await storage.getSession(`${expired}; ${other}`))
      for (const cookie of [renewed, other])
        expect((await storage.getSession(cookie)).origin).toBe('unknown')
    })

    it('end with a logout for an expired cookie alone', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const expired = await request(storage, '', () => {})
      vi.setSystemTime(START + 600_000)
      const renewed = await request(storage, expired, () => {})
      vi.setSystemTime(START + 1_000_000)
      await storage.destroySession(await storage.getSession(expired))
      expect((await storage.getSession(renewed)).origin).toBe('unknown')
    })

    it('have no other in their place, if the one that was issued last is unknown', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const [one, two] = [
        await request(storage, '', () => {}),
        await request(storage, '', () => {}),
      ]
      await storage.destroySession(await storage.getSession(two))
      const { origin, id } = await storage.getSession(`${one}; ${two}`)
      expect([origin, id]).toEqual(['unknown', ''])
    })

    it.each<[string, (session: Session) => void]>([
      ['login', (session) => session.regenerate()],
      ['logout', (session) => session.destroy()],
    ])(
      'take nothing from a request that a %s has overtaken, and send it no cookie',
      async (_, end) => {
        const storage = (await open())({ cookie: COOKIE })
        const cookie = await request(storage, '', (session) => session.set('n', 1))
        const late = await storage.getSession(cookie)
        const response = await visit({ storage, cookie }, async (session) => {
          const next = await request(storage, cookie, end)
          late.set('n', 2)
          session.set('n', 3)
          expect(await storage.commitSession(late)).toBe('')
          expect((await storage.getSession(next)).get('n')).toBe(next.endsWith('=') ? undefined : 1)
        })
        expect(response.headers.getSetCookie()).toEqual([])
        expect((await storage.getSession(cookie)).origin).toBe('unknown')
      },
    )

    it('end where they are, though another storage is asked to', async () => {
      const make = await open()
      const [from, to] = [make({ cookie: COOKIE }), make({ cookie: { ...COOKIE, name: 'other' } })]
      const cookie = await request(from, '', (session) => session.set('n', 1))
      const cleared = await to.destroySession(await from.getSession(cookie))
      expect(cleared).toMatch(/^other=; Max-Age=0/)
      expect((await from.getSession(cookie)).origin).toBe('unknown')
    })
  })
}
