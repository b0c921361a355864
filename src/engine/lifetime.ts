/** How long sessions live, in milliseconds. */
export interface Lifetime {
  /** From the last renewal to the end. */
  readonly idle: number
  /** From the creation to the end, through every renewal; `undefined` for no such limit. */
  readonly absolute: number | undefined
}

/** From the last renewal to the end, where nothing else is said. */
export const DEFAULT_IDLE: number = 14 * 24 * 60 * 60 * 1000

/** When a session that is stored or renewed at `now` ends. */
export function expiryAfter(now: number, createdAt: number, lifetime: Lifetime): number {
  return Math.min(now + lifetime.idle, createdAt + (lifetime.absolute ?? Infinity))
}

/** Whether the session is over: nothing is valid in the very millisecond of its expiry. */
export function isExpired(
  now: number,
  times: { createdAt: number; expiresAt: number },
  lifetime: Lifetime,
): boolean {
  return now >= endOf(times, lifetime)
}

/** When the session ends: at its expiry, or before that where an absolute timeout was set or shortened since. */
export function endOf(times: { createdAt: number; expiresAt: number }, lifetime: Lifetime): number {
  return Math.min(times.expiresAt, times.createdAt + (lifetime.absolute ?? Infinity))
}

/**
 * Whether less than half of the idle lifetime is left, and a renewal would gain something: at the end of its
 * absolute lifetime a session can gain nothing, and asking again on every request would only cost.
 */
export function isRenewalDue(
  now: number,
  times: { createdAt: number; expiresAt: number },
  lifetime: Lifetime,
): boolean {
  return (
    times.expiresAt - now < lifetime.idle / 2 &&
    expiryAfter(now, times.createdAt, lifetime) > times.expiresAt
  )
}
