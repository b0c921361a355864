import { createMemorySessionStorage } from 'fetch-sessions'
import { getSession, session } from 'fetch-sessions/h3'
import { H3 } from 'h3'
import type { H3Event, H3EventContext } from 'h3'
import { describe, expect, it } from 'vitest'

import { gate } from '../conformance/adapter/helpers.ts'
import { createClient, toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const storage = createMemorySessionStorage<{ n: number }>({ cookie: { secrets: [SECRET] } })

function count({ context: { session: current } }: H3Event): number {
  current.set('n', (current.get('n') ?? 0) + 1)
  return current.get('n') ?? 0
}

const configError = (message: string): unknown =>
  expect.objectContaining({
    code: 'ERR_SESSION_CONFIG',
    message: expect.stringContaining(message) as string,
  })

describe("the session in h3's context", () => {
  describe('a context that the application shares', () => {
    /** Two visitors, of whom the second comes while the first is waiting; both with the same context. */
    async function meet(shared: H3EventContext): Promise<unknown[]> {
      const reached = gate()
      const go = gate()
      const app = new H3().use(session({ storage }))
      app.get('/:n', async (event) => {
        const n = Number(event.context.params?.['n'])
        event.context.session.set('n', n)
        if (n === 1) {
          reached.open()
          await go.passed
        }
        return [event.context.session.get('n'), getSession<{ n: number }>(event).get('n')]
      })
      const first = app.request('/1', {}, shared)
      await reached.passed
      const second = await app.request('/2', {}, shared)
      go.open()
      const responses = [await first, second]
      const cookies = responses.map(({ headers }) => toCookie(headers.getSetCookie()[0]))
      const kept = cookies.map(async (cookie) => (await storage.getSession(cookie)).get('n'))
      const bodies = responses.map((response) => response.json() as Promise<unknown>)
      return Promise.all([...bodies, ...kept])
    }

    it('joins no two requests, at once or one after the other', async () => {
      const shared = { tenant: 'a' } as unknown as H3EventContext
      for (let i = 0; i < 2; i++) expect(await meet(shared)).toEqual([[1, 1], [2, 2], 1, 2])
    })

    it.each<[string, (app: H3, path: string, shared: H3EventContext) => Promise<Response>]>([
      ['handed to request()', async (app, path, shared) => app.request(path, {}, shared)],
      [
        'in the Request',
        async (app, path, shared) =>
          app.fetch(Object.assign(new Request(`http://localhost${path}`), { context: shared })),
      ],
    ])('never gets a session, nor does a route outside of session(): %s', async (_, send) => {
      const shared = { tenant: 'a' } as unknown as H3EventContext
      const app = new H3()
      const looks: unknown[] = []
      const look = (event: H3Event): string => {
        const { context } = event
        looks.push([context.session, context['tenant'], event.req.context?.['session']])
        return 'seen'
      }
      app.use('/in', session({ storage }))
      app.get('/in', count)
      app.get('/out', look)
      const reached = gate()
      const go = gate()
      app.get('/in/slow', async (event) => {
        reached.open()
        await go.passed
        return count(event)
      })
      app.use('/in/slow', session({ storage }))
      const slow = send(app, '/in/slow', shared)
      await reached.passed
      expect(await (await send(app, '/in', shared)).text()).toBe('1')
      await send(app, '/out', shared)
      go.open()
      expect(await (await slow).text()).toBe('1')
      await send(app, '/out', shared)
      for (const seen of looks) expect(seen).toEqual([undefined, 'a', undefined])
      expect(looks).toHaveLength(2)
      expect(Reflect.ownKeys(shared)).not.toContain('session')
    })

    it('keeps what else is in it', async () => {
      const app = new H3().use(session({ storage }))
      app.get('/', ({ context }) => context['tenant'])
      const shared = { tenant: 'a' } as unknown as H3EventContext
      for (let i = 0; i < 2; i++) {
        expect(await (await app.request('/', {}, shared)).text()).toBe('a')
      }
    })

    it('gives a request that a handler makes another session than its own', async () => {
      const app = new H3().use(session({ storage }))
      app.get('/inner', count)
      app.get('/', async (event) => {
        event.context.session.set('n', 100)
        const inner = await app.request('/inner', {}, event.context)
        return [Number(await inner.text()), event.context.session.get('n')]
      })
      const response = await app.request('/')
      expect(await response.json()).toEqual([1, 100])
      expect(response.headers.getSetCookie()).toHaveLength(1)
    })
  })

  it('reveals nothing to a handler from whose request the cookies were taken', async () => {
    const app = new H3({ silent: true }).use(session({ storage }))
    app.get('/login', count)
    app.get('/', (event) => {
      // As defineCachedHandler() of Nitro does.
      Object.assign(event, { req: new Request(event.req.url) })
      return event.context.session.get('n')
    })
    const client = createClient(async (request) => app.fetch(request))
    await client.get('/login')
    const response = await client.get('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
  })

  it('is empty for a session() behind which the cookies were taken away', async () => {
    const app = new H3().use(session({ storage }))
    app.get('/login', count)
    const inner = session({ storage, key: 'inner' })
    app.get('/', (event) => {
      Object.assign(event, { req: new Request(event.req.url) })
      return inner(event, () => getSession(event, 'inner').origin)
    })
    const client = createClient(async (request) => app.fetch(request))
    await client.get('/login')
    expect(await (await client.get('/')).text()).toBe('new')
  })

  it('says that h3 1, or a missing call, is wrong', async () => {
    const event = { node: { req: {}, res: {} }, context: {} }
    expect(() => session({ storage })(event as never, () => {})).toThrow(
      configError('fetch-sessions/h3 needs h3 2 or Nitro 3'),
    )
    const seen: unknown[] = []
    const app = new H3({ onError: (error) => void seen.push(error.cause), silent: true })
    app.use(session as never)
    expect((await app.request('/')).status).toBe(500)
    expect(seen).toEqual([configError('write `session()`, with the call')])
  })
})

describe('getSession() of fetch-sessions/h3', () => {
  it('gives the sessions of a request by their keys', async () => {
    const admin = createMemorySessionStorage({ cookie: { name: 'admin', secrets: [SECRET] } })
    const app = new H3().use(session({ storage })).use(session({ storage: admin, key: 'admin' }))
    app.get('/', (event) => [
      getSession(event) === event.context.session,
      getSession(event, 'admin') === event.context['admin'],
    ])
    expect(await (await app.request('/')).json()).toEqual([true, true])
  })

  it('says what to write where session() is missing', async () => {
    const seen: unknown[] = []
    const app = new H3({ onError: (error) => void seen.push(error.cause), silent: true })
    app.get('/', (event) => getSession(event).get('n'))
    app.get('/admin', (event) => getSession(event, 'admin').get('n'))
    await app.request('/')
    await app.request('/admin')
    expect(seen).toEqual([
      configError('app.use(session())'),
      configError('app.use(session({ key: "admin" }))'),
    ])
  })
})
