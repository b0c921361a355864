import type { MaybePromise } from '../util/maybe-promise.ts'

/** What a token says about the life of its session. Moments are in milliseconds since 1970. */
export interface TokenTimes {
  readonly createdAt: number
  /** When this token was made; of several tokens of one visitor the latest counts. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The expiry was chosen by hand and is not moved by renewals. */
  readonly fixed: boolean
  /** The cookie has no Max-Age, by hand. */
  readonly transient: boolean
}

/** A token that has authenticated. */
export interface Token {
  /** The session's data as JSON for cookie storage, its id for the others. */
  readonly body: string
  /** `undefined` for foreign forms that carry none. */
  readonly times: TokenTimes | undefined
  /** It should be sealed anew. */
  readonly stale: boolean
}

/** What a token is for; it is refused anywhere else. */
export interface TokenContext {
  readonly kind: 'cookie' | 'id' | 'record'
  /** Or the key, for a record. */
  readonly name: string
}

/** One form that the value of a session cookie can have. */
export interface TokenCodec {
  /** Whether tokens are made of letters, digits, `-` and `_` alone, which a Set-Cookie text carries as they are. */
  readonly isUrlSafe: boolean
  /** Waits for the keys; `undefined` where there is nothing to wait for. */
  ready(): Promise<void> | undefined
  /** Whether {@link open} answers without a promise. */
  opensAtOnce(value: string): boolean
  /** The times and staleness that a value claims, read without authenticating it. */
  peek(value: string): { times: TokenTimes; stale: boolean } | null
  /** The token, or null where the value is not one of ours. Never throws on bad input. */
  open(value: string): MaybePromise<Token | null>
  seal(body: string, times: TokenTimes): MaybePromise<string>
}

export const FIXED = 1
export const TRANSIENT = 2

export function toFlags(times: TokenTimes): number {
  return (times.fixed ? FIXED : 0) | (times.transient ? TRANSIENT : 0)
}

export function fromFlags(flags: number): { fixed: boolean; transient: boolean } {
  return { fixed: (flags & FIXED) !== 0, transient: (flags & TRANSIENT) !== 0 }
}
