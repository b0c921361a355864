import { Elysia, status, t } from 'elysia'
import { createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/elysia'
import { getSession, withSession } from 'fetch-sessions/fetch'
import { describe, expect, it } from 'vitest'

import { adapterConformance } from '../conformance/adapter.ts'
import { createClient } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

adapterConformance('elysia', (mounts, handler) => {
  const errors: unknown[] = []
  // The plugin that is used last is the outermost.
  const plugins = mounts.map((mount) => session({ ...mount, key: mount.key ?? 'session' }))
  const app = plugins
    .toReversed()
    .reduce((inner, plugin) => inner.use(plugin) as unknown as Elysia, new Elysia())
    .onError(({ error }) => {
      if (error instanceof Response) return undefined
      errors.push(error)
      return new Response('failed', { status: 500 })
    })
    .all('*', (context) =>
      handler({
        request: context.request,
        path: new URL(context.request.url).pathname,
        session: (key = 'session') =>
          (context as unknown as Record<string, Session>)[key] as Session,
      }),
    )
  async function fetch(request: Request): Promise<Response> {
    try {
      return await app.fetch(request)
    } catch (thrown) {
      // The session is committed around the application, so its errors are for whoever called fetch().
      errors.push(thrown)
      return new Response('failed', { status: 500 })
    }
  }
  return { fetch, errors }
})

const storage = createMemorySessionStorage<{ n: number }, { notice: string }>({
  cookie: { secrets: [SECRET] },
})
const get = (path: string): Request => new Request(`https://app.example${path}`)

describe('session() for Elysia', () => {
  it('commits to the response that Elysia makes of a value, its headers and its cookies', async () => {
    const app = new Elysia()
      .use(session({ storage }))
      .get('/', ({ session: current, set, cookie }) => {
        current.set('n', 1)
        set.headers['cache-control'] = 'public, max-age=5'
        cookie['own']?.set({ value: '1' })
        return { n: current.get('n') }
      })
    const response = await app.fetch(get('/'))
    expect(await response.json()).toEqual({ n: 1 })
    expect(response.headers.get('cache-control')).toBe('private, max-age=5')
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringContaining('own=1'),
      expect.stringContaining('__session='),
    ])
  })

  it('is there for the application that uses it, through plugins, and in groups', async () => {
    const plugin = session({ storage })
    const visits = new Elysia({ name: 'visits' })
      .use(plugin)
      .get('/plugin', ({ session: current }) => {
        current.set('n', (current.get('n') ?? 0) + 1)
        return current.get('n')
      })
    const app = new Elysia()
      .use(visits)
      .use(plugin)
      .get('/app', ({ session: current }) => current.get('n') ?? 0)
      .group('/group', (group) => group.get('/', ({ session: current }) => current.get('n') ?? 0))
    const client = createClient(async (request) => app.fetch(request))
    expect((await client.get('/plugin')).headers.getSetCookie()).toHaveLength(1)
    expect(await (await client.get('/app')).text()).toBe('1')
    expect(await (await client.get('/group')).text()).toBe('1')
    expect(await (await client.get('/plugin')).text()).toBe('2')
  })

  it('keeps a second session under its own key', async () => {
    const admin = createMemorySessionStorage<{ role: string }>({
      cookie: { name: 'admin', secrets: [SECRET] },
    })
    const app = new Elysia()
      .use(session({ storage }))
      .use(session({ storage: admin, key: 'admin' }))
      .get('/', (context) => {
        context.session.set('n', 1)
        context.admin.set('role', 'editor')
        return 'ok'
      })
    const names = (await app.fetch(get('/'))).headers
      .getSetCookie()
      .map((text) => text.split('=')[0])
    expect(names.toSorted()).toEqual(['__session', 'admin'])
  })

  describe('an error', () => {
    class Refused extends Error {
      toResponse(): Response {
        return Response.json({ refused: true }, { status: 403 })
      }
    }
    const thrown: Record<string, () => unknown> = {
      status: () => status(401, 'no'),
      response: () => new Response('no', { status: 401 }),
      toResponse: () => new Refused(),
      error: () => new Error('broken'),
      unavailable: () => status(503, 'later'),
    }
    const app = new Elysia().use(session({ storage })).get(
      '/:what',
      ({ session: current, params }) => {
        current.set('n', 1)
        if (params.what !== 'invalid') throw thrown[params.what]?.()
        return { n: 'no number' as unknown as number }
      },
      { response: t.Object({ n: t.Number() }) },
    )

    it.each([
      ['status', 401, 1],
      ['response', 401, 1],
      ['toResponse', 403, 1],
      ['error', 500, 0],
      ['unavailable', 503, 0],
      ['invalid', 422, 1],
    ])('of the kind %s is answered with %i, and saved %i times', async (what, code, saved) => {
      const response = await app.fetch(get(`/${what}`))
      expect([response.status, response.headers.getSetCookie().length]).toEqual([code, saved])
    })

    it.each(['before', 'behind'])(
      'is saved as the page that an onError %s the session makes of it',
      async (place) => {
        const sorry = new Elysia().onError({ as: 'global' }, ({ set }) => {
          set.status = 400
          return 'sorry'
        })
        const plugin = session({ storage })
        const answering =
          place === 'before'
            ? new Elysia().use(sorry).use(plugin)
            : new Elysia().use(plugin).use(sorry)
        answering.get('/', ({ session: current }) => {
          current.set('n', 1)
          throw new Error('broken')
        })
        const response = await answering.fetch(get('/'))
        expect([response.status, await response.text()]).toEqual([400, 'sorry'])
        expect(response.headers.getSetCookie()).toHaveLength(1)
      },
    )
  })

  it('says what to write where `.use(session)` lacks the call', () => {
    expect(() => new Elysia().use(session as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('write `session()`, with the call') as string,
      }),
    )
  })

  describe('with `aot: false`', () => {
    it('says what to write instead', async () => {
      const errors: unknown[] = []
      const app = new Elysia({ aot: false })
        .onError(({ error }) => void errors.push(error))
        .use(session({ storage }))
        .get('/', ({ session: current }) => current.get('n') ?? 0)
      expect((await app.fetch(get('/'))).status).toBe(500)
      expect(errors).toEqual([
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining('withSession(app.fetch)') as string,
        }),
      ])
    })

    it('has withSession() of fetch-sessions/fetch', async () => {
      const app = new Elysia({ aot: false })
        .derive(({ request }) => ({ session: getSession<{ n: number }>(request) }))
        .get('/', ({ session: current }) => {
          current.set('n', (current.get('n') ?? 0) + 1)
          return current.get('n')
        })
      const client = createClient(withSession(app.fetch, { storage }))
      await client.get('/')
      expect(await (await client.get('/')).text()).toBe('2')
    })
  })
})
