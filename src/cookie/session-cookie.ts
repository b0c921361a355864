import {
  assertCookieRules,
  checkMaxAge,
  createSetCookieWriter,
  defined,
  needsSecure,
} from './cookie-rules.ts'
import { warnOnce } from '../util/environment.ts'
import { refuseCookie as refuse } from '../util/errors.ts'
import { createForeignCodec } from './foreign-cookie.ts'
import type { CookieLike } from './foreign-cookie.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { createPlainCodec } from '../token/plain.ts'
import { createSealedCodec } from '../token/sealed.ts'
import { assertSecrets } from '../token/secrets.ts'
import { isSameCookie } from './set-cookie.ts'
import type { CookieAttributes } from './set-cookie.ts'
import { acceptingSigned, createSignedCodec } from '../token/signed.ts'
import type { TokenCodec, TokenContext } from '../token/token.ts'

/**
 * How the session cookie is named, protected and sent.
 *
 * @example
 * import type { CookieOptions } from 'fetch-sessions'
 *
 * export const cookie: CookieOptions = {
 *   name: '__Host-session',
 *   secrets: ['the newest, 32 random characters', 'the one before, until it expires'],
 *   maxAge: 60 * 60 * 24 * 7,
 *   sameSite: 'strict',
 * }
 */
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
  const codec = codecFor(options, { kind, cookieName: name })
  return {
    name,
    maxAge,
    expires: maxAge === undefined ? options.expires : undefined,
    canDropSecure: !needsSecure(name, attributes),
    isTimed: options.protection !== 'signed',
    codec,
    isSetBy: (setCookie) => isSameCookie(setCookie, { name, ...attributes }),
    serialize: createSetCookieWriter(name, attributes, codec.isUrlSafe),
  }
}

function codecFor(options: CookieOptions, context: TokenContext): TokenCodec {
  const { secrets = [], protection = 'encrypted', acceptSigned = false } = options
  if (protection !== 'encrypted' && protection !== 'signed') {
    refuse(`\`protection\` is "${String(protection)}"; write "encrypted" or "signed"`)
  }
  if (acceptSigned && protection === 'signed') {
    refuse('`acceptSigned` is for `protection: "encrypted"`; leave one of the two out')
  }
  assertSecrets(secrets)
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
    isSetBy: (setCookie) => isSameCookie(setCookie, cookie),
    // Its own lifetime counts unless it is told another, `undefined` for none included.
    serialize: (token, { maxAge, expires, ...rules }) =>
      cookie.serialize(token, { ...defined(rules), maxAge, expires }),
  }
}

function isCookieLike(options: CookieOptions | CookieLike): options is CookieLike {
  return 'serialize' in options && typeof options.serialize === 'function'
}

function warnPlain(name: string): void {
  warnOnce(
    `cookie "${name}" has no secrets: whoever holds it can read and change the session. Give \`secrets\`.`,
  )
}

function pickAttributes(options: CookieOptions): CookieAttributes {
  const { domain, httpOnly, partitioned, path, sameSite, secure } = options
  return { domain, httpOnly, partitioned, path, sameSite, secure }
}
