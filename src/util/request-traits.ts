import { isProduction } from './environment.ts'

/** What is asked of a request after its handler has run. */
export type RequestTraits = Pick<Request, 'method' | 'url' | 'headers'>

/**
 * The traits of a request, to be read at any time: Deno closes a request with its upgrade to a WebSocket, and one more
 * look at it would throw.
 */
export function traitsOf(request: Request): RequestTraits {
  if (!('Deno' in globalThis) || !request.headers.has('upgrade')) return request
  return { method: request.method, url: request.url, headers: new Headers(request.headers) }
}

/** A request that changes something is no prefetch, whatever it says: flash values would never be consumed. */
export function isPrefetch(request: RequestTraits): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  return request.headers.get('sec-purpose')?.startsWith('prefetch') === true
}

const LOOPBACK = /^http:\/\/(localhost|[^/?#@]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?([/?#]|$)/

/** Whether the request came over http from this very machine, as in development. */
export function isPlainLoopback(request: RequestTraits): boolean {
  // In production the loopback host is a proxy's last hop.
  if (!LOOPBACK.test(request.url) || isProduction()) return false
  // So it is behind a proxy that speaks https.
  const forwarded = `${request.headers.get('x-forwarded-proto')} ${request.headers.get('forwarded')}`
  return !/\bhttps\b/i.test(forwarded)
}

/** By shape, because servers replace the global class and fetch() still makes the original. */
export function isResponse(value: unknown): value is Response {
  // Errors of API clients have a status and headers too.
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { status, headers, clone } = value as Partial<Response>
  return (
    typeof status === 'number' &&
    typeof headers?.getSetCookie === 'function' &&
    typeof clone === 'function'
  )
}

/** Whether an exception led to the response, other than one that carries its response (Hono's HTTPException). */
export function isFailure(error: unknown): boolean {
  if (error === undefined || error === null || isResponse(error)) return false
  return typeof (error as { getResponse?: unknown }).getResponse !== 'function'
}
