import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import { cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

const PAGE = { 'content-type': 'text/plain', 'x-frame-options': 'DENY' }

/** What an application keeps, and how it answers everybody with it. */
interface Kept {
  respond(): Response
  /** The headers that it keeps. */
  headers(): Headers
}

function constant(response: Response): Kept {
  return { respond: () => response, headers: () => response.headers }
}

const kinds: Record<string, () => Kept> = {
  'one Headers object': () => {
    const headers = new Headers(PAGE)
    return { respond: () => new Response('page', { headers }), headers: () => headers }
  },
  'one init object': () => {
    const init = { status: 203, headers: { ...PAGE } }
    return { respond: () => new Response('page', init), headers: () => new Headers(init.headers) }
  },
  'one init object with Headers': () => {
    const init = { headers: new Headers(PAGE) }
    return { respond: () => new Response('page', init), headers: () => init.headers }
  },
  'a cache of pages that keeps the headers of the first response': () => {
    let page: { body: string; headers: Headers } | undefined
    return {
      respond() {
        const { body = 'page', headers = new Headers(PAGE) } = page ?? {}
        const response = new Response(body, { headers })
        page ??= { body, headers: response.headers }
        return response
      },
      headers: () => page?.headers ?? new Headers(),
    }
  },
  'a Response that is the init of the next one': () => {
    const first = new Response(null, { headers: PAGE })
    return { respond: () => new Response('page', first), headers: () => first.headers }
  },
  'one redirect': () => constant(new Response(null, { status: 303, headers: { location: '/' } })),
  'one redirect with immutable headers': () =>
    constant(Response.redirect('https://app.example/', 303)),
  'one Response without a body': () => constant(new Response(null, { headers: PAGE })),
  'one 204': () => constant(new Response(null, { status: 204 })),
  'one 304': () => constant(new Response(null, { status: 304, headers: { etag: '"1"' } })),
}

const ours = ['set-cookie', 'vary', 'cache-control']
const traces = (headers: Headers): string[] => ours.filter((name) => headers.has(name))

/** What an application uses again never carries anything of one visitor to another. */
export function describeSharing({ visit }: Setup): void {
  describe.each(Object.entries(kinds))('%s for everybody', (_, create) => {
    const serve = (kept: Kept) =>
      visit(({ path, session }) => {
        if (path === '/read') session().get('user')
        else if (path === '/logout') session().destroy()
        else if (path !== '/untouched') session().set('user', path)
        return kept.respond()
      })

    it('carries the cookie of a visitor to that one alone', async () => {
      const kept = create()
      const app = serve(kept)
      const [ada, eve, stranger] = [1, 2, 3].map(() => createClient(app.fetch))
      const hers = await ada?.get('/ada')
      const nobodys = await stranger?.get('/untouched')
      const his = await eve?.get('/eve')
      expect(hers?.headers.getSetCookie()).toHaveLength(1)
      expect(his?.headers.getSetCookie()).toHaveLength(1)
      expect(his?.headers.getSetCookie()).not.toEqual(hers?.headers.getSetCookie())
      expect([hers?.status, his?.status]).toEqual([nobodys?.status, nobodys?.status])
      expect(nobodys && traces(nobodys.headers)).toEqual([])
      expect(traces(kept.headers())).toEqual([])
    })

    it('answers two visitors at once, each with their own cookie', async () => {
      const kept = create()
      const { fetch } = serve(kept)
      const requests = ['/ada', '/eve', '/untouched'].map((path) => fetch(requestWith('', path)))
      const cookies = (await Promise.all(requests)).map(({ headers }) => headers.getSetCookie())
      expect(cookies.map((texts) => texts.length)).toEqual([1, 1, 0])
      expect(cookies[0]).not.toEqual(cookies[1])
      expect(traces(kept.headers())).toEqual([])
    })

    it('carries no trace of a session that was read or ended', async () => {
      const kept = create()
      const app = serve(kept)
      await app.get('/ada')
      const read = await app.get('/read')
      expect(read.headers.get('cache-control')).toBe('private')
      expect((await app.get('/logout')).headers.getSetCookie()).toHaveLength(1)
      const stranger = await app.fetch(requestWith('', '/untouched'))
      expect(traces(stranger.headers)).toEqual([])
      expect(traces(kept.headers())).toEqual([])
    })
  })

  describe('one Response with a body', () => {
    const serve = (page: Response) =>
      visit(({ path, session }) => {
        if (path !== '/untouched') session().set('user', path)
        return page
      })

    it.each(['HEAD', 'GET'])(
      'carries nobody to the next visitor after a %s of which nobody reads the body',
      async (method) => {
        const page = new Response('one page for all', { headers: PAGE })
        const app = serve(page)
        // A server drops the body of a page that the browser has already, as it does for a HEAD.
        await app.fetch(requestWith('', '/ada', { method }))
        expect(traces(page.headers)).toEqual([])
        const answer = await app.fetch(requestWith('', '/untouched'))
        expect(traces(answer.headers)).toEqual([])
        expect(await answer.text()).toBe('one page for all')
      },
    )

    it('reaches the first visitor whole, with their cookie', async () => {
      const page = new Response('one page for all', { headers: PAGE })
      const app = serve(page)
      const answer = await app.get('/ada')
      expect(await answer.text()).toBe('one page for all')
      expect(answer.headers.getSetCookie()).toHaveLength(1)
      expect(traces(page.headers)).toEqual([])
    })
  })

  it('sends the very Response of the handler where the session is untouched, signed in or not', async () => {
    const page = new Response(null, { headers: PAGE })
    const app = visit(({ path, session }) => {
      if (path !== '/untouched') session().set('user', path)
      return path === '/untouched' ? page : new Response()
    })
    await app.get('/ada')
    expect(await app.fetch(requestWith(cookieOf(app), '/untouched'))).toBe(page)
    expect(await app.fetch(requestWith('', '/untouched'))).toBe(page)
  })
}
