import { plainCodec } from '../token/plain.ts'
import type { TokenCodec, TokenContext } from '../token/token.ts'

/**
 * What is used of a `Cookie` of `@remix-run/cookie`.
 *
 * @example
 * import { createCookie } from '@remix-run/cookie'
 * import { createCookieSessionStorage } from 'fetch-sessions'
 *
 * const cookie = createCookie('__session', {
 *   secrets: ['32 random characters in real life'],
 *   maxAge: 60 * 60 * 24,
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
  /** Seconds from the last renewal to the end. */
  readonly maxAge?: number | undefined
  /** A fixed moment at which the cookie ends. */
  readonly expires?: Date | undefined
  /** Sends the cookie over https only. */
  readonly secure?: boolean | undefined
  /** Whether requests from other sites carry the cookie. */
  readonly sameSite?: string | undefined
  /** Keeps the cookie apart for each top-level site (CHIPS). */
  readonly partitioned?: boolean | undefined
  /** `false` where it has no secrets, which warns. */
  readonly signed?: boolean | undefined
  /** The value in a `Cookie` header; what it throws on, or gives no text for, counts as tampered. */
  parse(headerValue: string | null): Promise<unknown>
  /** The `Set-Cookie` text for a value. */
  serialize(
    value: string,
    attributes?: {
      maxAge?: number | undefined
      expires?: Date | undefined
      secure?: boolean | undefined
    },
  ): Promise<string>
}

/** Plain tokens that a `Cookie` of `@remix-run/cookie` signs and encodes. */
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
