import { parseSetCookie, stringifySetCookie } from 'cookie'

import { isProduction, warnOnce } from './environment.ts'
import { SessionError } from './errors.ts'
import { createForeignCodec } from './foreign-cookie.ts'
import type { CookieLike } from './foreign-cookie.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { createPlainCodec } from './plain.ts'
import { createSealedCodec } from './seal.ts'
import { acceptingSigned, createSignedCodec } from './signed.ts'
import type { TokenCodec, TokenContext } from './token.ts'

/** The attributes of the session cookie (RFC 6265bis section 4.1.2). */
export interface CookieAttributes {
  /** Which hosts get the cookie; only the one that set it unless given. */
  domain?: string | undefined
  /** A fixed moment at which the cookie ends. */
  expires?: Date | undefined
  /** Hides the cookie from scripts. Default: true. */
  httpOnly?: boolean | undefined
  /** Seconds from the last renewal to the end, at most 400 days. Without it the cookie ends with the browser. */
  maxAge?: number | undefined
  /** Keeps the cookie apart for each top-level site (CHIPS). Needs `secure`. */
  partitioned?: boolean | undefined
  /** Default: `/`. */
  path?: string | undefined
  /** Default: `lax`. `none` needs `secure`. */
  sameSite?: 'lax' | 'strict' | 'none' | 'Lax' | 'Strict' | 'None' | undefined
  /** Sends the cookie over https only. Default: true; middlewares leave it out for http on a loopback host. */
  secure?: boolean | undefined
}

/** How the session cookie is named, protected and sent. */
export interface CookieOptions extends CookieAttributes {
  /** Default: `__session`. A `__Host-` name ties the cookie to one host (RFC 6265bis section 4.1.3.2). */
  name?: string | undefined
  /**
   * What the cookie is sealed with, newest first: the first seals, all open. At least 16 characters each in
   * production; 32 random bytes are a good secret. Without any the cookie can be read and changed by its holder.
   */
  secrets?: readonly string[] | undefined
  /**
   * `encrypted` (the default), or `signed`: the form that Remix 2 and React Router 7 write, which carries no expiry.
   */
  protection?: 'encrypted' | 'signed' | undefined
  /** With `encrypted`: reads cookies of the `signed` form too, once, and seals them at the next response. */
  acceptSigned?: boolean | undefined
}

/** The cookie that a storage reads and writes. */
export interface SessionCookie {
  readonly name: string
  readonly maxAge: number | undefined
  /** A fixed end; undefined where there is a maxAge, which browsers prefer (RFC 6265bis section 5.7). */
  readonly expires: Date | undefined
  /** Whether the cookie stays valid without Secure, which plain http on a loopback host asks for. */
  readonly canDropSecure: boolean
  /** Whether its tokens carry times, so that the server can hold them to their lifetime. */
  readonly isTimed: boolean
  readonly codec: TokenCodec
  /**
   * Whether a Set-Cookie text is for this very cookie, which browsers tell from others by name, domain and path
   * (RFC 6265bis section 5.7).
   */
  isSetBy(setCookie: string): boolean
  /** The Set-Cookie text for a token, or for none: an empty value and an expiry in the past. */
  serialize(token: string, attributes: CookieAttributes): MaybePromise<string>
}

/** Browsers keep name, value and attributes up to this many bytes (RFC 6265bis section 5.6 asks for no less). */
export const MAX_COOKIE_BYTES = 4096
/** Browsers cap Max-Age at 400 days (RFC 6265bis section 5.6.2). */
const MAX_COOKIE_AGE: number = 400 * 24 * 60 * 60
const MIN_SECRET_LENGTH = 16

/**
 * Checks the options and gives the cookie that they describe.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for what browsers would refuse or nobody should rely on
 */
export function createSessionCookie(
  options: CookieOptions | CookieLike,
  kind: TokenContext['kind'],
): SessionCookie {
  if (isCookieLike(options)) return foreignCookie(options, kind)
  const name = options.name ?? '__session'
  const attributes = {
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'lax' as const,
    ...defined(pickAttributes(options)),
  }
  assertCookieRules(name, attributes)
  if (options.expires !== undefined) {
    warnOnce(
      `cookie "${name}" has a fixed \`expires\`: every session ends then, however new. Use \`maxAge\`, in seconds.`,
    )
  }
  const maxAge = checkMaxAge(options.maxAge)
  return {
    name,
    maxAge,
    expires: maxAge === undefined ? options.expires : undefined,
    canDropSecure: !needsSecure(name, attributes),
    isTimed: options.protection !== 'signed',
    codec: codecFor(options, { kind, cookieName: name }),
    isSetBy: (setCookie) => isFor(setCookie, { name, ...attributes }),
    serialize(token, overrides) {
      const given = defined(overrides)
      const all = { ...attributes, ...given }
      if (overridesRules(given)) assertCookieRules(name, all)
      return stringify(name, token, all)
    },
  }
}

/**
 * Every value that a Cookie header carries under the name, each once. A browser sends cookies of one name with
 * different paths or domains side by side, and a server cannot tell which is which (RFC 6265bis section 5.8.3).
 */
export function readCookieValues(header: string | null | undefined, name: string): string[] {
  if (!header?.includes(name)) return []
  const values = new Set<string>()
  for (const pair of header.split(';')) {
    // SP and HTAB only: a browser does not hold a name to its `__Host-` prefix that begins with other white space.
    const trimmed = pair.replace(/^[ \t]+|[ \t]+$/g, '')
    if (trimmed.startsWith(`${name}=`)) values.add(trimmed.slice(name.length + 1))
  }
  values.delete('') // what is left of a cleared cookie
  return [...values]
}

