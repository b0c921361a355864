import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { Setup } from './helpers.ts'

/** What the response carries beside the cookie. */
export function describeResponse({ visit }: Setup): void {
  describe('the response', () => {
    it("keeps the handler's own cookies, and ends with the session's", async () => {
      const app = visit(({ session }) => {
        session().set('n', 1)
        const headers = new Headers({ 'content-type': 'text/plain' })
        headers.append('set-cookie', 'a=1; Path=/')
        headers.append('set-cookie', 'b=2; Path=/')
        return new Response('ok', { status: 201, statusText: 'Made', headers })
      })
      const response = await app.get('/')
      expect(response.headers.getSetCookie()).toEqual([
        'a=1; Path=/',
        'b=2; Path=/',
        expect.stringContaining('__session='),
      ])
      expect([response.status, await response.text()]).toEqual([201, 'ok'])
    })

    it('is copied where its headers are immutable', async () => {
      const immutable: Record<string, () => Promise<Response>> = {
        '/fetched': () => fetch('data:image/png,fetched'),
        '/redirect': async () => Response.redirect('https://app.example/next', 303),
      }
      const app = visit(async ({ path, session }) => {
        session().set('n', path)
        return immutable[path]?.() ?? new Response('?')
      })
      const fetched = await app.get('/fetched')
      expect(await fetched.text()).toBe('fetched')
      expect(fetched.headers.get('content-type')).toBe('image/png')
      expect(fetched.headers.getSetCookie()).toHaveLength(1)
      const redirect = await createClient(app.fetch).get('/redirect')
      expect([redirect.status, redirect.headers.get('location')]).toEqual([
        303,
        'https://app.example/next',
      ])
      expect(redirect.headers.getSetCookie()).toHaveLength(1)
    })

    it('varies by cookie wherever the session was looked at', async () => {
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
    ])('with a session cookie is kept from shared caches: %s', async (given, sent) => {
      const app = visit(({ session }) => {
        session().set('n', 1)
        return new Response('', given === null ? {} : { headers: { 'cache-control': given } })
      })
      expect((await app.get('/')).headers.get('cache-control')).toBe(sent)
    })

    it('loses what tells single caches to keep it', async () => {
      const names = ['cdn-cache-control', 'cloudflare-cdn-cache-control', 'surrogate-control']
      const app = visit(({ session }) => {
        session().set('n', 1)
        const headers = names.map((header): [string, string] => [header, 'public, max-age=60'])
        return new Response('', { headers })
      })
      const { headers } = await app.get('/')
      expect(names.map((header) => headers.get(header))).toEqual([null, null, null])
    })

    it('keeps its Cache-Control where no session cookie goes with it', async () => {
      const app = visit(({ session }) => {
        session().get('n')
        return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
      })
      expect((await app.get('/')).headers.get('cache-control')).toBe('public, max-age=60')
    })
  })
}
