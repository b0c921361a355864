import type { CookieOptions } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { toCookie } from '../../support/client.ts'
import type { Visit } from './app.ts'
import { at, bodies, COOKIE, cookieOf, requestWith, START } from './helpers.ts'
import type { Setup } from './helpers.ts'

let names = 0

/** When a session is renewed, and when it ends. */
export function describeLifetime({ kind, storageWith, visit }: Setup): void {
  describe('lifetime', () => {
    const read = ({ path, session }: Visit): Response => {
      if (path === '/start') session().set('n', 1)
      return new Response(path === '/untouched' ? '' : session().origin)
    }

    it('is renewed, untouched or not, when less than half of it is left', async () => {
      const app = visit(read)
      await app.get('/start')
      at(500)
      expect((await app.get('/untouched')).headers.getSetCookie()).toEqual([])
      at(501)
      const renewed = await app.get('/untouched')
      expect(renewed.headers.getSetCookie()[0]).toContain('; Max-Age=1000;')
      expect(renewed.headers.get('vary')).toBeNull()
      at(1400)
      expect(await bodies(app, '/')).toEqual(['resumed'])
    })

    it('is not moved by a write before half of it is over, and by one after', async () => {
      const app = visit(({ session }) => {
        session().set('n', Date.now())
        return new Response(String(session().expiresAt?.getTime()))
      })
      await app.get('/')
      at(400)
      const early = await app.get('/')
      expect(await early.text()).toBe(String(START + 1000_000))
      expect(early.headers.getSetCookie()).toEqual(
        kind === 'memory storage' ? [] : [expect.stringContaining('; Max-Age=600;')],
      )
      at(600)
      const late = await app.get('/')
      expect(late.headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=1000;')])
      at(601)
      expect(await bodies(app, '/')).toEqual([String(START + 1600_000)])
    })

    it('ends on the server, whatever the client keeps', async () => {
      const app = visit(read, { rolling: false })
      await app.get('/start')
      at(999.999)
      expect(await bodies(app, '/')).toEqual(['resumed'])
      at(1000)
      expect(['expired', 'unknown']).toContain((await bodies(app, '/'))[0])
    })

    it('is not renewed where the handler has cleared the cookie itself', async () => {
      const storage = storageWith()
      const app = visit(
        async ({ path, session, request }) => {
          if (path === '/start') session().set('user', 'ada')
          if (path !== '/logout') return new Response(String(session().get('user')))
          const byHand = await storage.getSession(request.headers.get('cookie'))
          const cleared = await storage.destroySession(byHand)
          return new Response('bye', { headers: { 'set-cookie': cleared } })
        },
        { storage },
      )
      await app.get('/start')
      at(600)
      expect((await app.get('/logout')).headers.getSetCookie()).toHaveLength(1)
      expect(await bodies(app, '/')).toEqual(['undefined'])
    })

    it('is not moved by a prefetch that writes', async () => {
      const app = visit(({ session }) => {
        session().set('n', Number(session().get('n') ?? 0) + 1)
        return new Response(session().expiresAt?.toISOString())
      })
      await app.get('/')
      at(900)
      await app.get('/', { 'sec-purpose': 'prefetch' })
      at(999)
      const until = new Date(START + 1000_000).toISOString()
      expect(await bodies(app, '/')).toEqual([until])
    })

    it('is not moved with `rolling: false`, by reading or writing', async () => {
      const app = visit(
        ({ path, session }) => {
          if (path === '/write') session().set('n', Date.now())
          return new Response(session().origin)
        },
        { rolling: false },
      )
      await app.get('/write')
      at(600.5)
      expect((await app.get('/')).headers.getSetCookie()).toEqual([])
      const written = (await app.get('/write')).headers.getSetCookie()
      expect(written).toEqual(
        kind === 'memory storage' ? [] : [expect.stringContaining('; Max-Age=400;')],
      )
      at(1000)
      expect(['expired', 'unknown']).toContain((await bodies(app, '/'))[0])
    })

    it('is renewed where junk came with the cookie', async () => {
      const app = visit(read)
      await app.get('/start')
      at(600)
      const token = app.cookies.get('__session')
      const request = new Request('https://app.example/untouched', {
        headers: { cookie: `__session=junk; __session=${token}` },
      })
      expect((await app.fetch(request)).headers.getSetCookie()).toHaveLength(1)
    })

    it('keeps a cookie that ends with the browser, chosen by hand, through renewals', async () => {
      const storage = storageWith()
      const app = visit(read, { storage })
      const session = await storage.getSession()
      const setCookie = await storage.commitSession(session, { maxAge: undefined })
      app.cookies.set('__session', setCookie.slice('__session='.length, setCookie.indexOf(';')))
      at(600)
      const [renewed] = (await app.get('/untouched')).headers.getSetCookie()
      expect(renewed).toContain('__session=')
      expect(renewed).not.toContain('Max-Age')
      const still = visit(read, { storage, rolling: false })
      still.cookies.set('__session', app.cookies.get('__session') ?? '')
      const [written = ''] = (await still.get('/start')).headers.getSetCookie()
      expect(written).not.toContain('Max-Age')
    })

    it('keeps a date that was chosen by hand, though `maxAge` is left open', async () => {
      const storage = storageWith()
      const app = visit(read, { storage })
      const setCookie = await storage.commitSession(await storage.getSession(), {
        maxAge: undefined,
        expires: new Date(START + 100_000),
      })
      app.cookies.set('__session', setCookie.slice('__session='.length, setCookie.indexOf(';')))
      at(50)
      const written = (await app.get('/start')).headers.getSetCookie()
      expect(written).toEqual(
        kind === 'memory storage' ? [] : [expect.stringContaining('; Max-Age=50;')],
      )
    })

    it.each<RequestInit>([
      { headers: { 'sec-purpose': 'prefetch' } },
      { headers: { 'x-moz': 'prefetch' } },
      { method: 'HEAD' },
    ])('is not renewed by %o', async (init) => {
      const app = visit(read)
      await app.get('/start')
      at(900)
      const response = await app.fetch(requestWith(cookieOf(app), '/', init))
      expect(response.headers.getSetCookie()).toEqual([])
      expect((await app.get('/')).headers.getSetCookie()).toHaveLength(1)
    })

    it.runIf(kind === 'cookie storage').each<[string, CookieOptions, CookieOptions]>([
      ['is partitioned from now on', {}, { partitioned: true }],
      ['is no longer signed only', { protection: 'signed' }, { acceptSigned: true }],
    ])(
      'goes on as it is, and warns once, if its cookie %s and would so be too long',
      async (_, former, next) => {
        const name = `full-${++names}` // a warning is given once in a process
        const before = storageWith({ cookie: { ...COOKIE, name, ...former } })
        const session = await before.getSession()
        let setCookie = ''
        for (let size = 4094; setCookie === ''; size--) {
          session.set(name, 'x'.repeat(size))
          setCookie = await before.commitSession(session).catch(() => '')
        }
        expect(setCookie.length).toBeGreaterThan(4090)
        at(900)
        const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
        const storage = storageWith({ cookie: { ...COOKIE, name, ...next } })
        const app = visit(read, { storage })
        for (let i = 0; i < 2; i++) {
          const response = await app.fetch(requestWith(toCookie(setCookie)))
          expect([response.status, await response.text()]).toEqual([200, 'resumed'])
          expect(response.headers.getSetCookie()).toEqual([])
        }
        expect(app.errors).toEqual([])
        const warnings = warn.mock.calls.flat().filter((text) => String(text).includes(name))
        expect(warnings).toEqual([expect.stringContaining('a session was not renewed')])
      },
    )

    it('has an absolute end, through renewals and a new id', async () => {
      const storage = storageWith({ absoluteTimeout: 2000 })
      const app = visit(
        ({ path, session }) => {
          if (path === '/start') session().set('n', 1)
          if (path === '/login') session().regenerate()
          return new Response(session().origin)
        },
        { storage },
      )
      await app.get('/start')
      at(900)
      await app.get('/')
      at(1500)
      const last = await app.get('/login')
      expect(last.headers.getSetCookie()[0]).toContain('; Max-Age=500;')
      at(1999)
      const response = await app.get('/')
      expect(await response.text()).toBe('resumed')
      expect(response.headers.getSetCookie()).toEqual([])
      at(2000)
      expect(['expired', 'unknown']).toContain((await bodies(app, '/'))[0])
    })

    it('keeps a lifetime that was chosen by hand', async () => {
      const storage = storageWith()
      const app = visit(
        async ({ path, session }) => {
          session().set('n', path)
          if (path !== '/start') return new Response(session().origin)
          const setCookie = await storage.commitSession(session(), { maxAge: 100 })
          return new Response('', { headers: { 'set-cookie': setCookie } })
        },
        { storage },
      )
      const response = await app.get('/start')
      expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=100;')])
      at(50)
      await app.get('/a')
      at(90)
      const written = (await app.get('/')).headers.getSetCookie()
      expect(written).toEqual(
        kind === 'memory storage' ? [] : [expect.stringContaining('; Max-Age=10;')],
      )
      at(100)
      expect(['expired', 'unknown']).toContain((await bodies(app, '/'))[0])
    })
  })
}
