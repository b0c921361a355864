import * as router7 from 'react-router-7'
import * as router8 from 'react-router'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/react-router'
import type { LoaderFunctionArgs, MiddlewareFunction } from 'react-router'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { adapterConformance } from '../conformance/adapter.ts'
import type { App, CreateApp } from '../conformance/adapter.ts'
import { createClient, toCookie } from '../support/client.ts'
import { serveBuild } from '../support/react-router.ts'
import type { ReactRouter, RouteModule } from '../support/react-router.ts'
import { SECRET } from '../support/secrets.ts'

type Loader = NonNullable<RouteModule['loader']>

const versions = { 8: router8, 7: router7 as unknown as ReactRouter }

adapterConformance('react-router 8', (mounts, handler) => serveMounts(versions[8], mounts, handler))
// Its loaders get a copy of the Request.
adapterConformance(
  'react-router 7',
  (mounts, handler) => serveMounts(versions[7], mounts, handler),
  { copiesRequest: true },
)

function serveMounts(router: ReactRouter, ...[mounts, handler]: Parameters<CreateApp>): App {
  const errors: unknown[] = []
  const keys = new Map(mounts.map(({ key = 'session' }) => [key, router.createContext<Session>()]))
  const keyOf = (name = 'session') => keys.get(name) as router8.RouterContext<Session>
  const root = { middleware: mounts.map((mount) => session({ ...mount, key: keyOf(mount.key) })) }
  const loader: Loader = ({ request, context }) =>
    handler({
      request,
      path: new URL(request.url).pathname,
      session: (key) => context.get(keyOf(key)),
    })
  return {
    fetch: serveBuild(router, { root, index: { loader }, '*': { loader } }, errors),
    errors,
  }
}

const page = { default: () => null }

