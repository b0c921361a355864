import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/h3'
import { bodyLimit, H3, HTTPError, onError, onResponse, redirect } from 'h3'
import type { H3Event } from 'h3'
import { describe, expect, it } from 'vitest'

import { adapterConformance } from '../conformance/adapter.ts'
import { createClient, toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

// What an application writes once, to have its session typed everywhere.
declare module 'h3' {
  interface H3EventContext {
    session: Session<{ n: number }, { notice: string }>
  }
}

/** As the adapter of h3 for Workers hands over the bindings. */
function onWorkers(request: Request, env: object): Request {
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} }
  return Object.assign(request, { runtime: { name: 'cloudflare', cloudflare: { env, context } } })
}

adapterConformance(
  'h3',
  (mounts, handler) => {
    const errors: unknown[] = []
    const app = new H3({
      silent: true,
      onError(error) {
        errors.push(error.cause)
        return new Response('failed', { status: 500 })
      },
    })
    for (const mount of mounts) app.use(session(mount))
    app.all('/**', (event) =>
      handler({
        request: event.req as Request,
        path: event.url.pathname,
        session: (key = 'session') => event.context[key] as Session,
      }),
    )
    return {
      fetch: async (request, environment) =>
        app.fetch(environment === undefined ? request : onWorkers(request, environment)),
      errors,
    }
  },
  { hasEnvironment: true },
)

const storage = createMemorySessionStorage<{ n: number }, { notice: string }>({
  cookie: { secrets: [SECRET] },
})

function count({ context: { session: current } }: H3Event): number {
  current.set('n', (current.get('n') ?? 0) + 1)
  return current.get('n') ?? 0
}

/** The type that this runtime gives a response with this body: Bun gives none to a text. */
function typeOf(body: string | Blob): string | null {
  return new Response(body).headers.get('content-type')
}

const css = new Blob(['data'], { type: 'text/css' })

