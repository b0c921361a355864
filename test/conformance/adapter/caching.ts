import { describe, expect, it } from 'vitest'

import { at, cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

const TARGETED = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'vercel-cdn-cache-control',
  'netlify-cdn-cache-control',
  'akamai-cache-control',
  'some-future-cache-control',
  'surrogate-control',
  'edge-control',
  'x-accel-expires',
]

/** What caches are told of a response. */
export function describeCaching({ visit }: Setup): void {
  const page = (headers: [string, string][] = [['cache-control', 'public, max-age=60']]) =>
    visit(({ path, session }) => {
      if (path === '/write') session().set('n', 1)
      if (path === '/read') session().get('n')
      if (path === '/logout') session().destroy()
      return new Response('', { headers })
    })

  describe('a cache', () => {
    it('is told that the response depends on the cookie wherever the session was looked at', async () => {
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
    ])('is told to keep a response with a session cookie private: %s', async (given, sent) => {
      const app = page(given === null ? [] : [['cache-control', given]])
      expect((await app.get('/write')).headers.get('cache-control')).toBe(sent)
    })

    it.each(['/write', '/read', '/logout'])(
      'of every CDN loses its own header where the session had content: %s',
      async (path) => {
        const app = page(TARGETED.map((header) => [header, 'public, max-age=60']))
        await app.get('/write')
        const { headers } = await app.get(path)
        expect(TARGETED.filter((header) => headers.has(header))).toEqual([])
        expect(headers.get('cache-control')).toBe('private')
      },
    )

    it('may not keep a page for which a session with content was read', async () => {
      const app = page()
      await app.get('/write')
      const read = await app.get('/read')
      expect(read.headers.get('cache-control')).toBe('private, max-age=60')
      expect(read.headers.getSetCookie()).toEqual([])
    })

    it('may keep a page for which an empty session was read', async () => {
      const { headers } = await page().get('/read')
      expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
        'public, max-age=60',
        'Cookie',
      ])
    })

    it('may keep a page for which nobody looked at the session', async () => {
      const app = page([
        ['cache-control', 'public, max-age=60'],
        ['cdn-cache-control', 'max-age=600'],
      ])
      await app.get('/write')
      for (const cookie of ['', cookieOf(app)]) {
        const { headers } = await app.fetch(requestWith(cookie, '/untouched'))
        headers.delete('content-type') // which Bun adds only when it sends
        expect([...headers].toSorted()).toEqual([
          ['cache-control', 'public, max-age=60'],
          ['cdn-cache-control', 'max-age=600'],
        ])
      }
    })

    it('may not keep a page that only renewed the cookie', async () => {
      const app = page()
      await app.get('/write')
      at(600)
      const { headers } = await app.get('/untouched')
      expect(headers.getSetCookie()).toHaveLength(1)
      expect(headers.get('cache-control')).toBe('private, max-age=60')
    })
  })
}
