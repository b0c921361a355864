/** A page as a visitor sees it. */
export interface SeenPage {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** What was flashed. */
  readonly message: string | undefined
  /** The origin that the panel shows. */
  readonly origin: string | undefined
  /** The number beside "Cart". */
  readonly itemCount: number
}

/** A browser without a screen: it keeps cookies, follows redirects and says where its forms come from. */
export interface Visitor {
  /** The cookie jar: the session's cookie or nothing. */
  cookie: string | undefined
  get(path: string): Promise<SeenPage>
  /** Posts a form and follows the redirect. */
  post(path: string, fields?: Record<string, string>): Promise<SeenPage>
  /** Sends one request with the cookie, as it is. */
  send(path: string, init?: RequestInit): Promise<Response>
}

export function createVisitor(shop: string, cookie?: string, userAgent?: string): Visitor {
  const visitor: Visitor = {
    cookie,

    async get(path) {
      return look(await visitor.send(path))
    },

    async post(path, fields = {}) {
      const response = await visitor.send(path, formRequest(shop, fields))
      const location = response.headers.get('location')
      return response.status === 303 && location !== null ? visitor.get(location) : look(response)
    },

    async send(path, init = {}) {
      const headers = new Headers(init.headers)
      if (visitor.cookie !== undefined) headers.set('Cookie', visitor.cookie)
      if (userAgent !== undefined) headers.set('User-Agent', userAgent)
      const response = await fetch(new URL(path, shop), { ...init, headers, redirect: 'manual' })
      for (const line of response.headers.getSetCookie()) visitor.cookie = keep(line)
      return response
    },
  }
  return visitor
}

/** What a browser sends for a form on a page of `origin`. */
export function formRequest(origin: string, fields: Record<string, string>): RequestInit {
  return {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { Origin: new URL(origin).origin },
  }
}

function keep(setCookie: string): string | undefined {
  return /;\s*max-age=0/i.test(setCookie) ? undefined : setCookie.split(';')[0]
}

async function look(response: Response): Promise<SeenPage> {
  const html = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    html,
    message: find(html, /role="status"[^>]*>([^<]*)</),
    origin: find(html, /data-origin="(\w+)"/),
    itemCount: Number(find(html, /class="count"\s*>\s*(\d+)/) ?? 0),
  }
}

function find(html: string, pattern: RegExp): string | undefined {
  return pattern.exec(html)?.[1]?.trim()
}
