import { parseSetCookie } from 'cookie'

export type Fetch = (request: Request) => Promise<Response>

/** A browser that knows cookies by name only. */
export interface Client {
  readonly cookies: Map<string, string>
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

/** A browser decodes no value, it sends back what it was given. */
const asItStands = { decode: (value: string): string => value }

export function createClient(fetch: Fetch, origin = 'https://app.example'): Client {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async get(path, headers = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = cookie === '' ? headers : { cookie, ...headers }
      const response = await fetch(new Request(new URL(path, origin), { headers: sent }))
      for (const text of response.headers.getSetCookie()) {
        const { name, value = '', maxAge } = parseSetCookie(text, asItStands)
        if (maxAge === 0) cookies.delete(name)
        else cookies.set(name, value)
      }
      return response
    },
  }
}

/** The `name=value` of a Set-Cookie text, as a browser sends it back. */
export function toCookie(setCookie: string | undefined): string {
  return setCookie?.split(';')[0] ?? ''
}
