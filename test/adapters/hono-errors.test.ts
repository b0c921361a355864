import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { SessionError } from 'fetch-sessions'
import { getSession, session } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../src/storage/memory.ts'
import { createClient, toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const cookie = { secrets: [SECRET] }
const storage = createMemorySessionStorage({ cookie })
const origin = 'https://other.example'

const codeOf = (error: unknown): string => String((error as SessionError).code)

describe("Hono's page for an error", () => {
  it.each([
    ['an HTTPException of 401', 401, 1, () => new HTTPException(401, { message: 'no' })],
    ['an HTTPException of 503', 503, 0, () => new HTTPException(503, { message: 'later' })],
    ['an Error', 500, 0, () => new Error('broken')],
  ])('saves by its status: %s', async (_, status, cookies, error) => {
    const app = new Hono().use(session({ storage })).get('/', (c) => {
      c.var.session.set('n', 1)
      throw error()
    })
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await app.request('/')
    expect([response.status, response.headers.getSetCookie().length]).toEqual([status, cookies])
  })

  it.each([400, 500] as const)('of onError saves by its status: %i', async (status) => {
    const app = new Hono().use(session({ storage })).get('/', (c) => {
      c.var.session.set('n', 1)
      throw new Error('broken')
    })
    app.onError((_, c) => c.text('sorry', status))
    const response = await app.request('/')
    expect(response.headers.getSetCookie()).toHaveLength(status === 400 ? 1 : 0)
  })

  it('flashes a message before a redirect', async () => {
    const app = new Hono()
      .use(session({ storage }))
      .get('/', (c) => c.text(String(c.var.session.get('notice'))))
      .get('/save', () => {
        throw new Error('The name is taken')
      })
    app.onError((error, c) => {
      getSession(c).flash('notice', error.message)
      return c.redirect('/', 303)
    })
    const client = createClient(async (request) => app.fetch(request))
    expect((await client.get('/save')).status).toBe(303)
    expect(await (await client.get('/')).text()).toBe('The name is taken')
    expect(await (await client.get('/')).text()).toBe('undefined')
  })

  describe('for a session that cannot be read', () => {
    async function failing(onError: (error: Error, c: Context) => Response, lazy = false) {
      const store = createMemoryStore(10)
      const sessions = createStoreSessionStorage(store, { cookie })
      const app = new Hono()
        .use(cors({ origin, credentials: true }))
        .use(session({ storage: sessions, lazy }))
        .use(session({ storage: sessions }))
        .get('/', (c) => {
          c.var.session.set('n', 1)
          return c.text('ok')
        })
      app.onError(onError)
      const client = createClient(async (request) => app.fetch(request))
      await client.get('/')
      vi.spyOn(store, 'read').mockRejectedValue(new Error('connection lost'))
      return client.get('/', { origin })
    }

    it('may set headers and cookies, and keeps those that were set before', async () => {
      const response = await failing((error, c) => {
        c.header('retry-after', '5')
        c.header('set-cookie', 'seen=1', { append: true })
        return c.text(codeOf(error), 503)
      })
      expect([response.status, await response.text()]).toEqual([503, 'ERR_SESSION_STORAGE'])
      expect(response.headers.get('retry-after')).toBe('5')
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
      expect(response.headers.getSetCookie()).toEqual(['seen=1'])
    })

    it.each([false, true])('has an empty session, which refuses to be written', async (lazy) => {
      const codes: string[] = []
      const response = await failing((_, c) => {
        const current = getSession(c)
        for (const write of [
          () => current.set('n', 2),
          () => current.flash('notice', 'x'),
          () => current.regenerate(),
          () => current.destroy(),
        ]) {
          try {
            write()
          } catch (error) {
            codes.push(codeOf(error))
          }
        }
        return c.json([current.origin, current.data], 503)
      }, lazy)
      expect(await response.json()).toEqual(['new', {}])
      expect(codes).toEqual(Array(4).fill('ERR_SESSION_CLOSED'))
      expect(response.headers.getSetCookie()).toEqual([])
    })
  })

  describe('for a session that cannot be saved', () => {
    const small = createCookieSessionStorage({ cookie })
    const app = new Hono()
      .use(cors({ origin, credentials: true }))
      .use(async (c, next) => {
        c.header('set-cookie', 'before=1', { append: true })
        await next()
      })
      .use(session({ storage: small }))
      .get('/', (c) => {
        c.var.session.set('large', 'x'.repeat(5000))
        c.header('x-page', 'ok')
        c.header('set-cookie', 'page=1', { append: true })
        return c.text('ok', 200, { 'cache-control': 'public, max-age=600', etag: '"1"' })
      })
    app.onError((error, c) => {
      c.header('retry-after', '5')
      c.header('set-cookie', 'error=1', { append: true })
      return c.text(codeOf(error), 500)
    })

    it('keeps the headers from before session(), and loses those of the handler', async () => {
      const response = await app.request('/', { headers: { origin } })
      expect(await response.text()).toBe('ERR_SESSION_COOKIE_TOO_LARGE')
      const { headers } = response
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('retry-after')).toBe('5')
      for (const name of ['x-page', 'cache-control', 'etag']) expect(headers.get(name)).toBeNull()
      expect(headers.getSetCookie()).toEqual(['before=1', 'error=1'])
    })
  })

  it('has the values of a session that cannot be saved, and refuses a write', async () => {
    const small = createCookieSessionStorage({ cookie })
    const app = new Hono().use(session({ storage: small })).get('/', (c) => {
      c.var.session.set('n', 1)
      c.var.session.set('large', 'x'.repeat(5000))
      return c.text('ok')
    })
    app.onError((_, c) => {
      const current = getSession(c)
      expect(() => current.set('n', 2)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }),
      )
      return c.json(current.get('n'), 500)
    })
    expect(await (await app.request('/')).json()).toBe(1)
  })

  it.each(['nothing', 'a session'])(
    "is Hono's own for a handler that answers nothing and writes %s",
    async (what) => {
      const app = new Hono().use(session({ storage }))
      app.get('/', ((c: Context) => {
        if (what !== 'nothing') getSession(c).set('n', 1)
      }) as never)
      app.onError((error, c) => c.text(error.message, 500))
      const response = await app.request('/')
      expect(await response.text()).toContain('Context is not finalized')
      expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    },
  )
})

