import {
  assertCookieRules,
  assertNames,
  ATTRIBUTE_NAMES,
  clearHostOnly,
  createSetCookieWriter,
  defined,
  needsSecure,
} from './cookie-rules.ts'
import { isProduction, isWorkers, warnOnce } from '../util/environment.ts'
import { cookieError, shown } from '../util/errors.ts'
import { createForeignCodec, foreignLifetime } from './foreign-cookie.ts'
import type { CookieLike } from './foreign-cookie.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { createPlainCodec } from '../token/plain.ts'
import { createSealedCodec } from '../token/sealed.ts'
import { assertSecrets, parseSecrets } from '../token/secrets.ts'
import { isSameCookie } from './set-cookie.ts'
import type { SerializeOptions } from './set-cookie.ts'
import { acceptingSigned, createSignedCodec } from '../token/signed.ts'
import type { TokenCodec, TokenContext } from '../token/token.ts'

/**
 * The name, protection and attributes of the session cookie.
 *
 * @example
 * import type { CookieOptions } from 'fetch-sessions'
 *
 * export const cookie: CookieOptions = {
 *   name: '__Host-session',
 *   secrets: ['32 random characters in real life', 'the secret before, until its sessions end'],
 *   maxAge: 60 * 60 * 24 * 7,
 *   sameSite: 'strict',
 * }
 */
export interface CookieOptions extends SerializeOptions {
  /** Default: `__session`. A `__Host-` name ties the cookie to one host (RFC 6265bis section 4.1.3.2). */
  name?: string | undefined
  /**
   * The secrets that seal the cookie, newest first: the first seals, all open. A string is split at commas. At least 16
   * characters each in production; 32 random bytes are a good secret.
   */
  secrets?: string | readonly string[] | undefined
  /**
   * `encrypted` (the default); `signed`: the form that Remix 2 and React Router 7 write, which carries no expiry; or
   * `none`: without secrets, so that visitors can read and change their session.
   */
  protection?: 'encrypted' | 'signed' | 'none' | undefined
  /**
   * With `encrypted`: also reads cookies of the `signed` form, and seals them at the next response. They carry no times, so
   * no timeout ends a copy of one: leave this out once their Max-Age is over.
   */
  acceptSigned?: boolean | undefined
}

const OPTIONS: Readonly<Record<Exclude<keyof CookieOptions, keyof SerializeOptions>, true>> = {
  name: true,
  secrets: true,
  protection: true,
  acceptSigned: true,
}

export const COOKIE_OPTION_NAMES: readonly string[] = [...ATTRIBUTE_NAMES, ...Object.keys(OPTIONS)]

const DEFAULT_NAME = '__session'
const PROTECTIONS: readonly unknown[] = ['encrypted', 'signed', 'none']

/** The cookie that a storage reads and writes. */
export interface SessionCookie {
  readonly name: string
  /** Read it at every commit, like `expires`: a foreign Cookie may change both. */
  readonly maxAge: number | undefined
  /** A fixed expiry; undefined with a maxAge, which browsers prefer (RFC 6265bis section 5.7). */
  readonly expires: Date | undefined
  /** Whether the cookie is valid without Secure, as plain http on a loopback host needs it. */
  readonly canDropSecure: boolean
  /** Whether its tokens carry times, so that the server can enforce their lifetime. */
  readonly isTimed: boolean
  readonly codec: TokenCodec
  /**
   * Whether a Set-Cookie text sets this cookie: browsers compare name, domain and path (RFC 6265bis section 5.7).
   */
  isSetBy(setCookie: string): boolean
  /** The Set-Cookie text for a token. To clear the cookie: an empty token and an expiry in the past. */
  serialize(token: string, attributes: SerializeOptions): MaybePromise<string>
  /**
   * Every Set-Cookie text of a logout: first the one that clears the cookie, then {@link duplicateClearingHeaders}.
   * @param attributes attributes of this logout's cookies, without a lifetime
   */
  clearingHeaders(attributes: SerializeOptions): MaybePromise<readonly string[]>
  /**
   * If a Domain is configured, the Set-Cookie text that clears the host-only cookie of the same name and path, which
   * browsers keep beside it (RFC 6265bis section 5.7). Empty without a Domain.
   */
  duplicateClearingHeaders(attributes?: SerializeOptions): readonly string[]
}

/**
 * Checks everything but the secrets, which may come with the environment of a request.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for options that browsers would refuse, or that would have no effect
 */
export function assertCookieOptions(options: CookieOptions | CookieLike): void {
  if (typeof options !== 'object' || options === null) {
    throw cookieError(
      `\`cookie\` is ${shown(options)}; write an object, such as { name: "session" }`,
    )
  }
  assertExpires(options.expires)
  if (isCookieLike(options)) return assertForeignCookie(options)
  const { name = DEFAULT_NAME, protection = 'encrypted', acceptSigned = false } = options
  assertNames(options, COOKIE_OPTION_NAMES)
  assertCookieRules(name, attributesOf(options))
  if (!PROTECTIONS.includes(protection)) {
    throw cookieError(
      `\`protection\` is ${shown(protection)}; write "encrypted", "signed" or "none"`,
    )
  }
  if (acceptSigned && protection !== 'encrypted') {
    throw cookieError('`acceptSigned` is for `protection: "encrypted"`; leave one of the two out')
  }
}

/**
 * Checks the options and makes the cookie.
 *
 * @param secrets newest first; empty for plain tokens and for a foreign Cookie, which has its own
 * @throws SessionError `ERR_SESSION_CONFIG` as {@link assertCookieOptions}, and for secrets that have no effect
 */
