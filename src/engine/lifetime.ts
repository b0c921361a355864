import type { SerializeOptions } from '../cookie/set-cookie.ts'
import type { SessionRecord } from '../session/session-state.ts'
import type { TokenTimes } from '../token/token.ts'

/** The lifetime of sessions, in milliseconds. */
export interface Lifetime {
  /** From the last renewal to the expiry. */
  readonly idle: number
  /** From the creation to the expiry, whatever the renewals; `undefined` for no such limit. */
  readonly absolute: number | undefined
}

/** The default of {@link Lifetime.idle}. */
export const DEFAULT_IDLE: number = 14 * 24 * 60 * 60 * 1000

interface Times {
  readonly createdAt: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly fixed: boolean
}

/** The expiry of a session that is stored or renewed at `now`. */
export function expiryAfter(now: number, createdAt: number, lifetime: Lifetime): number {
  return Math.min(now + lifetime.idle, createdAt + (lifetime.absolute ?? Infinity))
}

/**
 * The expiry of a token's session: that of the token, or an earlier one if the options were shortened since. Only the
 * absolute timeout shortens a lifetime that was chosen by hand.
 */
export function expiryOf(times: Times, lifetime: Lifetime): number {
  const { createdAt, issuedAt, expiresAt, fixed } = times
  const longest = expiryAfter(fixed ? Infinity : issuedAt, createdAt, lifetime)
  return Math.min(expiresAt, longest)
}

/** The options of one commit. */
export interface CommitOptions {
  readonly now: number
  /** Moves the expiry: `due` only together with a new cookie, `always` each time, `never` not at all. */
  readonly renew: 'due' | 'always' | 'never'
  /** Attributes of this commit's cookie, without a lifetime. */
  readonly attributes: SerializeOptions
  /** The lifetime that this commit sets. */
  readonly chosen?: ChosenLifetime | undefined
  /** Counts the writes of other requests that the commit has met. */
  readonly conflicts?: { count: number } | undefined
}

/** A lifetime that the application chooses by hand. */
export interface ChosenLifetime {
  /** In milliseconds since 1970; `undefined` for the lifetime of the options. */
  readonly expiresAt: number | undefined
  /** The `Expires` attribute, if the application gave it in place of Max-Age. */
  readonly expires: Date | undefined
  /** The cookie ends with the browser. */
  readonly transient: boolean
}

/**
 * The times of a session after a commit.
 *
 * @param issues whether the response sends a new cookie. Without one, the browser's cookie keeps its times, and so must the
 * record
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

/** The attributes that give the browser's cookie the same lifetime. */
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
