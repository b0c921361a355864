import type { MaybePromise } from '../util/maybe-promise.ts'

/** The times in a token. Moments are in milliseconds since 1970. */
export interface TokenTimes {
  readonly createdAt: number
  /** When this token was made. Of several tokens of one visitor, the latest counts. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The expiry was chosen by hand. Renewals do not move it. */
  readonly fixed: boolean
  /** The cookie was given no Max-Age by hand. */
  readonly transient: boolean
}

/** A token that has authenticated. */
export interface Token {
  /** For cookie storage, the session's data as JSON; otherwise its id. */
  readonly body: string
  /** `undefined` for foreign forms without times. */
  readonly times: TokenTimes | undefined
  /** It should be sealed again. */
  readonly stale: boolean
}

/** The purpose of a token. It is refused for any other. */
export interface TokenContext {
  readonly kind: 'cookie' | 'id' | 'record'
  /** The name of the cookie, or the key of the record. */
  readonly name: string
}

/** One form that the value of a session cookie can have. */
export interface TokenCodec {
  /** Whether tokens contain only letters, digits, `-` and `_`, and so need no encoding in a Set-Cookie text. */
  readonly isUrlSafe: boolean
  /** Waits for the keys; `undefined` if they are there. */
  ready(): Promise<void> | undefined
  /** Whether {@link open} answers without a promise. */
  opensAtOnce(value: string): boolean
  /** The times and staleness in a value, not authenticated. */
  peek(value: string): { times: TokenTimes; stale: boolean } | null
  /** The token, or null if the value is not one of ours. Never throws on bad input. */
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

/** The last moment that a Date can hold (ECMA-262 section 21.4.1.1). */
export const MAX_DATE = 8.64e15

/** Whether a value from JSON is a moment that a Date can hold, in whole milliseconds. */
export function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_DATE
}
