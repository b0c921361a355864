import { warnOnce } from '../util/environment.ts'
import { lightBodyOf } from './light-response.ts'

/** The headers that a session adds to a response. */
export interface SessionHeaders {
  /** The handler used the session, so the response depends on the Cookie header. */
  readonly vary: boolean
  /** Only this visitor may see the response. */
  readonly isPrivate: boolean
  readonly setCookies: readonly string[]
  /**
   * Whether our Set-Cookie replaces one of the handler's: a response should set a cookie once (RFC 6265bis section 4.1.1).
   */
  readonly replaces?: ((setCookie: string) => boolean) | undefined
}

/**
 * Adds the session's headers to a copy of a response. The application may keep the response itself, or its Headers, and
 * send them to others: as a constant, from a page cache, or as the `headers` of the next response.
 */
export function withSessionHeaders(response: Response, headers: SessionHeaders): Response {
  const { vary, isPrivate, setCookies } = headers
  if (!vary && !isPrivate && setCookies.length === 0) return response
  if (response.status < 200) return withHeadersInPlace(response, headers)
  const copy = copyOf(response)
  addTo(copy.headers, headers)
  return copy
}

function copyOf(response: Response): Response {
  // Bun stores the type of a text apart from the headers. Reading `body` loses it; a clone keeps it.
  const isOwn = Object.getPrototypeOf(response) === Response.prototype
  if ('Bun' in globalThis && isOwn && !response.headers.has('Content-Type')) return response.clone()
  const light = isResponseReplaced() ? lightBodyOf(response) : undefined
  return new Response(light === undefined ? response.body : light, response)
}

/** Whether the server has replaced the global Response by a subclass. */
function isResponseReplaced(): boolean {
  // The platform's own class extends none, or `Body` on Workers.
  return (Object.getPrototypeOf(Response) as { name: string }).name === 'Response'
}

/** A response that switches protocols belongs to its connection. It cannot be copied. */
function withHeadersInPlace(response: Response, headers: SessionHeaders): Response {
  try {
    addTo(response.headers, headers)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    if (headers.setCookies.length > 0) warnLostCookie()
  }
  return response
}

function addTo(headers: Headers, { vary, isPrivate, setCookies, replaces }: SessionHeaders): void {
  if (vary) addVary(headers)
  if (isPrivate) keepFromSharedCaches(headers)
  if (replaces !== undefined) {
    const kept = headers.getSetCookie().filter((text) => !replaces(text))
    headers.delete('Set-Cookie')
    for (const text of kept) headers.append('Set-Cookie', text)
  }
  for (const text of setCookies) headers.append('Set-Cookie', text)
}

function addVary(headers: Headers): void {
  const vary = headers.get('Vary')
  const names = vary?.toLowerCase().split(',') ?? []
  if (!names.some((name) => ['*', 'cookie'].includes(name.trim()))) headers.append('Vary', 'Cookie')
}

/**
 * Some caches prefer their own header to Cache-Control: `<target>-Cache-Control` (RFC 9213), or an older one.
 */
const TARGETED = /.-cache-control$|^(surrogate-control|edge-control|x-accel-expires)$/

function keepFromSharedCaches(headers: Headers): void {
  headers.set('Cache-Control', toPrivate(headers.get('Cache-Control')))
  const names = Array.from(headers.keys())
  for (const name of names) if (TARGETED.test(name)) headers.delete(name)
}

/**
 * Adds `private`, and removes the directives that let shared caches keep the response (RFC 9111 section 5.2.2). We only
 * split outside of quotes: typed parsers drop directives that they do not know. An open quote reaches to the end, so the
 * split takes linear time.
 */
function toPrivate(cacheControl: string | null): string {
  if (cacheControl === null) return 'private'
  const directives = cacheControl.match(/(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g) ?? []
  const kept = directives
    .map((directive) => directive.trim())
    .filter(
      (directive) => directive !== '' && !/^(public|private|s-maxage)(?![\w-])/i.test(directive),
    )
  const isUnstored = kept.some((directive) => /^no-store$/i.test(directive))
  return (isUnstored ? kept : ['private', ...kept]).join(', ')
}

function warnLostCookie(): void {
  warnOnce(
    'a response that switches protocols has immutable headers, so the session cookie was not sent. Write to the session in an earlier request.',
  )
}