describe('getSession() of fetch-sessions/hono', () => {
  const configError = (message: string): unknown =>
    expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining(message) as string,
    })

  it('gives the sessions of a request by their keys', async () => {
    const admin = createMemorySessionStorage({ cookie: { ...cookie, name: 'admin' } })
    const app = new Hono()
      .use(session({ storage }))
      .use(session({ storage: admin, key: 'admin' }))
      .get('/', (c) =>
        c.json([getSession(c) === c.var.session, getSession(c, 'admin') === c.var.admin]),
      )
    expect(await (await app.request('/')).json()).toEqual([true, true])
  })

  it('says what to write where session() is missing, or comes after the route', async () => {
    const app = new Hono()
    const errors: unknown[] = []
    app.get('/', (c) => c.text(String(getSession(c).get('n'))))
    app.get('/admin', (c) => c.text(String(getSession(c, 'admin').get('n'))))
    app.use(session({ storage }))
    app.onError((error, c) => (errors.push(error), c.text('failed', 500)))
    await app.request('/')
    await app.request('/admin')
    expect(errors).toEqual([
      configError('app.use(session())'),
      configError('app.use(session({ key: "admin" }))'),
    ])
  })

  it('says what to write where `app.use(session)` lacks the call', async () => {
    const errors: unknown[] = []
    const app = new Hono().use(session as never).get('/', (c) => c.text('ok'))
    app.onError((error, c) => (errors.push(error), c.text('failed', 500)))
    expect((await app.request('/')).status).toBe(500)
    expect(errors).toEqual([configError('write `session()`, with the call')])
  })
})

it('sends the session cookie with what a middleware outside adds afterwards', async () => {
  const app = new Hono()
    .use(async (c, next) => {
      await next()
      c.header('set-cookie', 'after=1', { append: true })
    })
    .use(session({ storage }))
    .get('/', (c) => (c.var.session.set('n', 1), c.text('ok')))
  const texts = (await app.request('/')).headers.getSetCookie()
  expect(texts.map(toCookie)).toEqual([expect.stringContaining('__session='), 'after=1'])
})