export function createSessionCookie(
  options: CookieOptions | CookieLike,
  kind: TokenContext['kind'],
  secrets: readonly string[],
): SessionCookie {
  assertCookieOptions(options)
  if (isCookieLike(options)) return foreignCookie(options, kind)
  const { name = DEFAULT_NAME, maxAge, expires } = options
  const attributes = attributesOf(options)
  if (expires !== undefined) {
    warnOnce(
      `cookie "${name}" has a fixed \`expires\`: every session ends then, however new. Use \`maxAge\`, in seconds.`,
    )
  }
  const codec = codecFor(options, { kind, name }, secrets)
  const serialize = createSetCookieWriter(name, attributes, codec.isUrlSafe)
  const clearDuplicates = (given: SerializeOptions = {}): readonly string[] =>
    clearHostOnly(name, { ...attributes, ...defined(given) })
  return {
    name,
    maxAge,
    expires: maxAge === undefined ? expires : undefined,
    canDropSecure: !needsSecure(name, attributes),
    isTimed: options.protection !== 'signed',
    codec,
    isSetBy: (setCookie) => isSameCookie(setCookie, { name, ...attributes }),
    serialize,
    clearingHeaders: (given) => [
      serialize('', { ...given, maxAge: 0, expires: new Date(0) }),
      ...clearDuplicates(given),
    ],
    duplicateClearingHeaders: clearDuplicates,
  }
}

function codecFor(
  options: CookieOptions,
  context: TokenContext,
  secrets: readonly string[],
): TokenCodec {
  const { protection = 'encrypted', acceptSigned = false } = options
  if (protection === 'none') {
    if (secrets.length > 0) {
      throw cookieError(
        '`protection` is "none", but it has secrets, which would do nothing; leave one out',
      )
    }
    return createPlainCodec(context)
  }
  assertSecrets(secrets)
  if (secrets.length === 0) {
    if (protection === 'signed' || acceptSigned) {
      throw cookieError('signed cookies need `secrets`; give the ones that they were signed with')
    }
    if (isProduction() || isWorkers()) {
      throw cookieError(
        "it has no secrets; set SESSION_SECRET or give `secrets`; or write `protection: 'none'` to let visitors read and change their session",
      )
    }
    warnPlain(context.name)
    return createPlainCodec(context)
  }
  if (protection === 'signed') return createSignedCodec(secrets, context)
  const sealed = createSealedCodec(secrets, context)
  return acceptSigned ? acceptingSigned(sealed, createSignedCodec(secrets, context)) : sealed
}

function foreignCookie(cookie: CookieLike, kind: TokenContext['kind']): SessionCookie {
  const { name } = cookie
  if (cookie.signed === false || cookie.isSigned === false) warnPlain(name)
  const safe = {
    ...(cookie.httpOnly === false ? {} : { httpOnly: true }),
    ...(cookie.secure === false ? {} : { secure: true }),
  }
  // Its own lifetime applies unless another is given; `undefined` means none.
  const serialize: SessionCookie['serialize'] = (token, { maxAge, expires, ...rules }) =>
    cookie.serialize(token, { ...safe, ...defined(rules), maxAge, expires })
  const clearDuplicates = (given: SerializeOptions = {}): readonly string[] => {
    const { domain, path = '/', sameSite, partitioned } = cookie
    const exposed = defined({ domain, path, sameSite, partitioned }) as SerializeOptions
    return clearHostOnly(name, { ...exposed, ...safe, ...defined(given) })
  }
  return {
    name,
    get maxAge() {
      return foreignLifetime(cookie).maxAge
    },
    get expires() {
      return foreignLifetime(cookie).expires
    },
    canDropSecure: !needsSecure(name, cookie),
    isTimed: true,
    codec: createForeignCodec(cookie, { kind, name }),
    isSetBy: (setCookie) => isSameCookie(setCookie, cookie),
    serialize,
    clearingHeaders: async (given) => [
      await serialize('', { ...given, maxAge: 0, expires: new Date(0) }),
      ...clearDuplicates(given),
    ],
    duplicateClearingHeaders: clearDuplicates,
  }
}

function assertForeignCookie(cookie: CookieLike): void {
  const { name } = cookie
  if (typeof name !== 'string' || typeof cookie.parse !== 'function') {
    throw cookieError(
      'the Cookie object has no `name` or no parse(); give one that createCookie() has made',
    )
  }
  if (cookie.secure === false && needsSecure(name, cookie)) {
    throw cookieError(
      `browsers refuse the cookie "${name}" without Secure; give its Cookie \`secure: true\``,
    )
  }
}

function assertExpires(expires: unknown): void {
  if (expires === undefined) return
  if (expires instanceof Date && !Number.isNaN(expires.getTime())) return
  throw cookieError(
    `\`expires\` is ${shown(expires)}; write a valid Date, or rather \`maxAge\` in seconds`,
  )
}

/** The secrets in the options, newest first; undefined for none, and for a foreign Cookie, which has its own. */
export function secretsOf(
  options: CookieOptions | CookieLike | undefined,
): readonly string[] | undefined {
  if (typeof options !== 'object' || options === null || isCookieLike(options)) return undefined
  return parseSecrets(options.secrets)
}

function isCookieLike(options: CookieOptions | CookieLike): options is CookieLike {
  return 'serialize' in options && typeof options.serialize === 'function'
}

function warnPlain(name: string): void {
  warnOnce(
    `cookie "${name}" has no secrets: whoever holds it can read and change the session. Give \`secrets\`.`,
  )
}

function attributesOf(options: CookieOptions): SerializeOptions {
  const { path = '/', httpOnly = true, secure = true, sameSite = 'lax' } = options
  const { domain, partitioned, priority } = options
  return defined({ path, httpOnly, secure, sameSite, domain, partitioned, priority })
}
