import type { Session } from 'fetch-sessions'

/** What a page knows of one request. `session` is undefined outside of session(). */
export interface Visit {
  readonly request: Request
  readonly session: Session | undefined
}

/** A page of an application, with the objects that it keeps from one request to the next. */
export interface Page {
  /** What the page is an example of. */
  readonly about: string
  /** Whether it says hello; otherwise it answers everybody the same. */
  readonly greets?: boolean
  /**
   * What it sends more than once: a Response, or one with a body, which only @hono/node-server can send twice, and only
   * if it is of its own class.
   */
  readonly sendsAgain?: 'response' | 'body' | 'body of the class of the server'
  open(platform: Platform): {
    readonly answer: (visit: Visit) => unknown
    /** The headers of what the page keeps, as they are now. */
    readonly kept?: () => Iterable<[string, string]> | undefined
  }
}

export interface Platform {
  /** The class with which the application makes its responses. A Node server may put its own in the global's place. */
  readonly Response: typeof Response
}

export const NEWS = 'one page for all'
export const LONG = 'x'.repeat(100_000)
const NEXT = 'https://app.example/next'
const ETAG = '"1"'
const HTML = { 'Content-Type': 'text/html; charset=utf-8', 'X-Frame-Options': 'DENY', ETag: ETAG }
const PUBLIC = {
  ...HTML,
  'Cache-Control': 'public, max-age=60',
  'CDN-Cache-Control': 'max-age=60',
  Vary: 'Accept-Language',
}

const hello = ({ session }: Visit): string => `hello ${session?.get('name') ?? 'stranger'}`

