import { assertSeconds, MAX_COOKIE_AGE, MAX_TIMEOUT } from '../util/seconds.ts'
import { DEFAULT_IDLE } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'

/**
 * The lifetime of sessions, from the options of a storage in seconds.
 *
 * @param maxAge the `maxAge` of the cookie
 * @throws SessionError `ERR_SESSION_CONFIG` for anything but a number from 1 to 400 days (`maxAge`) or 100 years
 */
export function lifetimeFrom(
  options: { idleTimeout?: number | undefined; absoluteTimeout?: number | undefined },
  maxAge: number | undefined,
): Lifetime {
  const { idleTimeout, absoluteTimeout } = options
  assertSeconds('cookie.maxAge', maxAge, MAX_COOKIE_AGE)
  assertSeconds('idleTimeout', idleTimeout, MAX_TIMEOUT)
  assertSeconds('absoluteTimeout', absoluteTimeout, MAX_TIMEOUT)
  const shorter = Math.min(Math.floor(maxAge ?? Infinity), idleTimeout ?? Infinity)
  return {
    idle: shorter === Infinity ? DEFAULT_IDLE : shorter * 1000,
    absolute: absoluteTimeout === undefined ? undefined : absoluteTimeout * 1000,
  }
}

/**
 * The `maxAge` of a single commit, in whole seconds. Zero or less ends the session at once.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for anything else that {@link lifetimeFrom} refuses
 */
export function checkMaxAge(maxAge: number | undefined): number | undefined {
  if (maxAge === undefined) return undefined
  if (!(Number.isFinite(maxAge) && maxAge <= 0)) assertSeconds('maxAge', maxAge, MAX_COOKIE_AGE)
  return Math.floor(maxAge)
}