describe.each(Object.entries(versions))('session() for React Router %s', (_, router) => {
  const sessionContext = router.createContext<Session<{ n: number }, { notice: string }>>()
  const storage = createMemorySessionStorage<{ n: number }, { notice: string }>({
    cookie: { secrets: [SECRET], maxAge: 1000 },
  })
  const root = { middleware: [session({ storage, key: sessionContext })] }

  const count: Loader = ({ context }) => {
    const current = context.get(sessionContext)
    current.set('n', (current.get('n') ?? 0) + 1)
    return current.get('n')
  }

  it('serves pages, their data and resource routes', async () => {
    const fetch = serveBuild(router, {
      root,
      page: { ...page, loader: count },
      resource: { loader: count },
    })
    const client = createClient(fetch)
    expect(await (await client.get('/page')).json()).toEqual({ page: 1 })
    expect(await (await client.get('/page.data')).text()).toContain('2')
    expect(await (await client.get('/resource')).json()).toBe(3)
  })

  it('leaves a page alone that does not look at the session', async () => {
    const fetch = serveBuild(router, { root, page: { ...page, loader: () => 'static' } })
    const response = await createClient(fetch).get('/page')
    expect(await response.json()).toEqual({ page: 'static' })
    expect([response.headers.get('vary'), ...response.headers.getSetCookie()]).toEqual([null])
  })

  describe('a redirect', () => {
    const guard: Loader = ({ context }) => {
      context.get(sessionContext).flash('notice', 'Sign in first')
      throw router.redirect('/login')
    }
    const login: Loader = ({ context }) => context.get(sessionContext).get('notice') ?? null
    const modules = {
      root,
      login: { ...page, loader: login },
      loader: { ...page, loader: guard },
      action: { ...page, action: guard },
      middleware: {
        ...page,
        middleware: [(args) => guard(args as LoaderFunctionArgs) as never],
        loader: () => 'never',
      },
      resource: { loader: guard },
    } satisfies Record<string, RouteModule>

    it.each([
      ['a loader', 'GET', '/loader'],
      ['an action', 'POST', '/action'],
      ['a middleware', 'GET', '/middleware'],
      ['a resource route', 'GET', '/resource'],
    ])('that %s throws is committed', async (_from, method, path) => {
      const fetch = serveBuild(router, modules)
      const url = `https://app.example${path}`
      const redirect = await fetch(new Request(url, { method }))
      expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/login'])
      const cookie = toCookie(redirect.headers.getSetCookie()[0])
      const next = await fetch(new Request('https://app.example/login', { headers: { cookie } }))
      expect(await next.json()).toEqual({ login: 'Sign in first' })
    })

    it.each([
      ['GET', '/loader.data'],
      ['POST', '/action.data'],
      ['GET', '/middleware.data'],
    ])('that the client asked for as data is committed: %s %s', async (method, path) => {
      const fetch = serveBuild(router, modules)
      const redirect = await fetch(new Request(`https://app.example${path}`, { method }))
      expect([redirect.status, await redirect.text()]).toEqual([
        202,
        expect.stringContaining('/login'),
      ])
      const cookie = toCookie(redirect.headers.getSetCookie()[0])
      expect((await storage.getSession(cookie)).get('notice')).toBe('Sign in first')
    })
  })

  describe('an error', () => {
    const broken: Loader = ({ context }) => {
      context.get(sessionContext).set('n', 1)
      throw new Error('broken')
    }

    it.each(['/page', '/page.data', '/resource'])(
      'that a loader throws saves nothing: %s',
      async (path) => {
        const errors: unknown[] = []
        const fetch = serveBuild(
          router,
          { root, page: { ...page, loader: broken }, resource: { loader: broken } },
          errors,
        )
        const response = await createClient(fetch).get(path)
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        expect(errors).toEqual([new Error('broken')])
      },
    )

    it('page of a client error saves', async () => {
      const refuse: Loader = ({ context }) => {
        context.get(sessionContext).set('n', 1)
        throw router.data('no', 403)
      }
      const fetch = serveBuild(router, { root, page: { ...page, loader: refuse } })
      const response = await createClient(fetch).get('/page')
      expect([response.status, response.headers.getSetCookie().length]).toEqual([403, 1])
    })
  })

  describe.each(['cookie', 'memory'])('commitSession of %s storage, by hand', (kind) => {
    const byHand = (kind === 'cookie' ? createCookieSessionStorage : createMemorySessionStorage)<{
      n: number
    }>({ cookie: { secrets: [SECRET], maxAge: 1000 } })
    const handContext = router.createContext<Session<{ n: number }>>()
    const handRoot = { middleware: [session({ storage: byHand, key: handContext })] }

    const fromContext: Loader = async ({ context }) => {
      const current = context.get(handContext)
      current.set('n', 1)
      const headers = { 'set-cookie': await byHand.commitSession(current) }
      return router.data('done', { headers })
    }
    const fromHeader: Loader = async ({ request, context }) => {
      context.get(handContext).get('n')
      const own = await byHand.getSession(request.headers.get('Cookie'))
      own.set('n', 1)
      throw router.redirect('/', { headers: { 'set-cookie': await byHand.commitSession(own) } })
    }
    const ended: Loader = async ({ request }) => {
      const own = await byHand.getSession(request.headers.get('Cookie'))
      return router.redirect('/', { headers: { 'set-cookie': await byHand.destroySession(own) } })
    }
    const modules = {
      root: handRoot,
      context: { ...page, loader: fromContext },
      header: { ...page, loader: fromHeader },
      logout: { ...page, loader: ended },
      read: { loader: ({ context }) => context.get(handContext).get('n') ?? null },
    } satisfies Record<string, RouteModule>

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
      return () => vi.useRealTimers()
    })

    it.each(['/context', '/context.data', '/header', '/header.data'])(
      'goes out alone: %s',
      async (path) => {
        const client = createClient(serveBuild(router, modules))
        const first = await client.get(path)
        expect(first.headers.getSetCookie()).toEqual([expect.stringContaining('__session=')])
        expect(await (await client.get('/read')).json()).toBe(1)
        vi.setSystemTime(Date.now() + 600_000) // due for a renewal
        const second = await client.get(path)
        expect(second.headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=1000;')])
        expect(await (await client.get('/read')).json()).toBe(1)
      },
    )

    it('is not undone by a renewal where it was destroySession', async () => {
      const client = createClient(serveBuild(router, modules))
      await client.get('/context')
      vi.setSystemTime(Date.now() + 600_000)
      const response = await client.get('/logout')
      expect(response.headers.getSetCookie()).toEqual([
        expect.stringContaining('__session=; Max-Age=0'),
      ])
      expect(client.cookies.size).toBe(0)
    })
  })

  describe('says what to write', () => {
    const configError = (message: string): unknown =>
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(message) as string,
      })

    it('where React Router 7 lacks its flag, and middlewares get another context', () => {
      const [middleware] = root.middleware
      const request = new Request('https://app.example/')
      for (const context of [undefined, {}]) {
        const args = { request, context, params: {} } as never
        expect(() => middleware?.(args, async () => new Response())).toThrow(
          configError('`future: { v8_middleware: true }`'),
        )
      }
    })

    it('where the key is missing, or the call', () => {
      expect(() => session({ storage } as never)).toThrow(configError('`session({ key })`'))
      expect(() =>
        session({ request: new Request('https://app.example/'), context: {} } as never),
      ).toThrow(configError('`session({ key })`'))
    })
  })

  it('serves data routers, through createStaticHandler', async () => {
    const handler = router.createStaticHandler(
      [
        {
          id: 'root',
          path: '/',
          middleware: root.middleware as MiddlewareFunction[],
          loader: count,
        },
      ],
      { future: { v8_middleware: true } } as object,
    )
    const client = createClient(async (request) => {
      const response = (await handler.query(request, {
        requestContext: new router.RouterContextProvider(),
        generateMiddlewareResponse: async (query) => {
          const result = await query(request)
          return result instanceof Response ? result : Response.json(result.loaderData)
        },
      })) as Response
      return response
    })
    await client.get('/')
    expect(await (await client.get('/')).json()).toEqual({ root: 2 })
  })
})