/** One application that does what applications do with responses. */
export const PAGES: Record<string, Page> = {
  headers: {
    about: 'one Headers object for all responses',
    greets: true,
    open(platform) {
      const html = new Headers(HTML)
      return {
        answer: (visit) => new platform.Response(hello(visit), { headers: html }),
        kept: () => html,
      }
    },
  },
  'public-headers': {
    about: 'one Headers object that lets caches keep the page',
    greets: true,
    open(platform) {
      const headers = new Headers(PUBLIC)
      return {
        answer: (visit) => new platform.Response(hello(visit), { headers }),
        kept: () => headers,
      }
    },
  },
  'headers-without-body': {
    about: 'one Headers object for redirects',
    open(platform) {
      const headers = new Headers({ Location: NEXT })
      return {
        answer: () => new platform.Response(null, { status: 303, headers }),
        kept: () => headers,
      }
    },
  },
  'plain-init': {
    about: 'one init of plain objects',
    greets: true,
    open(platform) {
      const init = { headers: { ...HTML } }
      return {
        answer: (visit) => new platform.Response(hello(visit), init),
        kept: () => Object.entries(init.headers),
      }
    },
  },
  init: {
    about: 'one init with a Headers object',
    greets: true,
    open(platform) {
      const init = { status: 201, headers: new Headers(HTML) }
      return {
        answer: (visit) => new platform.Response(hello(visit), init),
        kept: () => init.headers,
      }
    },
  },
  'list-of-headers': {
    about: 'one list of headers',
    greets: true,
    open(platform) {
      const headers = Object.entries(HTML)
      return {
        answer: (visit) => new platform.Response(hello(visit), { headers }),
        kept: () => headers,
      }
    },
  },
  'response-as-init': {
    about: 'one Response as the init of others',
    greets: true,
    open(platform) {
      let first: Response | undefined
      return {
        answer: (visit) =>
          new platform.Response(
            hello(visit),
            (first ??= new platform.Response('', { headers: HTML })),
          ),
        kept: () => first?.headers,
      }
    },
  },
  'cached-headers': {
    about: 'a page cache that keeps response.headers',
    open(platform) {
      let cached: { body: string; headers: Headers } | undefined
      return {
        answer() {
          if (cached !== undefined)
            return new platform.Response(cached.body, { headers: cached.headers })
          const response = new platform.Response(NEWS, { headers: HTML })
          cached = { body: NEWS, headers: response.headers }
          return response
        },
        kept: () => cached?.headers,
      }
    },
  },
  'cached-entries': {
    about: 'a page cache that keeps [...response.headers]',
    open(platform) {
      let cached: { body: string; headers: [string, string][] } | undefined
      return {
        answer() {
          if (cached !== undefined)
            return new platform.Response(cached.body, { headers: cached.headers })
          const response = new platform.Response(NEWS, { headers: HTML })
          cached = { body: NEWS, headers: [...response.headers] }
          return response
        },
        kept: () => cached?.headers,
      }
    },
  },
  'cached-clone': {
    about: 'a page cache that keeps response.clone()',
    open(platform) {
      let cached: Response | undefined
      return {
        answer() {
          if (cached !== undefined) return cached.clone()
          const response = new platform.Response(NEWS, { headers: HTML })
          cached = response.clone()
          return response
        },
        kept: () => cached?.headers,
      }
    },
  },
  'cached-original': {
    about: 'a page cache that keeps the Response and answers clones',
    open(platform) {
      let cached: Response | undefined
      return {
        answer: () => (cached ??= new platform.Response(NEWS, { headers: HTML })).clone(),
        kept: () => cached?.headers,
      }
    },
  },
  'cached-sent': {
    about: 'a page cache that keeps the Response that it sent, as an init',
    open(platform) {
      let sent: Response | undefined
      return {
        answer() {
          if (sent !== undefined) return new platform.Response(NEWS, { headers: sent.headers })
          sent = new platform.Response(NEWS, { headers: HTML })
          return sent
        },
        kept: () => sent?.headers,
      }
    },
  },
  'constant-redirect': {
    about: 'one redirect for all',
    sendsAgain: 'response',
    open(platform) {
      const constant = new platform.Response(null, {
        status: 303,
        headers: { Location: NEXT, ETag: ETAG },
      })
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'late-redirect': {
    about: 'one redirect for all, made by the first request',
    sendsAgain: 'response',
    open(platform) {
      let constant: Response | undefined
      return {
        answer: () =>
          (constant ??= new platform.Response(null, {
            status: 303,
            headers: { Location: NEXT, ETag: ETAG },
          })),
        kept: () => constant?.headers,
      }
    },
  },
  'static-redirect': {
    about: 'one Response.redirect() for all',
    sendsAgain: 'response',
    open(platform) {
      const constant = platform.Response.redirect(NEXT, 303)
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'constant-without-headers': {
    about: 'one empty Response for all',
    sendsAgain: 'response',
    open(platform) {
      const constant = new platform.Response(null, { status: 204 })
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'constant-type': {
    about: 'one Response with a Content-Type and no body',
    sendsAgain: 'response',
    open(platform) {
      const constant = new platform.Response(null, { headers: HTML })
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'late-type': {
    about: 'one Response with a Content-Type and no body, made by the first request',
    sendsAgain: 'response',
    open(platform) {
      let constant: Response | undefined
      return {
        answer: () => (constant ??= new platform.Response(null, { headers: HTML })),
        kept: () => constant?.headers,
      }
    },
  },
  'constant-body': {
    about: 'one Response with a body',
    sendsAgain: 'body',
    open(platform) {
      const constant = new platform.Response(NEWS, { headers: HTML })
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'late-body': {
    about: 'one Response with a body, made by the first request',
    sendsAgain: 'body of the class of the server',
    open(platform) {
      let constant: Response | undefined
      return {
        answer: () => (constant ??= new platform.Response(NEWS, { headers: HTML })),
        kept: () => constant?.headers,
      }
    },
  },
  'shared-headers-and-body': {
    about: 'one Response with a body and the Headers of others',
    sendsAgain: 'body of the class of the server',
    open(platform) {
      const html = new Headers(HTML)
      let constant: Response | undefined
      return {
        answer: () => (constant ??= new platform.Response(NEWS, { headers: html })),
        kept: () => html,
      }
    },
  },
  'read-body': {
    about: 'one Response with a body, from a page that reads the session',
    sendsAgain: 'body',
    open(platform) {
      let constant: Response | undefined
      return {
        answer(visit) {
          hello(visit)
          constant ??= new platform.Response(NEWS, { headers: HTML })
          return constant
        },
        kept: () => constant?.headers,
      }
    },
  },
  redirect: {
    about: 'Response.redirect()',
    open: (platform) => ({ answer: () => platform.Response.redirect(NEXT, 303) }),
  },
  json: {
    about: 'Response.json()',
    greets: true,
    open: (platform) => ({ answer: (visit) => platform.Response.json(hello(visit)) }),
  },
  text: {
    about: 'a text',
    greets: true,
    open: (platform) => ({ answer: (visit) => new platform.Response(hello(visit)) }),
  },
  bytes: {
    about: 'bytes',
    greets: true,
    open: (platform) => ({
      answer: (visit) =>
        new platform.Response(new TextEncoder().encode(hello(visit)), { headers: HTML }),
    }),
  },
  'long-text': {
    about: 'a long text',
    open: (platform) => ({ answer: () => new platform.Response(LONG, { headers: HTML }) }),
  },
  fetched: {
    about: 'a fetched response',
    open: () => ({ answer: () => fetch(`data:text/plain,${NEWS}`) }),
  },
  'fetched-copy': {
    about: 'a copy of a fetched response',
    open: (platform) => ({
      async answer() {
        const response = await fetch(`data:text/plain,${NEWS}`)
        return new platform.Response(response.body, response)
      },
    }),
  },
  stream: {
    about: 'a stream',
    greets: true,
    open: (platform) => ({
      answer: (visit) => new platform.Response(slowly(visit), { headers: HTML }),
    }),
  },
}

/** Sends the greeting word by word. `?pause` says how many milliseconds there are between two words. */
function slowly(visit: Visit): ReadableStream<Uint8Array> {
  const pause = Number(new URL(visit.request.url).searchParams.get('pause') ?? 1)
  const words = hello(visit).split(/(?<= )/)
  return new ReadableStream({
    async pull(controller) {
      const word = words.shift()
      if (word === undefined) return controller.close()
      controller.enqueue(new TextEncoder().encode(word))
      await new Promise((resolve) => setTimeout(resolve, pause))
    },
  })
}

export type Site = (request: Request, session?: Session) => unknown

/** Where pages are, each with objects of its own: pages with a session of either storage, and pages without. */
export const KINDS = ['cookie', 'memory', 'plain'] as const
/** How the first visitor of a page asks for it. */
export const OPENINGS = ['GET', 'HEAD', 'If-None-Match'] as const

/**
 * Answers `/<kind>/<opening>/<page>`, and `/outside/<kind>/<opening>/<page>` with the same objects. `?name=lovelace` signs in,
 * `?kept` tells the headers of what the page keeps.
 */
export function createSite(
  pages: Record<string, Page> = PAGES,
  platform: Platform = globalThis,
): Site {
  const open = new Map(
    KINDS.flatMap((kind) =>
      OPENINGS.flatMap((opening) =>
        Object.entries(pages).map(([name, page]) => [
          `/${kind}/${opening}/${name}`,
          page.open(platform),
        ]),
      ),
    ),
  )
  return (request, session) => {
    const { pathname, searchParams } = new URL(request.url)
    const name = searchParams.get('name')
    if (name !== null) session?.set('name', name)
    if (pathname.endsWith('/whoami')) return new Response(hello({ request, session }))
    const page = open.get(pathname.replace('/outside/', '/'))
    if (page === undefined) return new Response('no such page', { status: 404 })
    if (searchParams.has('kept')) return Response.json([...(page.kept?.() ?? [])])
    return page.answer({ request, session })
  }
}
