import { parseSetCookie } from 'cookie'

/**
 * The `Cookie` header of a client that keeps what a `Set-Cookie` text says; empty where the text clears the cookie.
 */
export function toCookieHeader(setCookie: string): string {
  const { name, value = '', maxAge, expires } = parseRaw(setCookie)
  // RFC 6265bis section 5.7: Max-Age counts before Expires.
  const isCleared = maxAge === undefined ? hasPassed(expires) : maxAge <= 0
  return isCleared || value === '' ? '' : `${name}=${value}`
}

/** The name of the cookie that a `Set-Cookie` text is about. */
export function nameOf(setCookie: string): string {
  return parseRaw(setCookie).name
}

function parseRaw(setCookie: string): ReturnType<typeof parseSetCookie> {
  return parseSetCookie(setCookie, { decode: (value) => value })
}

function hasPassed(moment: Date | undefined): boolean {
  return moment !== undefined && moment.getTime() <= Date.now()
}
