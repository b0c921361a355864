import { warnOnce } from '../util/environment.ts'

/** What a session has to say in a response. */
export interface SessionHeaders {
  /** The session was looked at, so the response depends on the Cookie header. */
  readonly vary: boolean
  readonly setCookie: string | undefined
  /**
   * Tells which Set-Cookie texts of the handler give way to `setCookie`: a response should set a cookie once
   * (RFC 6265bis section 4.1.1).
   */
  readonly replaces?: ((setCookie: string) => boolean) | undefined
}

/** For whom a response was changed in place, and the session cookies that stand in it since. */
interface Stamp {
  /** The number of the request; the request itself would be kept alive by it until a full collection. */
  readonly visit: number
  readonly setCookies: string[]
}

const stamps = new WeakMap<Response, Stamp>()

/**
 * Adds the session's headers to a response: in place where its headers allow, else to a copy. A response that switches
 * protocols cannot be copied and goes out as it is where its headers are immutable.
 */
export function withSessionHeaders(
  response: Response,
  headers: SessionHeaders,
  visit: number,
): Response {
  const stamp = stamps.get(response)
  const isAnothers = stamp !== undefined && stamp.visit !== visit
  const isSilent = !headers.vary && headers.setCookie === undefined
  if (!isAnothers && (isSilent || applyInPlace(response, headers))) {
    if (headers.setCookie !== undefined) {
      stamps.set(response, { visit, setCookies: [...(stamp?.setCookies ?? []), headers.setCookie] })
    }
    return response
  }
  if (response.status < 200) return response
  if (isAnothers) warnAnothers()
  const copy = copyOf(response, isAnothers ? stamp.setCookies : [])
  apply(copy.headers, headers)
  return copy
}

/** The Set-Cookie texts in a response, without those that a session middleware has put into the same object before. */
export function ownSetCookies(response: Response): string[] {
  const stamped = stamps.get(response)?.setCookies
  const all = response.headers.getSetCookie()
  return stamped === undefined ? all : all.filter((text) => !stamped.includes(text))
}

/** Whether the response took the headers. Building another halves the throughput of a Node server. */
function applyInPlace(response: Response, headers: SessionHeaders): boolean {
  if (mayBeShared(response, headers.setCookie !== undefined)) return false
  try {
    apply(response.headers, headers)
    return true
  } catch (error) {
    // Immutable headers: fetch(), Response.redirect(), assets.
    if (error instanceof TypeError) return false
    throw error
  }
}

/**
 * A response without a body may be a constant that answers everybody: one visitor's cookie must not stay in it. One with
 * a body can be sent once only.
 */
function mayBeShared(response: Response, getsCookie: boolean): boolean {
  if (response.status < 200) return false
  const isTyped = response.headers.has('Content-Type')
  if (isTyped && !(getsCookie && isPlatformsOwn(response))) return false
  return response.body === null
}

/** A class over the platform's own, such as @hono/node-server's, may have to build a whole Response to give its body. */
function isPlatformsOwn(response: Response): boolean {
  // Made by the platform itself, whatever stands in the place of the global class.
  platformPrototype ??= Object.getPrototypeOf(Response.error()) as object
  return Object.getPrototypeOf(response) === platformPrototype
}

let platformPrototype: object | undefined

function copyOf(response: Response, formerCookies: readonly string[]): Response {
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  if (formerCookies.length > 0) {
    dropSetCookies(headers, (text) => formerCookies.includes(text))
  }
  return new Response(body, { status, statusText, headers })
}

function dropSetCookies(headers: Headers, isDropped: (setCookie: string) => boolean): void {
  const kept = headers.getSetCookie().filter((text) => !isDropped(text))
  headers.delete('Set-Cookie')
  for (const text of kept) headers.append('Set-Cookie', text)
}

function apply(headers: Headers, { vary, setCookie, replaces }: SessionHeaders): void {
  if (vary) addVary(headers)
  if (setCookie === undefined) return
  if (replaces !== undefined) dropSetCookies(headers, replaces)
  headers.set('Cache-Control', toPrivate(headers.get('Cache-Control')))
  for (const name of TARGETED) headers.delete(name)
  headers.append('Set-Cookie', setCookie)
}

/** Some shared caches go by these in the place of Cache-Control (RFC 9213). */
const TARGETED = ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']

function warnAnothers(): void {
  warnOnce(
    'a response carried the session cookie of another request, which was left out. Make a new Response for each request; and to an application with sessions within another one, hand on the very Request: `inner.fetch(c.req.raw)`, not mount().',
  )
}

function addVary(headers: Headers): void {
  const vary = headers.get('Vary')
  const names = vary?.toLowerCase().split(',') ?? []
  if (!names.some((name) => ['*', 'cookie'].includes(name.trim()))) headers.append('Vary', 'Cookie')
}

/**
 * The directives without those that let shared caches keep the response (RFC 9111 section 5.2.2), and `private`. A split
 * outside of quotes is all it takes; the typed parsers drop the directives that they do not know. A quote that is not
 * closed reaches to the end, so that no text takes more than linear time.
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