function isFor(
  setCookie: string,
  cookie: { name: string; domain?: string | undefined; path?: string | undefined },
): boolean {
  if (!setCookie.startsWith(`${cookie.name}=`)) return false
  const { domain, path = '/' } = parseSetCookie(setCookie)
  return domain?.toLowerCase() === cookie.domain?.toLowerCase() && path === (cookie.path ?? '/')
}

/** The capped maxAge. Throws where it is no number of seconds. */
export function checkMaxAge(maxAge: number | undefined): number | undefined {
  if (maxAge === undefined) return undefined
  if (!Number.isFinite(maxAge)) {
    refuse(`\`maxAge\` is ${maxAge}; write a number of seconds, such as 60 * 60 * 24`)
  }
  if (maxAge > MAX_COOKIE_AGE) {
    warnOnce(`\`maxAge\` of ${maxAge} seconds is capped at 400 days, the most that browsers keep.`)
  }
  return Math.min(Math.floor(maxAge), MAX_COOKIE_AGE)
}

function codecFor(options: CookieOptions, context: TokenContext): TokenCodec {
  const { secrets = [], protection = 'encrypted', acceptSigned = false } = options
  if (protection !== 'encrypted' && protection !== 'signed') {
    refuse(`\`protection\` is "${String(protection)}"; write "encrypted" or "signed"`)
  }
  if (acceptSigned && protection === 'signed') {
    refuse('`acceptSigned` is for `protection: "encrypted"`; leave one of the two out')
  }
  for (const secret of secrets) assertSecret(secret)
  if (secrets.length === 0) {
    if (protection === 'signed' || acceptSigned) {
      refuse('signed cookies need `secrets`; give the ones that they were signed with')
    }
    warnPlain(context.cookieName)
    return createPlainCodec(context)
  }
  if (protection === 'signed') return createSignedCodec(secrets, context)
  const sealed = createSealedCodec(secrets, context)
  return acceptSigned ? acceptingSigned(sealed, createSignedCodec(secrets, context)) : sealed
}

function foreignCookie(cookie: CookieLike, kind: TokenContext['kind']): SessionCookie {
  if (cookie.signed === false) warnPlain(cookie.name)
  return {
    name: cookie.name,
    maxAge: checkMaxAge(cookie.maxAge),
    expires: cookie.maxAge === undefined ? cookie.expires : undefined,
    canDropSecure: !needsSecure(cookie.name, cookie),
    isTimed: true,
    codec: createForeignCodec(cookie, { kind, cookieName: cookie.name }),
    isSetBy: (setCookie) => isFor(setCookie, cookie),
    // Its own lifetime counts unless it is told another, `undefined` for none included.
    serialize: (token, { maxAge, expires, ...rules }) =>
      cookie.serialize(token, { ...defined(rules), maxAge, expires }),
  }
}

function isCookieLike(options: CookieOptions | CookieLike): options is CookieLike {
  return 'serialize' in options && typeof options.serialize === 'function'
}

function assertSecret(secret: unknown): void {
  if (typeof secret !== 'string' || secret === '') {
    refuse('a secret is empty or missing; give each as a random text of 32 characters or more')
  }
  if (secret.length >= MIN_SECRET_LENGTH) return
  const problem = `a secret of ${secret.length} characters can be guessed; use at least ${MIN_SECRET_LENGTH}, at random`
  if (isProduction()) refuse(problem)
  warnOnce(`${problem}.`)
}

function warnPlain(name: string): void {
  warnOnce(
    `cookie "${name}" has no secrets: whoever holds it can read and change the session. Give \`secrets\`.`,
  )
}

function assertCookieRules(name: string, attributes: CookieAttributes): void {
  const prefix = /^__(host|secure)-/i.exec(name)?.[0]
  const isHostOnly = prefix?.toLowerCase() === '__host-'
  // RFC 6265bis section 4.1.3: browsers refuse prefixed names that do not keep these rules.
  if (isHostOnly && (attributes.domain !== undefined || attributes.path !== '/')) {
    refuse(`a ${prefix} cookie has \`path: '/'\` and no \`domain\`; leave both out`)
  }
  if (!attributes.secure && needsSecure(name, attributes)) {
    const reason = prefix ?? (attributes.partitioned ? 'Partitioned' : 'SameSite=None')
    refuse(`a ${reason} cookie needs \`secure: true\`; leave \`secure\` out`)
  }
  try {
    stringify(name, '', attributes)
  } catch (error) {
    refuse(`${(error as Error).message}; write what RFC 6265 allows there`, error)
  }
}

function overridesRules(overrides: CookieAttributes): boolean {
  return Object.keys(overrides).some((key) => key !== 'maxAge' && key !== 'expires')
}

function needsSecure(
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

function pickAttributes(options: CookieOptions): CookieAttributes {
  const { domain, httpOnly, partitioned, path, sameSite, secure } = options
  return { domain, httpOnly, partitioned, path, sameSite, secure }
}

/** Without the members that are undefined, so that they do not override. */
function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

function refuse(problem: string, cause?: unknown): never {
  throw new SessionError('ERR_SESSION_CONFIG', `The session cookie cannot be: ${problem}.`, {
    cause,
  })
}
