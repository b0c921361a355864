import { plainCodec } from '../token/plain.ts'
import type { TokenCodec, TokenContext } from '../token/token.ts'

/**
 * The part of a `Cookie` object that we call: that of `@remix-run/cookie`, or of React Router's `createCookie`. We add
 * HttpOnly and Secure to the text that it serializes, unless it exposes `httpOnly: false` or `secure: false`.
 *
 * @example
 * import { createCookie } from '@remix-run/cookie'
 * import { createCookieSessionStorage } from 'fetch-sessions'
 *
 * const cookie = createCookie('__session', {
 *   secrets: ['32 random characters in real life'],
 *   maxAge: 60 * 60 * 24,
 *   httpOnly: true, // @remix-run/cookie exposes false for both by default
 *   secure: true,
 * })
 * export const storage = createCookieSessionStorage({ cookie })
 */
export interface CookieLike {
  /** The cookie's name. */
  readonly name: string
  /** Which hosts get the cookie. */
  readonly domain?: string | undefined
  /** The path under which the cookie is sent. */
  readonly path?: string | undefined
  /** Seconds from the last renewal to the expiry. */
  readonly maxAge?: number | undefined
  /**
   * A fixed moment at which the cookie ends. A getter that makes a new Date each time, such as React Router's, counts as a
   * `maxAge`.
   */
  readonly expires?: Date | undefined
  /** `false` lets scripts read the cookie. */
  readonly httpOnly?: boolean | undefined
  /** `false` sends the cookie over plain http too. */
  readonly secure?: boolean | undefined
  /** Whether requests from other sites carry the cookie. */
  readonly sameSite?: string | boolean | undefined
  /** Keeps the cookie apart for each top-level site (CHIPS). */
  readonly partitioned?: boolean | undefined
  /** `@remix-run/cookie`: `false` if it has no secrets, which warns. */
  readonly signed?: boolean | undefined
  /** React Router: `false` if it has no secrets, which warns. */
  readonly isSigned?: boolean | undefined
  /** The value in a `Cookie` header. If it throws or gives no string, the value counts as tampered. */
  parse(headerValue: string | null): Promise<unknown>
  /** The `Set-Cookie` text for a value. */
  serialize(
    value: string,
    attributes?: {
      maxAge?: number | undefined
      expires?: Date | undefined
      httpOnly?: boolean | undefined
      secure?: boolean | undefined
    },
  ): Promise<string>
}

/** The lifetime of a foreign cookie. Read it at each commit: React Router's `expires` moves. */
export function foreignLifetime(cookie: CookieLike): {
  readonly maxAge: number | undefined
  readonly expires: Date | undefined
} {
  if (cookie.maxAge !== undefined) return { maxAge: cookie.maxAge, expires: undefined }
  const [first, second] = [cookie.expires, cookie.expires]
  if (first === undefined || first === second) return { maxAge: undefined, expires: first }
  // The getter computes it at each reading, so the distance is constant.
  return { maxAge: Math.round((first.getTime() - Date.now()) / 1000), expires: undefined }
}

/** Plain tokens that a foreign `Cookie` object signs and encodes. */
export function createForeignCodec(cookie: CookieLike, context: TokenContext): TokenCodec {
  const codec = plainCodec(
    context,
    (text) => text, // cookie.serialize() encodes it
    async (value) => {
      try {
        const text: unknown = await cookie.parse(`${cookie.name}=${value}`)
        return typeof text === 'string' ? text : null
      } catch {
        return null
      }
    },
  )
  return { ...codec, isUrlSafe: false, opensAtOnce: () => false, peek: () => null }
}
