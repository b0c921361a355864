import { stringifySetCookie } from 'cookie'

import { warnOnce } from '../util/environment.ts'
import { refuseCookie } from '../util/errors.ts'
import type { CookieAttributes } from './set-cookie.ts'

/** Browsers cap Max-Age at 400 days (RFC 6265bis section 5.6.2). */
const MAX_COOKIE_AGE: number = 400 * 24 * 60 * 60

/**
 * A function that gives the Set-Cookie text for a token, with other attributes where some are given.
 *
 * @param isUrlSafe whether tokens need no encoding
 * @throws SessionError `ERR_SESSION_CONFIG` where the attributes given to it break the cookie's rules
 */
export function createSetCookieWriter(
  name: string,
  attributes: CookieAttributes,
  isUrlSafe: boolean,
): (token: string, overrides: CookieAttributes) => string {
  const tails = new Map<number, string>()

  function write(token: string, overrides: CookieAttributes): string {
    const given = defined(overrides)
    const all = { ...attributes, ...given }
    assertCookieRules(name, all)
    return stringify(name, token, all)
  }

  /** What follows the token and its Max-Age is the same for all cookies of a storage, and written once. */
  function tailOf(isPersistent: boolean, secure: boolean | undefined): string {
    const key = (isPersistent ? 1 : 0) + (secure === undefined ? 0 : secure ? 2 : 4)
    let tail = tails.get(key)
    if (tail === undefined) {
      const text = write('', { maxAge: isPersistent ? 0 : undefined, secure })
      tails.set(key, (tail = text.slice(`${name}=${isPersistent ? '; Max-Age=0' : ''}`.length)))
    }
    return tail
  }

  return (token, overrides) => {
    const { maxAge, secure } = overrides
    if (!isUrlSafe || !hasOnlyUsual(overrides)) return write(token, overrides)
    return maxAge === undefined
      ? `${name}=${token}${tailOf(false, secure)}`
      : `${name}=${token}; Max-Age=${maxAge}${tailOf(true, secure)}`
  }
}

function hasOnlyUsual(overrides: CookieAttributes): boolean {
  for (const key in overrides) {
    if (key === 'maxAge' || key === 'secure') continue
    if (overrides[key as keyof CookieAttributes] !== undefined) return false
  }
  return true
}

/** The capped maxAge. Throws where it is no number of seconds. */
export function checkMaxAge(maxAge: number | undefined): number | undefined {
  if (maxAge === undefined) return undefined
  if (!Number.isFinite(maxAge)) {
    refuseCookie(`\`maxAge\` is ${maxAge}; write a number of seconds, such as 60 * 60 * 24`)
  }
  if (maxAge > MAX_COOKIE_AGE) {
    warnOnce(`\`maxAge\` of ${maxAge} seconds is capped at 400 days, the most that browsers keep.`)
  }
  return Math.min(Math.floor(maxAge), MAX_COOKIE_AGE)
}

/** @throws SessionError `ERR_SESSION_CONFIG` for what browsers would refuse (RFC 6265bis section 4.1.3) */
export function assertCookieRules(name: string, attributes: CookieAttributes): void {
  const prefix = /^__(host|secure)-/i.exec(name)?.[0]
  const isHostOnly = prefix?.toLowerCase() === '__host-'
  if (isHostOnly && (attributes.domain !== undefined || attributes.path !== '/')) {
    refuseCookie(`a ${prefix} cookie has \`path: '/'\` and no \`domain\`; leave both out`)
  }
  if (!attributes.secure && needsSecure(name, attributes)) {
    const reason = prefix ?? (attributes.partitioned ? 'Partitioned' : 'SameSite=None')
    refuseCookie(`a ${reason} cookie needs \`secure: true\`; leave \`secure\` out`)
  }
  try {
    stringify(name, '', attributes)
  } catch (error) {
    refuseCookie(`${(error as Error).message}; write what RFC 6265 allows there`, { cause: error })
  }
}

/** Whether browsers take the cookie with Secure only. */
export function needsSecure(
  name: string,
  attributes: { sameSite?: string | undefined; partitioned?: boolean | undefined },
): boolean {
  const isPrefixed = /^__(host|secure)-/i.test(name)
  return (
    isPrefixed || attributes.partitioned === true || attributes.sameSite?.toLowerCase() === 'none'
  )
}

function stringify(name: string, token: string, attributes: CookieAttributes): string {
  const sameSite = attributes.sameSite?.toLowerCase() as 'lax' | 'strict' | 'none'
  return stringifySetCookie({ ...defined(attributes), sameSite, name, value: token })
}

/** Without the members that are undefined, so that they do not override. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
