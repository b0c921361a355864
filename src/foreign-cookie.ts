import { plainCodec } from './plain.ts'
import type { TokenCodec, TokenContext } from './token.ts'

/** What is used of a `Cookie` of `@remix-run/cookie`. */
export interface CookieLike {
  readonly name: string
  readonly domain?: string | undefined
  readonly path?: string | undefined
  readonly maxAge?: number | undefined
  readonly expires?: Date | undefined
  readonly secure?: boolean | undefined
  readonly sameSite?: string | undefined
  readonly partitioned?: boolean | undefined
  readonly signed?: boolean | undefined
  parse(headerValue: string | null): Promise<unknown>
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
