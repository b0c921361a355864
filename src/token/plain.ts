import { decodeBase64url, encodeBase64url, encodeUtf8 } from './bytes.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { fromFlags, isMoment, toFlags } from './token.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from './token.ts'

const VERSION = 1

/** The tokens of a cookie without secrets, as base64url. Anybody can read and write them. */
export function createPlainCodec(context: TokenContext): TokenCodec {
  return plainCodec(
    context,
    (text) => encodeBase64url(encodeUtf8(text)),
    (value) => {
      const bytes = decodeBase64url(value)
      return bytes === null ? null : new TextDecoder().decode(bytes)
    },
  )
}

/** A token as a JSON array. It contains kind and name, so that no other cookie accepts it. */
export function plainCodec(
  context: TokenContext,
  encode: (text: string) => string,
  decode: (value: string) => MaybePromise<string | null>,
): TokenCodec {
  function parse(text: string | null): Token | null {
    const fields = parseArray(text)
    const [version, kind, name, createdAt, issuedAt, expiresAt, flags, body] = fields
    const isOurs = version === VERSION && kind === context.kind && name === context.name
    if (!isOurs || !isMoment(createdAt) || !isMoment(issuedAt) || !isMoment(expiresAt)) return null
    if (typeof flags !== 'number' || typeof body !== 'string') return null
    return { body, times: { createdAt, issuedAt, expiresAt, ...fromFlags(flags) }, stale: false }
  }

  return {
    isUrlSafe: true,
    ready: () => undefined,
    opensAtOnce: () => true,
    peek(value) {
      const token = parse(decode(value) as string | null)
      return token?.times === undefined ? null : { times: token.times, stale: false }
    },
    open: (value) => chain(decode(value), parse),
    seal(body: string, times: TokenTimes) {
      const { kind, name } = context
      const { createdAt, issuedAt, expiresAt } = times
      const flags = toFlags(times)
      return encode(
        JSON.stringify([VERSION, kind, name, createdAt, issuedAt, expiresAt, flags, body]),
      )
    },
  }
}

/** The array in a JSON text; an empty one if there is none. */
export function parseArray(text: string | null): unknown[] {
  try {
    const value: unknown = text === null ? null : JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
