import { stringifySetCookie } from 'cookie'

import { cookieError, shown } from '../util/errors.ts'
import { nearestName } from '../util/nearest-name.ts'
import type { SerializeOptions } from './set-cookie.ts'

const ATTRIBUTES: Readonly<Record<keyof SerializeOptions, true>> = {
  domain: true,
  expires: true,
  httpOnly: true,
  maxAge: true,
  partitioned: true,
  path: true,
  priority: true,
  sameSite: true,
  secure: true,
}

export const ATTRIBUTE_NAMES: readonly string[] = Object.keys(ATTRIBUTES)

const CLEARED = { maxAge: 0, expires: new Date(0) } as const

/**
 * Makes a function that writes the Set-Cookie text for a token. Attributes may be overridden.
 *
 * @param isUrlSafe whether tokens need no encoding
 * @throws SessionError `ERR_SESSION_CONFIG` if the overrides break the cookie's rules; the function throws it
 */
export function createSetCookieWriter(
  name: string,
  attributes: SerializeOptions,
  isUrlSafe: boolean,
): (token: string, overrides: SerializeOptions) => string {
  const tails = new Map<number, string>()

  function write(token: string, overrides: SerializeOptions): string {
    assertNames(overrides, ATTRIBUTE_NAMES)
    const all = { ...attributes, ...defined(overrides) }
    assertCookieRules(name, all)
    return stringify(name, token, all)
  }

  /** The text after the token and its Max-Age. It is the same for all cookies of a storage, so it is cached. */
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

function hasOnlyUsual(overrides: SerializeOptions): boolean {
  for (const key in overrides) {
    if (key === 'maxAge' || key === 'secure') continue
    if (overrides[key as keyof SerializeOptions] !== undefined) return false
  }
  return true
}

/**
 * The text that clears the host-only cookie of the same name and path, if there is a Domain: browsers keep the two
 * side by side (RFC 6265bis section 5.7).
 */
export function clearHostOnly(name: string, attributes: SerializeOptions): readonly string[] {
  if (!attributes.domain) return []
  return [stringify(name, '', { ...attributes, ...CLEARED, domain: undefined })]
}

/** @throws SessionError `ERR_SESSION_CONFIG` for an option that does not exist */
export function assertNames(options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue
    const nearest = nearestName(name, known)
    throw cookieError(
      nearest === undefined
        ? `it has no option \`${name}\`; its options are ${known.join(', ')}`
        : `it has no option \`${name}\`; write \`${nearest}\``,
    )
  }
}

const SAME_SITE: readonly unknown[] = [undefined, true, false, 'lax', 'strict', 'none']
const PRIORITY: readonly unknown[] = [undefined, 'low', 'medium', 'high']

/**
 * @throws SessionError `ERR_SESSION_CONFIG` for attributes that browsers would refuse or ignore (RFC 6265bis sections
 * 4.1.3, 5.6)
 */
export function assertCookieRules(name: string, attributes: SerializeOptions): void {
  const { domain, path, priority } = attributes
  for (const option of ['httpOnly', 'partitioned', 'secure'] as const) {
    const value: unknown = attributes[option]
    if (value === undefined || typeof value === 'boolean') continue
    throw cookieError(`\`${option}\` is ${shown(value)}; write true or false`)
  }
  if (typeof name !== 'string') throw cookieError(`\`name\` is ${shown(name)}; write a string`)
  if (domain !== undefined && typeof domain !== 'string') {
    throw cookieError(`\`domain\` is ${shown(domain)}; write a host name, or leave it out`)
  }
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
    throw cookieError(
      `\`path\` is ${shown(path)}; write a path that starts with a slash, such as "/"`,
    )
  }
  const sameSite = lowerCase(attributes.sameSite)
  if (!SAME_SITE.includes(sameSite)) {
    throw cookieError(`\`sameSite\` is ${shown(sameSite)}; write "lax", "strict" or "none"`)
  }
  if (!PRIORITY.includes(priority)) {
    throw cookieError(`\`priority\` is ${shown(priority)}; write "low", "medium" or "high"`)
  }
  const prefix = /^__(host|secure)-/i.exec(name)?.[0]
  const isHostOnly = prefix?.toLowerCase() === '__host-'
  if (isHostOnly && (domain !== undefined || path !== '/')) {
    throw cookieError(`a ${prefix} cookie has \`path: '/'\` and no \`domain\`; leave both out`)
  }
  if (!attributes.secure && needsSecure(name, attributes)) {
    const reason = prefix ?? (attributes.partitioned ? 'Partitioned' : 'SameSite=None')
    throw cookieError(`a ${reason} cookie needs \`secure: true\`; leave \`secure\` out`)
  }
  try {
    stringify(name, '', attributes)
  } catch (error) {
    throw cookieError(`${(error as Error).message}; write what RFC 6265 allows there`, {
      cause: error,
    })
  }
}

/** Whether browsers store the cookie only with Secure. */
export function needsSecure(
  name: string,
  attributes: { sameSite?: string | boolean | undefined; partitioned?: boolean | undefined },
): boolean {
  const isPrefixed = /^__(host|secure)-/i.test(name)
  return isPrefixed || attributes.partitioned === true || lowerCase(attributes.sameSite) === 'none'
}

function stringify(name: string, token: string, attributes: SerializeOptions): string {
  const sameSite = lowerCase(attributes.sameSite) as boolean | 'lax' | 'strict' | 'none'
  return stringifySetCookie({ ...defined(attributes), sameSite, name, value: token })
}

function lowerCase<T>(value: T): T | string {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** The object without its undefined members, so that they override nothing. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
