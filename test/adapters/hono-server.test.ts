import type { AddressInfo } from 'node:net'
import { get as request } from 'node:http'

import { serve } from '@hono/node-server'
import type { ServerType } from '@hono/node-server'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'

import { SECRET } from '../support/secrets.ts'

const cookie = { secrets: [SECRET] }
const PAGE = { 'content-type': 'text/plain', 'x-frame-options': 'DENY' }

let server: ServerType | undefined
afterEach(() => {
  server?.close()
})

interface Answer {
  readonly status: number | undefined
  readonly cookies: readonly string[]
  readonly length: string | undefined
  readonly body: string
}

/** Serves pages under a path each, which sign in whoever comes there with a name. Gives what asks for one. */
async function served(
  pages: Record<string, () => Response>,
  storage: SessionStorage,
): Promise<(path: string, method?: string) => Promise<Answer>> {
  const app = new Hono().use(session({ storage })).get('/:page', (c) => {
    const name = c.req.query('name')
    if (name !== undefined) c.var.session.set('name', name)
    return pages[c.req.param('page')]?.() ?? c.notFound()
  })
  const { port } = await new Promise<AddressInfo>((listening) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, listening)
  })
  return (path, method = 'GET') =>
    new Promise((done, fail) => {
      request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
        const { statusCode: status, headers } = response
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () =>
          done({
            status,
            cookies: headers['set-cookie'] ?? [],
            length: headers['content-length'],
            body,
          }),
        )
      }).on('error', fail)
    })
}

/** Made at the first request, and so of the class that the server has put in the place of Response. */
function once(make: () => Response): () => Response {
  let made: Response | undefined
  return () => (made ??= make())
}

describe.each([
  ['cookie storage', createCookieSessionStorage],
  ['memory storage', createMemorySessionStorage],
])('session() behind @hono/node-server, with %s', (_, createStorage) => {
  const headers = new Headers(PAGE)
  let kept: Headers | undefined
  const pages: Record<string, () => Response> = {
    headers: () => new Response('page', { headers }),
    cached() {
      const response = new Response('page', { headers: kept ?? PAGE })
      kept ??= response.headers
      return response
    },
    constant: once(() => new Response('page', { headers: PAGE })),
    bytes: once(() => new Response(new TextEncoder().encode('page'), { headers: PAGE })),
    empty: once(() => new Response(null, { status: 303, headers: { location: '/' } })),
  }

  it.each(Object.keys(pages))(
    'sends the cookie of a visitor to that one alone: %s',
    async (page) => {
      const ask = await served(pages, createStorage({ cookie }))
      const stranger = await ask(`/${page}`)
      const [ada, eve] = [await ask(`/${page}?name=ada`), await ask(`/${page}?name=eve`)]
      expect([ada.cookies.length, eve.cookies.length]).toEqual([1, 1])
      expect(ada.cookies).not.toEqual(eve.cookies)
      for (const method of ['GET', 'HEAD', 'GET']) {
        if (method === 'HEAD') await ask(`/${page}?name=ada`, method)
        const { cookies, body } = await ask(`/${page}`)
        expect([cookies, body]).toEqual([[], stranger.body])
      }
      expect(headers.has('set-cookie')).toBe(false)
      expect(kept?.has('set-cookie') ?? false).toBe(false)
    },
  )

  it.each(['headers', 'constant', 'bytes'])(
    'sends the body in one piece, with its length: %s',
    async (page) => {
      const ask = await served(pages, createStorage({ cookie }))
      expect(await ask(`/${page}?name=ada`)).toMatchObject({ length: '4', body: 'page' })
    },
  )
})
