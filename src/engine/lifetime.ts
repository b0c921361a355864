import type { SerializeOptions } from '../cookie/set-cookie.ts'
import type { SessionRecord } from '../session/session-state.ts'
import type { TokenTimes } from '../token/token.ts'

/** How long sessions live, in milliseconds. */
export interface Lifetime {
  /** From the last renewal to the end. */
  readonly idle: number
  /** From the creation to the end, through every renewal; `undefined` for no such limit. */
  readonly absolute: number | undefined
}

/** From the last renewal to the end, unless the options say otherwise. */
export const DEFAULT_IDLE: number = 14 * 24 * 60 * 60 * 1000

interface Times {
  readonly createdAt: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly fixed: boolean
}

/** When a session that is stored or renewed at `now` ends. */
export function expiryAfter(now: number, createdAt: number, lifetime: Lifetime): number {
  return Math.min(now + lifetime.idle, createdAt + (lifetime.absolute ?? Infinity))
}

/**
 * When the session of a token ends: at its expiry, or earlier if a lifetime was shortened since. A lifetime that was
 * chosen by hand yields to the absolute timeout only.
 */
export function expiryOf(times: Times, lifetime: Lifetime): number {
  const { createdAt, issuedAt, expiresAt, fixed } = times
  const longest = expiryAfter(fixed ? Infinity : issuedAt, createdAt, lifetime)
  return Math.min(expiresAt, longest)
}

/** How one commit goes about it. */
export interface CommitOptions {
  readonly now: number
  /** `due`: moves the expiry only with a new cookie; `always`: each time; `never`: keeps it. */
  readonly renew: 'due' | 'always' | 'never'
  /** Attributes for this commit alone, without a lifetime. */
  readonly attributes: SerializeOptions
  /** A lifetime for this commit alone. */
  readonly chosen?: ChosenLifetime
}

/** A lifetime that the application has chosen by hand. */
export interface ChosenLifetime {
  /** When the session ends, in milliseconds since 1970. */
  readonly expiresAt: number | undefined
  /** The attribute that says so, unless Max-Age does. */
  readonly expires: Date | undefined
  /** The cookie is to go when the browser is closed. */
  readonly transient: boolean
}

/**
 * The times of a session after a commit.
 *
 * @param issues whether a new cookie is sent; without one the browser's keeps its times, and so must the record
 */
export function nextTimes(
  record: SessionRecord,
  { now, renew, chosen }: CommitOptions,
  issues: boolean,
  lifetime: Lifetime,
): TokenTimes {
  const createdAt = record.createdAt ?? now
  const { expiresAt, fixed, transient } = record
  const stays = renew !== 'always' && (fixed || renew === 'never' || !issues)
  if (expiresAt !== undefined && stays) {
    return { createdAt, issuedAt: now, expiresAt, fixed, transient }
  }
  const limit = createdAt + (lifetime.absolute ?? Infinity)
  const latest = Math.min(chosen?.expiresAt ?? expiryAfter(now, createdAt, lifetime), limit)
  return {
    createdAt,
    issuedAt: now,
    expiresAt: Math.max(0, Math.round(latest)), // tokens carry whole milliseconds since 1970
    fixed: chosen?.expiresAt !== undefined,
    transient: chosen?.transient === true || (renew !== 'always' && transient),
  }
}

/** The attributes that tell the browser the same. */
export function lifetimeAttributes(
  times: TokenTimes,
  { now, attributes, chosen }: CommitOptions,
  cookie: { readonly maxAge: number | undefined; readonly expires: Date | undefined },
): SerializeOptions {
  const expires = chosen?.expiresAt === undefined ? cookie.expires : chosen.expires
  if (expires !== undefined) return { ...attributes, maxAge: undefined, expires }
  const isPersistent = (cookie.maxAge !== undefined || times.fixed) && !times.transient
  const maxAge = isPersistent ? Math.max(0, Math.ceil((times.expiresAt - now) / 1000)) : undefined
  return { ...attributes, maxAge, expires: undefined }
}
