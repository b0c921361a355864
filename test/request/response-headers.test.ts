import { withSessionHeaders } from '../../src/request/response-headers.ts'
import type { SessionHeaders } from '../../src/request/response-headers.ts'
import { describe, expect, inject, it } from 'vitest'

const nothing: SessionHeaders = { vary: false, isPrivate: false, setCookies: [] }
const seen: SessionHeaders = { ...nothing, vary: true }
const read: SessionHeaders = { ...seen, isPrivate: true }
const written: SessionHeaders = { ...read, setCookies: ['id=ada; Path=/', 'id=; Max-Age=0'] }

class Page extends Response {
  readonly title = 'page'
}

/** A subclass that makes its body only when it is asked. */
class Lightweight extends Response {
  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return new Response('made in full').body
  }
}

const init = { status: 201, statusText: 'Made', headers: { 'x-page': '1', vary: 'Accept' } }
const shapes: [string, () => Response, string][] = [
  ['a text', () => new Response('page', init), 'page'],
  ['no body', () => new Response(null, init), ''],
  ['bytes', () => new Response(new TextEncoder().encode('page'), init), 'page'],
  ['a Blob', () => new Response(new Blob(['page']), init), 'page'],
  ['a stream', () => new Response(new Response('page').body, init), 'page'],
  ['JSON', () => Response.json({ n: 1 }, init), '{"n":1}'],
  ['a subclass', () => new Page('page', init), 'page'],
  ['a subclass with a body of its own', () => new Lightweight('', init), 'made in full'],
  ['a copy', () => new Response('page', init).clone(), 'page'],
]