describe('session() for h3', () => {
  it.each<[string, (event: H3Event) => unknown, string, string | null]>([
    ['an object', () => ({ a: 1 }), '{"a":1}', 'application/json;charset=UTF-8'],
    ['a text', () => 'text', 'text', typeOf('text')],
    ['nothing', () => null, '', typeOf('')],
    ['a promise', async () => 'later', 'later', typeOf('later')],
    ['a stream', () => new Response('flow').body, 'flow', null],
    ['a blob', () => css, 'data', typeOf(css)],
  ])('commits to the response that h3 makes of %s', async (_, value, body, type) => {
    const app = new H3().use(session({ storage }))
    app.get('/', (event) => {
      count(event)
      return value(event)
    })
    for (let visit = 0; visit < 2; visit++) {
      const response = await app.request('/')
      expect([await response.text(), response.headers.get('content-type')]).toEqual([body, type])
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect(response.headers.get('cache-control')).toBe('private')
    }
  })

  it('sends the headers, cookies and status that were prepared, each once', async () => {
    const app = new H3()
    app.use((event) => {
      event.res.headers.set('x-before', '1')
      event.res.headers.append('set-cookie', 'before=1')
    })
    app.use(session({ storage }))
    app.get('/', (event) => {
      count(event)
      event.res.status = 201
      event.res.headers.set('cache-control', 'public, max-age=5')
      event.res.headers.append('set-cookie', 'own=1')
      return 'made'
    })
    const { status, headers } = await app.request('/')
    expect([status, headers.get('x-before'), headers.get('cache-control')]).toEqual([
      201,
      '1',
      'private, max-age=5',
    ])
    expect(headers.getSetCookie()).toEqual([
      'before=1',
      'own=1',
      expect.stringContaining('__session='),
    ])
  })

  it('keeps its cookie where a middleware outside of it prepares headers afterwards', async () => {
    const app = new H3()
    app.use(async (event, next) => {
      const answer = await next()
      event.res.headers.set('x-after', '1')
      event.res.headers.append('set-cookie', 'after=1')
      return answer
    })
    app.use(session({ storage }))
    app.get('/', count)
    const { headers } = await app.request('/')
    expect(headers.get('x-after')).toBe('1')
    expect(headers.getSetCookie()).toEqual([expect.stringContaining('__session='), 'after=1'])
  })

  it('commits a redirect', async () => {
    const app = new H3().use(session({ storage }))
    app.get('/', (event) => {
      event.context.session.flash('notice', 'Sign in first')
      return redirect('/login')
    })
    const { status, headers } = await app.request('/')
    expect([status, headers.get('location')]).toEqual([302, '/login'])
    const next = await storage.getSession(toCookie(headers.getSetCookie()[0]))
    expect(next.get('notice')).toBe('Sign in first')
  })

  describe('an HTTPError', () => {
    const refuse = (event: H3Event): never => {
      count(event)
      throw new HTTPError({ status: Number(event.context.params?.['status']), message: 'no' })
    }

    it('saves below 500, as the response that it is', async () => {
      const app = new H3({ silent: true }).use(session({ storage }))
      app.get('/:status', refuse)
      const refused = await app.request('/401')
      expect(await refused.json()).toMatchObject({ status: 401, message: 'no' })
      expect(refused.headers.getSetCookie()).toHaveLength(1)
      const broken = await app.request('/503')
      expect([broken.status, broken.headers.getSetCookie()]).toEqual([503, []])
    })

    it("is the page that the application's onError makes of it, asked once", async () => {
      const seen: number[] = []
      const app = new H3({
        onError(error) {
          seen.push(error.status)
          return new Response('sorry', { status: error.status })
        },
      }).use(session({ storage }))
      app.get('/:status', refuse)
      const response = await app.request('/403')
      expect([response.status, await response.text(), seen]).toEqual([403, 'sorry', [403]])
      expect(response.headers.getSetCookie()).toHaveLength(1)
    })

    it('reaches an onError middleware that stands behind the session', async () => {
      const app = new H3({ silent: true }).use(session({ storage }))
      app.use(onError((error) => new Response(`caught ${error.status}`, { status: error.status })))
      app.get('/:status', refuse)
      const response = await app.request('/409')
      expect(await response.text()).toBe('caught 409')
      expect(response.headers.getSetCookie()).toHaveLength(1)
    })

    it('is what h3 makes of a path that no route has', async () => {
      const app = new H3({ silent: true }).use(session({ storage }))
      const response = await app.request('/nowhere')
      expect([response.status, response.headers.getSetCookie()]).toEqual([404, []])
    })
  })

  it('lets other errors through, to whoever handles them outside, and saves nothing', async () => {
    const seen: unknown[] = []
    const app = new H3({ silent: true })
    app.use(onError((error) => void seen.push(error.cause)))
    app.use(session({ storage }))
    app.get('/', (event) => {
      count(event)
      throw new TypeError('broken')
    })
    const response = await app.request('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    expect(seen).toEqual([new TypeError('broken')])
  })

  it('calls onResponse once, with the cookie', async () => {
    const seen: number[] = []
    const note = (response: Response): void =>
      void seen.push(response.headers.getSetCookie().length)
    const app = new H3({ onResponse: note }).use(onResponse(note)).use(session({ storage }))
    app.get('/', count)
    await app.request('/')
    expect(seen).toEqual([1, 1])
  })

  it('shares the session where it is mounted twice, around a replaced request and a sub-application', async () => {
    const inner = new H3().use(session({ storage, key: 'inner' }))
    inner.post('/form', async (event) => {
      count(event)
      const own = event.context['inner'] as Session<{ n: number }>
      return [(await event.req.text()).length, own.get('n')]
    })
    const app = new H3().use(session({ storage })).use(bodyLimit(1000))
    app.mount('/mounted', inner)
    app.mount('/fetched', inner.fetch)
    for (const base of ['/mounted', '/fetched']) {
      const response = await app.request(`${base}/form`, { method: 'POST', body: 'x'.repeat(100) })
      expect(await response.json()).toEqual([100, 1])
      expect(response.headers.getSetCookie()).toHaveLength(1)
    }
  })

  it("makes the storage from Workers' bindings, once", async () => {
    let made = 0
    const app = new H3()
    app.use(
      session({
        storage(env: { SECRET: string }) {
          made++
          return createCookieSessionStorage({ cookie: { secrets: env.SECRET } })
        },
      }),
    )
    app.get('/', count)
    const worker = (env: object) =>
      createClient(async (request) => app.fetch(onWorkers(request, env)))
    const client = worker({ SECRET })
    await client.get('/')
    expect(await (await client.get('/')).text()).toBe('2')
    expect(made).toBe(1)
  })
})
