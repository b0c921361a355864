import { createClient } from '../support/client.ts'
import type { Client, Fetch } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type {
  CookieOptions,
  Session,
  SessionData,
  SessionOptions,
  SessionStorage,
  SessionStorageOptions,
  SessionStore,
} from 'fetch-sessions'
import { withSession } from 'fetch-sessions/fetch'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

export interface Mount extends Pick<SessionOptions, 'commit' | 'lazy' | 'rolling'> {
  storage?: SessionStorage
  /** The name under which the handler finds the session. */
  key?: string
}

export interface Visit {
  readonly request: Request
  readonly path: string
  session(key?: string): Session
}

export interface App {
  readonly fetch: Fetch
  /** What the application's error handling saw; the client gets a 500. */
  readonly errors: unknown[]
}

/** Puts the middlewares before one handler for every path, in the way of one router. */
export type CreateApp = (
  mounts: readonly Mount[],
  handler: (visit: Visit) => Response | Promise<Response>,
) => App

const COOKIE: CookieOptions = { secrets: [SECRET], maxAge: 1000 }
const START = Date.UTC(2026, 0, 1)

/** What every adapter does alike. */
export function adapterConformance(
  name: string,
  createApp: CreateApp,
  { copiesRequest = false }: { copiesRequest?: boolean } = {},
): void {
  const kinds = {
    'cookie storage': createCookieSessionStorage,
    'memory storage': createMemorySessionStorage,
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  describe.each(Object.entries(kinds))(`${name}, %s`, (kind, createStorage) => {
    const storageWith = (options: SessionStorageOptions = {}): SessionStorage =>
      createStorage({ cookie: COOKIE, ...options })

    function visit(
      handler: (visit: Visit) => Response | Promise<Response>,
      mount: Mount = {},
    ): Client & App {
      const app = createApp([{ storage: storageWith(), ...mount }], handler)
      return { ...app, ...createClient(app.fetch) }
    }

    describe('values', () => {
      it('count the visits of one client, and of each client alone', async () => {
        const app = visit(countVisits)
        const other = createClient(app.fetch)
        expect(await bodies(app, '/', '/', '/')).toEqual(['1', '2', '3'])
        expect(await bodies(other, '/')).toEqual(['1'])
      })

      it('cost nothing where nobody looks: the very response goes out, without headers', async () => {
        const sent = new Response('untouched')
        const app = visit(({ path, session }) => {
          if (path === '/start') session().set('n', 1)
          return path === '/start' ? new Response() : sent
        })
        await app.get('/start')
        const response = await app.get('/')
        expect(response.headers.getSetCookie()).toEqual([])
        expect(response.headers.get('vary')).toBeNull()
        expect(response.headers.get('cache-control')).toBeNull()
        expect(response).toBe(sent)
      })

      it('are not written where they were only read', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/start') session().set('n', { deep: 1 })
          return Response.json(session().get('n'))
        })
        await app.get('/start')
        const response = await app.get('/')
        expect(await response.json()).toEqual({ deep: 1 })
        expect(response.headers.getSetCookie()).toEqual([])
      })

      it('are saved where only something inside of them changed', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/start') session().set('cart', { items: [] })
          const cart = session().get('cart') as { items: string[] }
          if (path === '/add') cart.items.push('tea')
          return Response.json(cart.items)
        })
        await bodies(app, '/start', '/add', '/add')
        expect(await (await app.get('/')).json()).toEqual(['tea', 'tea'])
      })

      it('of an empty cookie header start anew', async () => {
        const app = visit(({ session }) => new Response(session().origin))
        expect(await bodies(app, '/')).toEqual(['new'])
      })
    })

    describe('flash', () => {
      it('is there after the redirect, and gone on reload', async () => {
        const app = visit(({ path, session }) => {
          if (path !== '/save') return new Response(String(session().get('notice')))
          session().flash('notice', 'Saved')
          return new Response(null, { status: 303, headers: { location: '/' } })
        })
        expect((await app.get('/save')).status).toBe(303)
        expect(await bodies(app, '/', '/')).toEqual(['Saved', 'undefined'])
      })

      it('is left alone by a prefetch', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/save') session().flash('notice', 'Saved')
          return new Response(path === '/save' ? '' : String(session().get('notice')))
        })
        await app.get('/save')
        const prefetch = await app.get('/', { 'sec-purpose': 'prefetch;prerender' })
        expect(await prefetch.text()).toBe('Saved')
        expect(prefetch.headers.getSetCookie()).toEqual([])
        expect(await bodies(app, '/', '/')).toEqual(['Saved', 'undefined'])
      })
    })

    describe('login and logout', () => {
      const account = ({ path, session }: Visit): Response => {
        switch (path) {
          case '/login':
            session().regenerate()
            session().set('user', 'ada')
            break
          case '/logout':
            session().destroy()
            return new Response('bye')
          default:
            session().set('seen', true)
        }
        return Response.json([session().get('user') ?? null, session().origin])
      }

      it('gives another cookie at login, with the values that were there', async () => {
        const app = visit(account)
        await app.get('/')
        const before = app.cookies.get('__session')
        await app.get('/login')
        expect(app.cookies.get('__session')).not.toBe(before)
        expect(await (await app.get('/')).json()).toEqual(['ada', 'resumed'])
      })

      it('clears the cookie at logout with the attributes that it was set with', async () => {
        const storage = storageWith({
          cookie: { ...COOKIE, domain: 'app.example', path: '/shop', sameSite: 'strict' },
        })
        const app = visit(account, { storage })
        const set = (await app.get('/login')).headers.getSetCookie()[0]
        const cleared = (await app.get('/logout')).headers.getSetCookie()[0]
        expect(cleared).toBe(
          '__session=; Max-Age=0; Domain=app.example; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
        )
        expect(set).toContain('; Domain=app.example; Path=/shop; HttpOnly; Secure; SameSite=Strict')
        expect(await (await app.get('/')).json()).toEqual([null, 'new'])
      })

      if (kind === 'memory storage') {
        it('leaves the old id dead after a login, and every id after a logout', async () => {
          const app = visit(account)
          await app.get('/')
          const anonymous = app.cookies.get('__session') ?? ''
          await app.get('/login')
          const user = app.cookies.get('__session') ?? ''
          await app.get('/logout')
          for (const token of [anonymous, user]) {
            const response = await app.fetch(requestWith(`__session=${token}`))
            expect(await response.json()).toEqual([null, 'unknown'])
          }
        })

        it('sends no cookie where the cookie stays as it is', async () => {
          const app = visit(countVisits)
          await app.get('/')
          const response = await app.get('/')
          expect(await response.text()).toBe('2')
          expect(response.headers.getSetCookie()).toEqual([])
        })
      }
    })

    describe('the response', () => {
      it("keeps the handler's own cookies, and ends with the session's", async () => {
        const app = visit(({ session }) => {
          session().set('n', 1)
          const headers = new Headers({ 'content-type': 'text/plain' })
          headers.append('set-cookie', 'a=1; Path=/')
          headers.append('set-cookie', 'b=2; Path=/')
          return new Response('ok', { status: 201, statusText: 'Made', headers })
        })
        const response = await app.get('/')
        expect(response.headers.getSetCookie()).toEqual([
          'a=1; Path=/',
          'b=2; Path=/',
          expect.stringContaining('__session='),
        ])
        expect([response.status, await response.text()]).toEqual([201, 'ok'])
      })

      it('is copied where its headers are immutable', async () => {
        const immutable: Record<string, () => Promise<Response>> = {
          '/fetched': () => fetch('data:image/png,fetched'),
          '/redirect': async () => Response.redirect('https://app.example/next', 303),
        }
        const app = visit(async ({ path, session }) => {
          session().set('n', path)
          return immutable[path]?.() ?? new Response('?')
        })
        const fetched = await app.get('/fetched')
        expect(await fetched.text()).toBe('fetched')
        expect(fetched.headers.get('content-type')).toBe('image/png')
        expect(fetched.headers.getSetCookie()).toHaveLength(1)
        const redirect = await createClient(app.fetch).get('/redirect')
        expect([redirect.status, redirect.headers.get('location')]).toEqual([
          303,
          'https://app.example/next',
        ])
        expect(redirect.headers.getSetCookie()).toHaveLength(1)
      })

      it('varies by cookie wherever the session was looked at', async () => {
        const app = visit(({ path, session }) => {
          session().has('n')
          const vary = new URLSearchParams(path.slice(1)).get('vary')
          return new Response('', vary === null ? {} : { headers: { vary } })
        })
        expect((await app.get('/')).headers.get('vary')).toBe('Cookie')
        expect((await app.get('/vary=Accept')).headers.get('vary')).toBe('Accept, Cookie')
        expect((await app.get('/vary=accept,cookie')).headers.get('vary')).toBe('accept,cookie')
        expect((await app.get('/vary=accept,%20cookie')).headers.get('vary')).toBe('accept, cookie')
        expect((await app.get('/vary=*')).headers.get('vary')).toBe('*')
      })

      it.each([
        [null, 'private'],
        ['public, max-age=60', 'private, max-age=60'],
        ['Public, S-MaxAge=5, max-age=60, must-revalidate', 'private, max-age=60, must-revalidate'],
        ['no-store', 'no-store'],
        ['private-x, public=1, max-age=5', 'private, private-x, max-age=5'],
        ['private="x, public", ext="a, b"', 'private, ext="a, b"'],
        ['no-cache, stale-if-error=30', 'private, no-cache, stale-if-error=30'],
        ['No-Store', 'No-Store'],
        ['max-age=1, , ext="no-store"', 'private, max-age=1, ext="no-store"'],
        ['no-cache="x, public"', 'private, no-cache="x, public"'],
        ['ext="a\\", public"', 'private, ext="a\\", public"'],
        ['x-public=1, publicity=2', 'private, x-public=1, publicity=2'],
      ])('with a session cookie is kept from shared caches: %s', async (given, sent) => {
        const app = visit(({ session }) => {
          session().set('n', 1)
          return new Response('', given === null ? {} : { headers: { 'cache-control': given } })
        })
        expect((await app.get('/')).headers.get('cache-control')).toBe(sent)
      })

      it('loses what tells single caches to keep it', async () => {
        const names = ['cdn-cache-control', 'cloudflare-cdn-cache-control', 'surrogate-control']
        const app = visit(({ session }) => {
          session().set('n', 1)
          const headers = names.map((header): [string, string] => [header, 'public, max-age=60'])
          return new Response('', { headers })
        })
        const { headers } = await app.get('/')
        expect(names.map((header) => headers.get(header))).toEqual([null, null, null])
      })

      it('keeps its Cache-Control where no session cookie goes with it', async () => {
        const app = visit(({ session }) => {
          session().get('n')
          return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
        })
        expect((await app.get('/')).headers.get('cache-control')).toBe('public, max-age=60')
      })
    })

    describe('one Response object that answers everybody', () => {
      it('never carries the cookie of one visitor to another', async () => {
        const constant = new Response(null, { status: 303, headers: { location: '/' } })
        const app = visit(({ path, session }) => {
          if (path !== '/untouched') session().set('user', path)
          return constant
        })
        const tokens: string[] = []
        for (const path of ['/ada', '/eve', '/untouched']) {
          const response = await createClient(app.fetch).get(path)
          expect(response.status).toBe(303)
          expect(response.headers.getSetCookie()).toHaveLength(path === '/untouched' ? 0 : 1)
          tokens.push(...response.headers.getSetCookie())
        }
        expect(new Set(tokens).size).toBe(2)
      })

      it('is told from others where it has a type, and where others copy it', async () => {
        const constant = new Response(null, { headers: { 'content-type': 'text/plain' } })
        const app = visit(({ path, session }) => {
          if (path !== '/untouched') session().set('user', path)
          return constant
        })
        await createClient(app.fetch).get('/ada')
        const eve = await createClient(app.fetch).get('/eve')
        const nobody = await createClient(app.fetch).get('/untouched')
        expect(eve.headers.getSetCookie()).toHaveLength(1)
        expect(nobody.headers.getSetCookie()).toEqual([])
        expect(constant.headers.getSetCookie()).toEqual([])
      })
    })

    describe('failure', () => {
      it('takes no error for a response, whatever members it has', async () => {
        class ApiError extends Error {
          status = 429
          headers = new Headers()
        }
        const app = visit(({ path, session }) => {
          if (path === '/read') return new Response(String(session().get('paid')))
          session().set('paid', true)
          throw new ApiError('too many requests')
        })
        await app.get('/')
        expect(app.errors).toEqual([expect.any(ApiError)])
        expect((app.errors[0] as ApiError).headers.getSetCookie()).toEqual([])
        expect(await bodies(app, '/read')).toEqual(['undefined'])
      })

      it('saves nothing with a status of 500 and above', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/read') return new Response(String(session().get('n')))
          session().set('n', path)
          return new Response('', { status: Number(path.slice(1)) })
        })
        await bodies(app, '/404', '/500', '/503')
        expect(await bodies(app, '/read')).toEqual(['/404'])
      })

      it('saves nothing when the handler throws', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/read') return new Response(String(session().get('n')))
          session().set('n', 1)
          throw new Error('broken')
        })
        const response = await app.get('/throw')
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        expect(app.errors).toEqual([new Error('broken')])
        expect(await bodies(app, '/read')).toEqual(['undefined'])
      })

      it('takes a thrown Response for a response', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/') return new Response(String(session().get('notice')))
          session().flash('notice', 'Sign in first')
          throw new Response(null, { status: 303, headers: { location: '/' } })
        })
        const response = await app.get('/guarded')
        expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
        expect(await bodies(app, '/')).toEqual(['Sign in first'])
      })

      it('saves what `commit` chooses', async () => {
        const app = visit(
          ({ path, session }) => {
            if (path === '/read') return new Response(String(session().get('n')))
            session().set('n', path)
            return new Response('', { status: Number(path.slice(1)) })
          },
          { commit: (response) => response.status === 500 },
        )
        await bodies(app, '/500', '/200')
        expect(await bodies(app, '/read')).toEqual(['/500'])
      })

      it('refuses a write that comes after the commit', async () => {
        const sessions: Session[] = []
        const app = visit(({ path, session }) => {
          sessions.push(session())
          session().set('n', path)
          session().flash('notice', 'unread')
          return new Response('')
        })
        await bodies(app, '/1', '/2')
        for (const late of sessions) {
          expect(late.changed).toBe(false)
          const writes = [
            () => late.set('n', 2),
            () => late.flash('n', 2),
            () => late.unset('n'),
            () => late.clear(),
            () => late.regenerate(),
            () => late.destroy(),
            () => late.get('notice'),
          ]
          for (const write of writes) {
            expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
          }
        }
        expect(sessions.map((late) => late.get('n'))).toEqual(['/1', '/2'])
      })

      it('takes no longer for hostile headers', async () => {
        const app = visit(({ session }) => {
          session().set('n', 1)
          // Quadratic time would be hours.
          return new Response('', { headers: { 'cache-control': '"' + '\\"'.repeat(500_000) } })
        })
        const response = await app.get('/')
        expect(response.headers.get('cache-control')).toMatch(/^private, "/)
        const cookie = Array.from({ length: 20_000 }, (_, i) => `__session=${i}`).join(';')
        expect((await app.fetch(requestWith(cookie))).status).toBe(200)
      })

      it('does not fail on what clients send', async () => {
        const app = visit(({ session }) => new Response(session().origin))
        for (const cookie of [
          '__session=',
          '__session=junk',
          '__session',
          ';;=;',
          '__session=%E0%A4',
        ]) {
          const response = await app.fetch(requestWith(cookie))
          expect(response.status).toBe(200)
          expect(['new', 'tampered']).toContain(await response.text())
        }
      })
    })

    describe('the cookie', () => {
      it.each([
        ['http://localhost:8787', false],
        ['http://shop.localhost', false],
        ['http://127.0.0.1:3000', false],
        ['http://[::1]:3000', false],
        ['https://localhost', true],
        ['http://app.example', true],
        ['http://localhost.app.example', true],
        ['http://mylocalhost', true],
        ['http://127.0.0.1.example', true],
      ])('from %s is Secure: %s', async (origin, secure) => {
        const app = visit(countVisits)
        const response = await createClient(app.fetch, origin).get('/')
        expect(/; Secure/.test(response.headers.getSetCookie()[0] ?? '')).toBe(secure)
      })

      it('stays Secure behind a proxy that speaks https', async () => {
        const app = visit(countVisits)
        const client = createClient(app.fetch, 'http://localhost')
        const response = await client.get('/', { 'x-forwarded-proto': 'https' })
        expect(response.headers.getSetCookie()[0]).toContain('; Secure')
      })

      it('stays Secure in production, where a loopback host is the last hop of a proxy', async () => {
        vi.stubEnv('NODE_ENV', 'production')
        const app = visit(countVisits)
        const response = await createClient(app.fetch, 'http://localhost').get('/')
        expect(response.headers.getSetCookie()[0]).toContain('; Secure')
      })

      it.each([{ 'x-forwarded-proto': 'HTTPS' }, { forwarded: 'for=192.0.2.1;proto=https' }])(
        'stays Secure behind a proxy that says %o',
        async (headers) => {
          const client = createClient(visit(countVisits).fetch, 'http://localhost')
          const response = await client.get('/', headers as Record<string, string>)
          expect(response.headers.getSetCookie()[0]).toContain('; Secure')
        },
      )

      it('is cleared without Secure where it was set without', async () => {
        const app = visit(({ path, session }) => {
          if (path === '/logout') session().destroy()
          else session().set('n', 1)
          return new Response()
        })
        const client = createClient(app.fetch, 'http://localhost')
        await client.get('/')
        const [cleared] = (await client.get('/logout')).headers.getSetCookie()
        expect(cleared).toContain('__session=; Max-Age=0')
        expect(cleared).not.toContain('Secure')
      })

      it('stays Secure where browsers demand it of the name', async () => {
        const storage = storageWith({ cookie: { ...COOKIE, name: '__Host-session' } })
        const app = visit(countVisits, { storage })
        const response = await createClient(app.fetch, 'http://localhost').get('/')
        expect(response.headers.getSetCookie()[0]).toContain('; Secure')
      })
    })

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

      it('is not renewed by a prefetch', async () => {
        const app = visit(read)
        await app.get('/start')
        at(900)
        const response = await app.get('/', { 'sec-purpose': 'prefetch' })
        expect(response.headers.getSetCookie()).toEqual([])
      })

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

    describe('several middlewares', () => {
      if (copiesRequest) {
        it('leave out the cookie of an application within, which was handed a copy of the Request', async () => {
          vi.spyOn(console, 'warn').mockImplementation(() => {})
          const cookie = { ...COOKIE, name: 'inner' }
          const inner = withSession(signIn, { storage: storageWith({ cookie }) })
          const app = visit(({ request }) => inner(request))
          expect((await app.get('/')).headers.getSetCookie()).toEqual([])
        })
      } else {
        it.each(['__session', 'inner'])(
          'keep each its cookie where another application stands within, named %s',
          async (cookieName) => {
            const inner = withSession(signIn, {
              storage: storageWith({ cookie: { ...COOKIE, name: cookieName } }),
            })
            const app = visit(({ request }) => inner(request))
            expect((await app.get('/')).headers.getSetCookie()).toEqual([startingWith(cookieName)])
            expect([...app.cookies.keys()]).toEqual([cookieName])
          },
        )

        it('find one another as long as one of them is under way', async () => {
          const app = visit(async ({ request, session }) => {
            const other = withSession(() => new Response(), {
              storage: storageWith({ cookie: { ...COOKIE, name: 'other' } }),
            })
            await other(request)
            const again = withSession(
              (_, same) => {
                same.set('n', 1)
                return new Response(String(session().get('n')))
              },
              { storage: storageWith() },
            )
            return again(request)
          })
          expect(await bodies(app, '/')).toEqual(['1'])
        })
      }

      it.each(['__session', 'outer'])(
        'keep each its cookie where they stand within another application, named %s',
        async (cookieName) => {
          const app = visit(({ session }) => signIn(undefined, session()))
          const outer = withSession((request) => Promise.resolve(app.fetch(request)), {
            storage: storageWith({ cookie: { ...COOKIE, name: cookieName } }),
          })
          const response = await createClient(outer).get('/')
          expect(response.headers.getSetCookie()).toEqual([startingWith('__session')])
        },
      )

      it('keep two sessions side by side', async () => {
        const admin = storageWith({ cookie: { ...COOKIE, name: 'admin' } })
        const { fetch } = createApp(
          [{ storage: storageWith() }, { storage: admin, key: 'admin' }],
          ({ path, session }) => {
            if (path === '/shop') session().set('n', 'shop')
            if (path === '/admin') session('admin').set('n', 'admin')
            return Response.json([session().get('n') ?? null, session('admin').get('n') ?? null])
          },
        )
        const client = createClient(fetch)
        await bodies(client, '/shop', '/admin')
        expect([...client.cookies.keys()]).toEqual(['__session', 'admin'])
        expect(await (await client.get('/')).json()).toEqual(['shop', 'admin'])
      })

      it('of one cookie name share the outer session, which is committed once', async () => {
        const storage = storageWith()
        const { fetch } = createApp([{ storage }, { storage, key: 'inner' }], ({ session }) => {
          session('inner').set('n', Number(session().get('n') ?? 0) + 1)
          return new Response(String(session().get('n')))
        })
        const client = createClient(fetch)
        expect(await bodies(client, '/', '/')).toEqual(['1', '2'])
        expect((await client.get('/start')).headers.getSetCookie().length).toBeLessThan(2)
      })

      it('load what an outer one leaves for later', async () => {
        const storage = storageWith()
        const { fetch } = createApp(
          [
            { storage, lazy: true },
            { storage, key: 'inner' },
          ],
          ({ session }) => {
            session('inner').set('n', Number(session('inner').get('n') ?? 0) + 1)
            return new Response(String(session('inner').get('n')))
          },
        )
        expect(await bodies(createClient(fetch), '/', '/')).toEqual(['1', '2'])
      })

      it('of one cookie name find each other across a session of another', async () => {
        const storage = storageWith()
        const admin = storageWith({ cookie: { ...COOKIE, name: 'admin' } })
        const { fetch } = createApp(
          [{ storage }, { storage: admin, key: 'admin' }, { storage, key: 'inner' }],
          ({ session }) => {
            session().set('outer', 1)
            session('inner').set('inner', 1)
            return Response.json(Object.keys(session().data))
          },
        )
        const response = await fetch(requestWith(''))
        expect(await response.json()).toEqual(['outer', 'inner'])
        expect(response.headers.getSetCookie()).toHaveLength(1)
      })

      it('handle one Request object twice, one after the other', async () => {
        const app = visit(countVisits)
        const request = new Request('https://app.example/')
        for (let i = 0; i < 2; i++) expect(await (await app.fetch(request)).text()).toBe('1')
      })
    })

    it('seals anew what an older secret has sealed, and reads both meanwhile', async () => {
      const store = createMemoryStore(10)
      const rotating = (...secrets: string[]): SessionStorage =>
        kind === 'memory storage'
          ? createStoreSessionStorage(store, { cookie: { secrets } })
          : createStorage({ cookie: { secrets } })
      const app = (storage: SessionStorage): App => createApp([{ storage }], readOrSet)
      const old = createClient(app(rotating(OLD_SECRET)).fetch)
      await old.get('/set')
      const rotated = createClient(app(rotating(SECRET, OLD_SECRET)).fetch)
      rotated.cookies.set('__session', old.cookies.get('__session') ?? '')
      expect((await rotated.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
      expect((await rotated.get('/untouched')).headers.getSetCookie()).toEqual([])
      const later = createClient(app(rotating(SECRET)).fetch)
      later.cookies.set('__session', rotated.cookies.get('__session') ?? '')
      expect(await bodies(later, '/')).toEqual(['1'])
    })

    it('is migrated by the first request, whatever that one looks at', async () => {
      const store = createMemoryStore(10)
      const storageOf = (options: SessionStorageOptions): SessionStorage =>
        kind === 'memory storage'
          ? createStoreSessionStorage(store, { cookie: COOKIE, ...options })
          : storageWith(options)
      const before = createClient(createApp([{ storage: storageOf({}) }], readOrSet).fetch)
      await before.get('/set')
      const migrate = vi.fn<(data: SessionData) => unknown>(() => ({ n: 'one' }))
      const schema = z.object({ n: z.string() })
      const { fetch } = createApp([{ storage: storageOf({ schema, migrate }) }], readOrSet)
      const after = createClient(fetch)
      after.cookies.set('__session', before.cookies.get('__session') ?? '')
      expect((await after.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
      expect(await bodies(after, '/', '/')).toEqual(['one', 'one'])
      expect(migrate).toHaveBeenCalledTimes(1)
    })

    it('opens a session on demand with `lazy`', async () => {
      const app = visit(
        async ({ path, session }) => {
          if (path === '/untouched') return new Response('')
          const loaded = await session().load()
          loaded.set('n', Number(loaded.get('n') ?? 0) + 1)
          return new Response(String(session().get('n')))
        },
        { lazy: true },
      )
      expect(await bodies(app, '/', '/untouched', '/')).toEqual(['1', '', '2'])
      at(600)
      expect((await app.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
    })
  })

  describe(`${name}, a store`, () => {
    const storeApp = (mount: Mount = {}): Client & { store: SessionStore } => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const { fetch } = createApp([{ storage, ...mount }], async ({ path, session }) => {
        if (path === '/set') (await session().load()).set('n', Date.now())
        return new Response('', { status: path === '/500' ? 500 : 200 })
      })
      return { store, ...createClient(fetch) }
    }

    it('is asked nothing with `lazy` for a renewal that will not be', async () => {
      const { store, get } = storeApp({ lazy: true })
      await get('/set')
      at(900)
      const read = vi.spyOn(store, 'read')
      await get('/500')
      await get('/', { 'sec-purpose': 'prefetch' })
      expect(read).not.toHaveBeenCalled()
      await get('/')
      expect(read).toHaveBeenCalledTimes(1)
    })

    it('keeps a record as long as the cookie that is out, and not longer', async () => {
      const { store, get } = storeApp()
      await get('/set')
      at(300)
      const update = vi.spyOn(store, 'update')
      expect((await get('/set')).headers.getSetCookie()).toEqual([])
      const [key = '', , change] = update.mock.calls[0] ?? []
      expect(change).toEqual({ data: expect.any(String) })
      expect((await store.read(key))?.expires).toEqual(new Date(START + 1000_000))
    })
  })

  describe(`${name}, a storage that fails`, () => {
    const cause = new Error('connection lost')

    it.each(['read', 'update', 'delete'] as const)(
      'at %s fails the request, with its cause',
      async (broken) => {
        const store = createMemoryStore(10)
        const storage = createStoreSessionStorage(store, { cookie: COOKIE })
        const app = createApp([{ storage }], (visit) => {
          if (visit.path === '/logout') visit.session().destroy()
          return visit.path === '/logout' ? new Response('bye') : countVisits(visit)
        })
        const client = createClient(app.fetch)
        await client.get('/')
        vi.spyOn(store, broken).mockRejectedValue(cause)
        const response = await client.get(broken === 'delete' ? '/logout' : '/')
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        expect(app.errors).toEqual([
          expect.objectContaining({ code: 'ERR_SESSION_STORAGE', cause }),
        ])
      },
    )

    it('refuses a write that comes while it is still writing', async () => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      let late: unknown
      const app = createApp([{ storage }], ({ session }) => {
        const current = session()
        current.set('a', 1)
        const create = store.create.bind(store)
        vi.spyOn(store, 'create').mockImplementationOnce(async (...args) => {
          try {
            current.set('b', 2)
          } catch (error) {
            late = error
          }
          return create(...args)
        })
        return new Response('ok')
      })
      expect((await createClient(app.fetch).get('/')).status).toBe(200)
      expect(late).toMatchObject({ code: 'ERR_SESSION_CLOSED' })
    })

    it('of which the record is deleted under way does not bring it back', async () => {
      const storage = createMemorySessionStorage({ cookie: COOKIE })
      const app = createApp([{ storage }], async ({ path, session }) => {
        if (path === '/slow') await client.get('/logout')
        if (path === '/logout') session().destroy()
        else session().set('n', path)
        return new Response('ok')
      })
      const client = createClient(app.fetch)
      await client.get('/start')
      const token = client.cookies.get('__session') ?? ''
      const slow = await client.get('/slow')
      // The browser may hold the cookie of another login by now, so this response leaves it alone.
      expect([slow.status, slow.headers.getSetCookie()]).toEqual([200, []])
      const { origin } = await storage.getSession(`__session=${token}`)
      expect(origin).toBe('unknown')
    })

    it('answers a strategy that says that its record is gone', async () => {
      const storage = createSessionStorage({
        cookie: COOKIE,
        createData: async () => 'id-1',
        readData: async () => ({ n: 1 }),
        updateData: async () => false,
        deleteData: async () => {},
      })
      const app = createApp([{ storage }], countVisits)
      const client = createClient(app.fetch)
      await client.get('/')
      expect((await client.get('/')).headers.getSetCookie()).toEqual([])
    })
  })

  describe(`${name}, without options`, () => {
    it('seals with SESSION_SECRET: several, newest first', async () => {
      vi.stubEnv('SESSION_SECRET', OLD_SECRET)
      const old = createClient(createApp([{}], readOrSet).fetch)
      await old.get('/set')
      vi.stubEnv('SESSION_SECRET', `${SECRET}, ${OLD_SECRET}`)
      const rotated = createClient(createApp([{}], readOrSet).fetch)
      rotated.cookies.set('__session', old.cookies.get('__session') ?? '')
      expect(await bodies(rotated, '/')).toEqual(['1'])
      const { cookies } = rotated
      const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
      const session = await storage.getSession(`__session=${cookies.get('__session')}`)
      expect(session.get('n')).toBe(1)
    })

    it('refuses to run without SESSION_SECRET in production', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubEnv('NODE_ENV', 'production')
      const app = createApp([{}], countVisits)
      const response = await createClient(app.fetch).get('/')
      expect(response.status).toBe(500)
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })])
    })

    it('refuses to run without SESSION_SECRET on Workers', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
      const app = createApp([{}], countVisits)
      const response = await createClient(app.fetch).get('/')
      expect(response.status).toBe(500)
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })])
    })

    it('makes up a secret for this process elsewhere, with a warning', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubGlobal('navigator', undefined) // which says where Workers are
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const app = createApp([{}], countVisits)
      expect(await bodies(createClient(app.fetch), '/')).toEqual(['1'])
      expect(warn.mock.calls.flat().join()).toMatch(/SESSION_SECRET is not set|^$/)
    })
  })
}

function signIn(_request: unknown, session: Session): Response {
  session.set('user', 'ada')
  return new Response('signed in')
}

const startingWith = (name: string): unknown => expect.stringMatching(new RegExp(`^${name}=`))

function countVisits({ session }: Visit): Response {
  const visits = Number(session().get('visits') ?? 0) + 1
  session().set('visits', visits)
  return new Response(String(visits))
}

function readOrSet({ path, session }: Visit): Response {
  if (path === '/untouched') return new Response('')
  if (path === '/set') session().set('n', 1)
  return new Response(String(session().get('n')))
}

function requestWith(cookie: string): Request {
  return new Request('https://app.example/', { headers: { cookie } })
}

async function bodies(client: Client, ...paths: string[]): Promise<string[]> {
  const texts: string[] = []
  for (const path of paths) texts.push(await (await client.get(path)).text())
  return texts
}

function at(seconds: number): void {
  vi.setSystemTime(START + seconds * 1000)
}