describe('withSessionHeaders', () => {
  it.each(shapes)('gives the very response if it has nothing to say: %s', (_, make) => {
    const response = make()
    expect(withSessionHeaders(response, nothing)).toBe(response)
    expect(response.bodyUsed).toBe(false)
  })

  describe.each(shapes)('for a response of %s', (_, make, body) => {
    it.each([
      ['Vary', seen],
      ['Cache-Control', read],
      ['Set-Cookie', written],
    ])('puts %s into a copy, and changes nothing else', async (_name, given) => {
      const response = make()
      const { headers } = response
      const before = [...headers]
      const sent = withSessionHeaders(response, given)
      expect(sent).not.toBe(response)
      expect(sent.headers).not.toBe(headers)
      expect(response.headers).toBe(headers)
      expect([...headers]).toEqual(before)
      expect([sent.status, sent.statusText]).toEqual([201, 'Made'])
      expect(sent.headers.get('x-page')).toBe('1')
      expect(sent.headers.get('Content-Type')).toBe(headers.get('Content-Type'))
      expect(sent.headers.getSetCookie()).toEqual(given.setCookies)
      expect(await sent.text()).toBe(body)
    })
  })

  it.each([
    ['Set-Cookie alone', { ...nothing, setCookies: ['id=ada'] }, ['set-cookie']],
    [
      'Cache-Control and Set-Cookie, as for a renewal that no handler has seen',
      { ...nothing, isPrivate: true, setCookies: ['id=ada'] },
      ['cache-control', 'set-cookie'],
    ],
  ])('adds %s', (_, given, names) => {
    const sent = withSessionHeaders(new Response(null), given)
    expect([...sent.headers.keys()]).toEqual(names)
  })

  it('copies headers that are immutable', () => {
    const redirect = Response.redirect('https://app.example/next', 303)
    const sent = withSessionHeaders(redirect, written)
    expect([...redirect.headers.keys()]).toEqual(['location'])
    expect(sent.headers.get('Location')).toBe('https://app.example/next')
    expect(sent.headers.getSetCookie()).toEqual(written.setCookies)
  })

  it('keeps the Set-Cookie texts of the handler, but for those that ours replace', () => {
    const headers = [
      ['set-cookie', 'id=old'],
      ['set-cookie', 'theme=dark; Expires=Thu, 01 Jan 2026 00:00:00 GMT'],
    ] as [string, string][]
    const sent = withSessionHeaders(new Response('', { headers }), written)
    expect(sent.headers.getSetCookie()).toEqual([
      'id=old',
      'theme=dark; Expires=Thu, 01 Jan 2026 00:00:00 GMT',
      ...written.setCookies,
    ])
    const replaces = (text: string): boolean => text.startsWith('id=')
    const replaced = withSessionHeaders(new Response('', { headers }), { ...written, replaces })
    expect(replaced.headers.getSetCookie()).toEqual([
      'theme=dark; Expires=Thu, 01 Jan 2026 00:00:00 GMT',
      ...written.setCookies,
    ])
  })

  it.each([
    [undefined, 'Cookie'],
    ['Accept', 'Accept, Cookie'],
    ['Cookie', 'Cookie'],
    ['accept, COOKIE', 'accept, COOKIE'],
    ['*', '*'],
    ['Cookie2', 'Cookie2, Cookie'],
    ['X-Cookie', 'X-Cookie, Cookie'],
  ])('adds Cookie to `Vary: %s` once: %s', (vary, expected) => {
    const headers = vary === undefined ? {} : { vary }
    const sent = withSessionHeaders(new Response('', { headers }), seen)
    expect(sent.headers.get('Vary')).toBe(expected)
    expect(withSessionHeaders(sent, seen).headers.get('Vary')).toBe(expected)
  })

  it.each([
    [undefined, 'private'],
    ['', 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600', 'private, max-age=60'],
    ['PUBLIC, S-MaxAge="600"', 'private'],
    ['private', 'private'],
    ['private="x-a, x-b", max-age=60', 'private, max-age=60'],
    ['no-store', 'no-store'],
    ['public, No-Store', 'No-Store'],
    ['no-store-x', 'private, no-store-x'],
    ['x-no-store', 'private, x-no-store'],
    ['no-cache="set-cookie, public", public', 'private, no-cache="set-cookie, public"'],
    ['public-ish, s-maxage-ish=1', 'private, public-ish, s-maxage-ish=1'],
    [
      'stale-while-revalidate=60,, ,must-revalidate',
      'private, stale-while-revalidate=60, must-revalidate',
    ],
    ['ext="a\\",public", public', 'private, ext="a\\",public"'],
    ['ext="unclosed, public', 'private, ext="unclosed, public'],
  ])('makes `Cache-Control: %s` private: %s', (cacheControl, expected) => {
    const headers = cacheControl === undefined ? {} : { 'cache-control': cacheControl }
    const sent = withSessionHeaders(new Response('', { headers }), read)
    expect(sent.headers.get('Cache-Control')).toBe(expected)
  })

  it('takes linear time for any Cache-Control', () => {
    const text = '"\\'.repeat(50_000)
    const start = performance.now()
    withSessionHeaders(new Response('', { headers: { 'cache-control': text } }), read)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it.each([
    ['CDN-Cache-Control', true],
    ['Cloudflare-CDN-Cache-Control', true],
    ['Vercel-CDN-Cache-Control', true],
    ['Netlify-CDN-Cache-Control', true],
    ['Surrogate-Control', true],
    ['Edge-Control', true],
    ['X-Accel-Expires', true],
    ['Surrogate-Key', false],
    ['X-Surrogate-Control', false],
    ['Edge-Control-X', false],
    ['X-Cache-Control-Hint', false],
    ['Expires', false],
    ['ETag', false],
  ])('takes %s, which a single cache goes by, from what is private: %s', (name, isTargeted) => {
    const response = new Response('', { headers: { [name]: 'max-age=600' } })
    expect(withSessionHeaders(response, read).headers.has(name)).toBe(!isTargeted)
    expect(withSessionHeaders(response.clone(), seen).headers.has(name)).toBe(true)
    expect(response.headers.get(name)).toBe('max-age=600')
  })

  it('leaves Cache-Control alone where the session was looked at only', () => {
    const response = new Response('', { headers: { 'cache-control': 'public' } })
    expect(withSessionHeaders(response, seen).headers.get('Cache-Control')).toBe('public')
  })

  it.runIf((inject('runtime') as string | undefined) === 'bun')(
    'keeps the type that Bun adds only when a text is sent',
    async () => {
      const server = (
        globalThis as unknown as {
          Bun: { serve(options: object): { url: URL; stop(now: boolean): unknown } }
        }
      ).Bun.serve({ port: 0, fetch: () => withSessionHeaders(new Response('page'), written) })
      const response = await fetch(server.url)
      expect(response.headers.get('Content-Type')).toMatch(/^text\/plain/)
      expect(response.headers.getSetCookie()).toEqual(written.setCookies)
      expect(await response.text()).toBe('page')
      await server.stop(true)
    },
  )
})
