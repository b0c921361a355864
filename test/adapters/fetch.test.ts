import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { Session, SessionData } from 'fetch-sessions'
import { getSession, withSession } from 'fetch-sessions/fetch'
import { AutoRouter, error, IttyRouter, withParams } from 'itty-router'
import type { IRequest } from 'itty-router'
import { describe, expect, it, vi } from 'vitest'

import { isWorkers } from '../../src/util/environment.ts'
import { adapterConformance } from '../conformance/adapter.ts'
import type { App, Mount } from '../conformance/adapter.ts'
import { createClient, toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

/** A fetch handler of Workers. */
type WorkerFetch = (request: Request, ...rest: unknown[]) => Promise<Response>

/** Each session of an outer one follows that of an inner one, and Workers' bindings follow them all. */
const within = (mounts: readonly Mount[], visit: WorkerFetch): WorkerFetch =>
  mounts.reduceRight<WorkerFetch>(
    (inner, mount) =>
      withSession<SessionData, SessionData, unknown[]>(
        (request, current, ...rest) => inner(request, current, ...rest),
        mount,
      ),
    visit,
  )

adapterConformance(
  'fetch',
  (mounts, handler) => {
    const errors: unknown[] = []
    const app = within(mounts, async (request) =>
      handler({
        request,
        path: new URL(request.url).pathname,
        session: (key) => getSession(request, key),
      }),
    )
    return { fetch: atServer(app, errors), errors }
  },
  { hasEnvironment: true },
)

adapterConformance(
  'itty-router',
  (mounts, handler) => {
    const errors: unknown[] = []
    // Its handlers are given a Proxy of the request, as AutoRouter does.
    const router = IttyRouter({ before: [withParams] }).all('*', (request) =>
      handler({
        request,
        path: new URL(request.url).pathname,
        session: (key) => getSession(request, key),
      }),
    )
    const app = within(mounts, router.fetch as WorkerFetch)
    return { fetch: atServer(app, errors), errors }
  },
  { hasEnvironment: true },
)

/** What a server does with a handler that throws; a thrown Response is for whoever called the handler. */
function atServer(fetch: WorkerFetch, errors: unknown[]): App['fetch'] {
  return async (request, environment) => {
    try {
      return await fetch(request, ...(environment === undefined ? [] : [environment]))
    } catch (thrown) {
      if (thrown instanceof Response) return thrown
      errors.push(thrown)
      return new Response('failed', { status: 500 })
    }
  }
}

const request = new Request('https://app.example/')
const storage = createMemorySessionStorage<{ n: number }>({ cookie: { secrets: [SECRET] } })

describe('withSession()', () => {
  it('hands the session to the handler, before all that the server hands over', async () => {
    const context = { waitUntil: () => {} }
    const fetch = withSession(
      (_, session, env: { GREETING: string }, ctx: typeof context) => {
        session.set('n', 1)
        return Response.json([env.GREETING, ctx === context, session.get('n')])
      },
      { storage },
    )
    const response = await fetch(request, { GREETING: 'hello' }, context)
    expect(await response.json()).toEqual(['hello', true, 1])
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it("finds SESSION_SECRET in the server's environment", async () => {
    vi.stubEnv('SESSION_SECRET', undefined)
    const fetch = withSession<{ n: number }, object, [{ SESSION_SECRET: string }]>((_, session) => {
      session.set('n', (session.get('n') ?? 0) + 1)
      return new Response(String(session.get('n')))
    })
    const one = createClient((incoming) => fetch(incoming, { SESSION_SECRET: SECRET }))
    await one.get('/')
    expect(await (await one.get('/')).text()).toBe('2')
    const two = createClient((incoming) =>
      fetch(incoming, { SESSION_SECRET: 'another secret of an environment' }),
    )
    two.cookies.set('__session', one.cookies.get('__session') ?? '')
    expect(await (await two.get('/')).text()).toBe('1')
  })

  it("takes no secret from an argument that may be the client's, where the process has one", async () => {
    vi.stubEnv('SESSION_SECRET', SECRET)
    const fetch = withSession<{ user: string }, object, [Record<string, string>]>(
      (_, session) => new Response(session.get('user')),
    )
    const chosen = 'a secret that the client has chosen'
    const forger = createCookieSessionStorage({ cookie: { secrets: [chosen] } })
    const forged = await forger.getSession()
    forged.set('user', 'admin')
    const cookie = toCookie(await forger.commitSession(forged))
    const query = { SESSION_SECRET: chosen, DEBUG: '*' }
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
    const response = await fetch(new Request('https://app.example', { headers: { cookie } }), query)
    expect(await response.text()).toBe('')
    // On Workers it is the bindings, with the process's variables among them.
    expect(debug).toHaveBeenCalledTimes(isWorkers() ? 1 : 0)
  })

  it.each([
    ['the default storage', undefined],
    ['a storage without secrets', createMemorySessionStorage<{ user: string }>()],
  ])(
    'takes no secret from an argument in production, but for the bindings of Workers: %s',
    async (_, without) => {
      vi.stubEnv('NODE_ENV', 'production')
      vi.stubEnv('SESSION_SECRET', undefined)
      const fetch = withSession<{ user: string }, object, [Record<string, string>]>(
        (_request, session) => (session.set('user', 'ada'), new Response()),
        { storage: without },
      )
      const query = { SESSION_SECRET: 'a secret that the client has chosen' }
      vi.stubGlobal('navigator', { userAgent: 'Node.js/24' })
      await expect(fetch(request, query)).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('SESSION_SECRET'),
      })
      vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
      expect((await fetch(request, query)).headers.getSetCookie()).toHaveLength(1)
    },
  )

  it('makes a storage from the environment, once, also within another session', async () => {
    let made = 0
    const admin = createMemorySessionStorage<{ role: string }>({
      cookie: { name: 'admin', secrets: [SECRET] },
    })
    const fetch = withSession(
      withSession(
        (_, session, outer: Session<{ role: string }>, env: { SECRET: string }) => {
          session.set('n', (session.get('n') ?? 0) + 1)
          outer.set('role', 'editor')
          return Response.json([session.get('n'), outer.get('role'), env.SECRET === SECRET])
        },
        {
          storage: (env: { SECRET: string }) => {
            made++
            return createCookieSessionStorage<{ n: number }>({ cookie: { secrets: [env.SECRET] } })
          },
        },
      ),
      { storage: admin, key: 'admin' },
    )
    const env = { SECRET }
    const client = createClient((incoming) => fetch(incoming, env))
    await client.get('/')
    expect(await (await client.get('/')).json()).toEqual([2, 'editor', true])
    expect([...client.cookies.keys()]).toEqual(['__session', 'admin'])
    expect(made).toBe(1)
  })

  it('wraps the fetch function of a router, whose handlers get the session as an argument', async () => {
    const router = AutoRouter<IRequest, [Session<{ n: number }>]>().get(
      '/:name',
      (visit, session) => {
        session.set('n', 1)
        return { name: visit.params['name'], same: getSession(visit) === session }
      },
    )
    const fetch = withSession(router.fetch, { storage })
    const response = await fetch(new Request('https://app.example/ada'))
    expect(await response.json()).toEqual({ name: 'ada', same: true })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('shares the session where a route of a router has a withSession of its own', async () => {
    const router = AutoRouter<IRequest, [Session<{ n: number }>]>().get(
      '/',
      withSession(
        (_, inner, outer: Session<{ n: number }>) => {
          inner.set('n', 1)
          return Response.json(outer.get('n'))
        },
        { storage },
      ),
    )
    const response = await withSession(router.fetch, { storage })(request)
    expect(await response.json()).toBe(1)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it("leaves a router's own pages for errors to the rule of the status", async () => {
    const router = AutoRouter<IRequest, [Session<{ n: number }>]>().get(
      '/:status',
      (visit, session) => {
        session.set('n', 1)
        return error(Number(visit.params['status']))
      },
    )
    const fetch = withSession(router.fetch, { storage })
    const cookies = async (path: string): Promise<number> =>
      (await fetch(new Request(`https://app.example${path}`))).headers.getSetCookie().length
    expect([await cookies('/404'), await cookies('/500')]).toEqual([1, 0])
  })
})

describe('getSession()', () => {
  it('says what to write where a request has no session', () => {
    expect(() => getSession(new Request(request))).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('withSession(handler)') as string,
      }),
    )
    expect(() => getSession(request, 'admin')).toThrow('withSession(handler, { key: "admin" })')
  })

  it('finds the sessions of requests that are under way at once, each its own', async () => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const fetch = withSession(
      async (incoming, session) => {
        session.set('n', Number(new URL(incoming.url).search.slice(1)))
        await released
        return new Response(String(getSession(incoming).get('n')))
      },
      { storage },
    )
    const under = [1, 2].map((n) => fetch(new Request(`https://app.example/?${n}`)))
    release()
    expect(await Promise.all(under.map(async (response) => (await response).text()))).toEqual([
      '1',
      '2',
    ])
  })
})
