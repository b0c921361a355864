/** The part of a request that we read after its handler has run. */
export type RequestTraits = Pick<Request, 'method' | 'url' | 'headers'>

/** The prefetch headers of browsers, older browsers and Turbo. */
const PREFETCH_HEADERS = ['sec-purpose', 'x-sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Whether nobody may see the response: the request is a HEAD, or a GET that only prefetches. Other methods change
 * something, so they never count, whatever their headers are.
 */
export function isPeek(request: RequestTraits): boolean {
  if (request.method === 'HEAD') return true
  if (request.method !== 'GET') return false
  return PREFETCH_HEADERS.some((name) =>
    /^\s*(prefetch|preview)/i.test(request.headers.get(name) ?? ''),
  )
}

/** By shape: a server may replace the global class, and fetch() still makes the original. */
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
