import { SessionError } from './errors.ts'
import { expiryAfter } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import { checkMaxAge } from './set-cookie.ts'
import type { CookieAttributes } from './set-cookie.ts'
import type { SessionRecord } from './session-control.ts'
import type { TokenTimes } from './token.ts'

/** How one commit goes about it. */
export interface CommitOptions {
  readonly now: number
  /** `due`: moves the expiry only with a new cookie; `always`: each time; `never`: keeps it. */
  readonly renew: 'due' | 'always' | 'never'
  /** Attributes and lifetime for this commit alone. */
  readonly overrides?: CookieAttributes
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
  { now, renew, overrides = {} }: CommitOptions,
  issues: boolean,
  { lifetime, expires }: StorageTimes,
): TokenTimes {
  const createdAt = record.createdAt ?? now
  const { expiresAt, fixed, transient } = record
  const stays = renew !== 'always' && (fixed || renew === 'never' || !issues)
  if (expiresAt !== undefined && stays) return { createdAt, expiresAt, fixed, transient }
  const byHand = expiryByHand(overrides, now) ?? expires?.getTime()
  const limit = createdAt + (lifetime.absolute ?? Infinity)
  const end = Math.min(byHand ?? expiryAfter(now, createdAt, lifetime), limit)
  return {
    createdAt,
    expiresAt: Math.max(0, Math.round(end)), // tokens carry whole milliseconds since 1970
    fixed: byHand !== undefined,
    transient: isTransient(overrides) || (renew !== 'always' && transient),
  }
}

/** The attributes that tell the browser the same. */
export function attributesFor(
  times: TokenTimes,
  { now, overrides = {} }: CommitOptions,
  cookie: { maxAge: number | undefined; expires: Date | undefined },
): CookieAttributes {
  const { maxAge, expires, ...attributes } = overrides
  const end = maxAge === undefined ? (expires ?? cookie.expires) : undefined
  if (end !== undefined) return { ...attributes, maxAge: undefined, expires: end }
  const isPersistent = cookie.maxAge !== undefined || times.fixed
  if (!isPersistent || times.transient) {
    return { ...attributes, maxAge: undefined, expires: undefined }
  }
  return { ...attributes, maxAge: Math.max(0, Math.ceil((times.expiresAt - now) / 1000)) }
}

function expiryByHand({ maxAge, expires }: CookieAttributes, now: number): number | undefined {
  const seconds = checkMaxAge(maxAge)
  if (seconds !== undefined) return now + seconds * 1000
  if (expires !== undefined && Number.isNaN(expires.getTime())) {
    throw new SessionError('ERR_SESSION_CONFIG', '`expires` is an invalid Date; give a valid one.')
  }
  return expires?.getTime()
}

/** `{ maxAge: undefined }` asks for a cookie that ends with the browser. */
function isTransient(overrides: CookieAttributes): boolean {
  return 'maxAge' in overrides && overrides.maxAge === undefined && overrides.expires === undefined
}
