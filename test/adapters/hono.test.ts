import { createMemorySessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { describe, expect, it } from 'vitest'

import { adapterConformance } from '../conformance/adapter.ts'
import type { CreateApp } from '../conformance/adapter.ts'
import { createClient, toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const createApp: CreateApp = (mounts, handler) => {
  const errors: unknown[] = []
  const app = new Hono<SessionEnv>()
  for (const mount of mounts) app.use(session(mount))
  app.all('*', (c) =>
    handler({
      request: c.req.raw,
      path: c.req.path,
      session: (key = 'session') => c.get(key as 'session'),
    }),
  )
  app.onError((error) => {
    errors.push(error)
    return new Response('failed', { status: 500 })
  })
  // Hono hands a thrown Response on to whoever called fetch().
  const fetch = async (request: Request, environment?: object): Promise<Response> =>
    Promise.resolve(app.fetch(request, environment)).catch((thrown: unknown) => thrown as Response)
  return { fetch, errors }
}
adapterConformance('hono', createApp, { hasEnvironment: true })

const storage = createMemorySessionStorage<{ n: number }, { notice: string }>({
  cookie: { secrets: [SECRET] },
})

describe('session() for Hono', () => {
  it('is found by c.get and c.var', async () => {
    const app = new Hono().use(session({ storage })).get('/', (c) => {
      return c.json(c.get('session') === c.var.session)
    })
    expect(await (await app.request('/')).json()).toBe(true)
  })

  it('sends no header twice that was set before the handler', async () => {
    const app = new Hono()
      .use(async (c, next) => {
        c.header('x-before', '1')
        c.header('set-cookie', 'before=1', { append: true })
        await next()
        c.header('x-after', '1')
      })
      .use(session({ storage }))
      .get('/', (c) => {
        c.var.session.set('n', 1)
        c.header('cache-control', 'public, max-age=5')
        return c.text('ok')
      })
    const { headers } = await app.request('/')
    expect([headers.get('x-before'), headers.get('x-after')]).toEqual(['1', '1'])
    expect(headers.getSetCookie()).toEqual(['before=1', expect.stringContaining('__session=')])
    expect(headers.get('cache-control')).toBe('private, max-age=5')
  })

  it('does not bring old headers back onto an immutable response', async () => {
    const app = new Hono().use(session({ storage })).get('/', async (c) => {
      c.var.session.set('n', 1)
      c.header('cache-control', 'public')
      c.header('set-cookie', 'own=1', { append: true })
      return c.newResponse((await fetch('data:,x')).body)
    })
    const { headers } = await app.request('/')
    expect(headers.get('cache-control')).toBe('private')
    expect(headers.getSetCookie()).toEqual(['own=1', expect.stringContaining('__session=')])
  })

  it('does not bring them back from an immutable response of elsewhere', async () => {
    const app = new Hono().use(session({ storage })).get('/', (c) => {
      c.var.session.set('n', 1)
      const upstream = new Response('', {
        headers: { 'cache-control': 'public', 'set-cookie': 'own=1' },
      })
      // As those of fetch() are; only a server could send these.
      upstream.headers.set = upstream.headers.append = () => {
        throw new TypeError('immutable')
      }
      return upstream
    })
    const { headers } = await app.request('/')
    expect(headers.get('cache-control')).toBe('private')
    expect(headers.getSetCookie()).toEqual(['own=1', expect.stringContaining('__session=')])
  })

  it('finds the session again where a middleware between has replaced the request', async () => {
    const app = new Hono()
      .use(session({ storage }))
      .use(bodyLimit({ maxSize: 1000 }))
      .use(session({ storage, key: 'inner' }))
      .post('/', (c) => {
        c.var.inner.set('n', 1)
        return c.json(c.var.inner === c.var.session || c.var.session.get('n') === 1)
      })
    const response = await app.request('/', { method: 'POST', body: 'x'.repeat(100) })
    expect(await response.json()).toBe(true)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('consumes flash values in a POST that calls itself a prefetch', async () => {
    const app = new Hono().use(session({ storage })).all('/', (c) => {
      if (c.req.method === 'GET') c.var.session.flash('notice', 'once')
      return c.text(String(c.var.session.get('notice')))
    })
    const cookie = toCookie((await app.request('/code')).headers.getSetCookie()[0])
    const first = await app.request('/', { headers: { cookie } })
    const kept = toCookie(first.headers.getSetCookie()[0])
    const post = { method: 'POST', headers: { cookie: kept, 'sec-purpose': 'prefetch' } }
    await app.request('/', post)
    expect(await (await app.request('/', post)).text()).toBe('undefined')
  })

  it('makes no storage for each request of @hono/node-server, whose environment is none', async () => {
    let made = 0
    const app = new Hono<{ Bindings: { incoming: object; outgoing: object } }>()
      .use(session({ storage: () => (made++, storage) }))
      .get('/', (c) => c.json(c.env === environment))
    let environment = { incoming: {}, outgoing: {} }
    for (let i = 0; i < 2; i++) {
      environment = { incoming: {}, outgoing: {} }
      expect(await (await app.request('/', {}, environment)).json()).toBe(true)
    }
    expect(made).toBe(1)
  })

  it("prefers the environment's SESSION_SECRET to the process's", async () => {
    const app = new Hono().use(session()).get('/', (c) => {
      const n = c.var.session.get('n')
      c.var.session.set('n', 1)
      return c.text(String(n))
    })
    const one = createClient(async (request) => app.fetch(request, { SESSION_SECRET: SECRET }))
    await one.get('/')
    expect(await (await one.get('/')).text()).toBe('1')
    const two = createClient(async (request) =>
      app.fetch(request, { SESSION_SECRET: 'another secret of an environment' }),
    )
    two.cookies.set('__session', one.cookies.get('__session') ?? '')
    expect(await (await two.get('/')).text()).toBe('undefined')
  })

  it('refuses two sessions under one key, whose handlers would take one for the other', async () => {
    const staff = createMemorySessionStorage({ cookie: { name: 'staff', secrets: [SECRET] } })
    const errors: unknown[] = []
    let calls = 0
    const app = new Hono().use(session({ storage })).use(session({ storage: staff }))
    app.get('/', (c) => c.json(++calls))
    app.onError((error, c) => (errors.push(error), c.text('failed', 500)))
    expect((await app.request('/')).headers.getSetCookie()).toEqual([])
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('Two sessions would be `c.var.session`'),
      }),
    ])
    expect(calls).toBe(0)
  })

  it('refuses a storage that is none, at start', () => {
    expect(() => session({ storage: {} as typeof storage })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})
