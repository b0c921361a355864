import { expiryAfter } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import type { SessionRecord } from '../session/session-state.ts'
import type { CookieAttributes } from '../cookie/set-cookie.ts'
import type { TokenTimes } from '../token/token.ts'

/** How one commit goes about it. */
export interface CommitOptions {
  readonly now: number
  /** `due`: moves the expiry only with a new cookie; `always`: each time; `never`: keeps it. */
  readonly renew: 'due' | 'always' | 'never'
  /** Attributes for this commit alone, without a lifetime. Asked for only where a cookie is sent. */
  attributes(): CookieAttributes
  /** A lifetime for this commit alone. */
  readonly chosen?: ChosenLifetime
}

/** A lifetime that the application has chosen by hand. */
export interface ChosenLifetime {
  /** When the session ends, in milliseconds since 1970. */
  readonly end: number | undefined
  /** The attribute that says so, where it is not Max-Age. */
  readonly expires: Date | undefined
  /** The cookie is to go when the browser is closed. */
  readonly transient: boolean
}

/** What the storage says about the life of its sessions. */
interface StorageTimes {
  readonly lifetime: Lifetime
  /** The fixed end of every session, where the cookie has one. */
  readonly expires: Date | undefined
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
  { lifetime, expires }: StorageTimes,
): TokenTimes {
  const createdAt = record.createdAt ?? now
  const { expiresAt, fixed, transient } = record
  const stays = renew !== 'always' && (fixed || renew === 'never' || !issues)
  if (expiresAt !== undefined && stays) return { createdAt, expiresAt, fixed, transient }
  const byHand = chosen?.end ?? expires?.getTime()
  const limit = createdAt + (lifetime.absolute ?? Infinity)
  const end = Math.min(byHand ?? expiryAfter(now, createdAt, lifetime), limit)
  return {
    createdAt,
    expiresAt: Math.max(0, Math.round(end)), // tokens carry whole milliseconds since 1970
    fixed: byHand !== undefined,
    transient: chosen?.transient === true || (renew !== 'always' && transient),
  }
}

/** The attributes that tell the browser the same. */
export function attributesFor(
  times: TokenTimes,
  { now, attributes, chosen }: CommitOptions,
  cookie: { maxAge: number | undefined; expires: Date | undefined },
): CookieAttributes {
  const expires = chosen?.end === undefined ? cookie.expires : chosen.expires
  if (expires !== undefined) return { ...attributes(), maxAge: undefined, expires }
  const isPersistent = (cookie.maxAge !== undefined || times.fixed) && !times.transient
  const maxAge = isPersistent ? Math.max(0, Math.ceil((times.expiresAt - now) / 1000)) : undefined
  return { ...attributes(), maxAge, expires: undefined }
}
