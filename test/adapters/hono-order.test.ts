import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import { cache } from 'hono/cache'
import { etag } from 'hono/etag'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { createClient } from '../support/client.ts'
import type { Client } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const cookie = { secrets: [SECRET] }
const STORAGES = {
  cookie: createCookieSessionStorage({ cookie }),
  memory: createMemorySessionStorage({ cookie }),
}

/** What the platform's `caches` keep. */
const kept = new Map<string, Response>()

beforeEach(() => {
  kept.clear()
  const open = async (): Promise<object> => ({
    match: async (key: string) => kept.get(key)?.clone(),
    put: async (key: string, response: Response) => void kept.set(key, response),
  })
  vi.stubGlobal('caches', { open })
})

/** An application with these two middlewares, one around the other, and its visitors. */
function visitors(outer: MiddlewareHandler, inner: MiddlewareHandler): () => Client {
  const app = new Hono<SessionEnv>()
    .use(outer)
    .use(inner)
    .get('/login', (c) => {
      c.var.session.set('name', 'ada')
      return c.text('welcome')
    })
    .get('/hello', (c) => c.text(`hello ${c.var.session.get('name') ?? 'stranger'}`))
    .get('/news', (c) => c.text('one page for all'))
  return () => createClient(async (request) => app.fetch(request))
}

describe.each(['cookie', 'memory'] as const)('with %s storage', (kind) => {
  const sessions = session({ storage: STORAGES[kind] })

  describe.each(['', 'Cookie'])("Hono's cache({ vary: '%s' }), outside of session()", (vary) => {
    // cache() looks for the platform's `caches` when it is called.
    const outside = (): MiddlewareHandler =>
      cache({ cacheName: 'pages', cacheControl: 'max-age=60', vary, wait: true })

    it('keeps no page for which a session was read', async () => {
      const visitor = visitors(outside(), sessions)
      const ada = visitor()
      await ada.get('/login')
      const hers = await ada.get('/hello')
      expect(await hers.text()).toBe('hello ada')
      expect(hers.headers.get('Cache-Control')).toMatch(/^private\b/)
      expect([...kept.keys()]).toEqual([])
      expect(await (await visitor().get('/hello')).text()).toBe('hello stranger')
    })

    it('keeps no page that sends a session cookie', async () => {
      const visitor = visitors(outside(), sessions)
      await visitor().get('/login')
      expect([...kept.keys()]).toEqual([])
      const { headers } = await visitor().get('/login')
      expect(headers.getSetCookie()).toHaveLength(1)
    })

    it('keeps the pages that look at no session, for signed-in visitors too', async () => {
      const visitor = visitors(outside(), sessions)
      const ada = visitor()
      await ada.get('/login')
      const news = [await ada.get('/news'), await ada.get('/news'), await visitor().get('/news')]
      expect(await Promise.all(news.map((response) => response.text()))).toEqual([
        'one page for all',
        'one page for all',
        'one page for all',
      ])
      expect(news.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
      expect(kept.size).toBeGreaterThan(0)
    })
  })

  // The order to avoid: nothing that session() says of the response is there yet when cache() keeps it.
  it("shows one visitor's page to everybody where cache() is inside", async () => {
    const visitor = visitors(sessions, cache({ cacheName: 'pages', wait: true }))
    const ada = visitor()
    await ada.get('/login')
    await ada.get('/hello')
    expect(await (await visitor().get('/hello')).text()).toBe('hello ada')
  })

  describe("Hono's etag()", () => {
    /** Ada has the page of /login already, and the server makes a new session for her. */
    async function revalidate(outer: MiddlewareHandler, inner: MiddlewareHandler) {
      const visitor = visitors(outer, inner)
      const tag = (await visitor().get('/login')).headers.get('ETag') ?? ''
      const ada = visitor()
      const { status } = await ada.get('/login', { 'If-None-Match': tag })
      expect(status).toBe(304)
      return (await ada.get('/hello')).text()
    }

    it('lets the session cookie go with its 304 where it is inside session()', async () => {
      expect(await revalidate(sessions, etag())).toBe('hello ada')
    })

    // The order to avoid.
    it('drops the session cookie from its 304 where it is outside', async () => {
      expect(await revalidate(etag(), sessions)).toBe('hello stranger')
    })

    it('keeps the session cookie outside, where it may retain Set-Cookie', async () => {
      const retaining = etag({ retainedHeaders: ['etag', 'set-cookie', 'cache-control', 'vary'] })
      expect(await revalidate(retaining, sessions)).toBe('hello ada')
    })
  })
})
