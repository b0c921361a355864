import { SessionError, shown } from '../util/errors.ts'
import { assertSeconds, MAX_COOKIE_AGE, MAX_TIMEOUT } from '../util/seconds.ts'
import { DEFAULT_IDLE } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'

/** The options of a storage that limit the lifetime of its sessions. */
export interface TimeoutOptions {
  readonly idleTimeout?: number | undefined
  readonly absoluteTimeout?: number | undefined
  readonly timeouts?: 'aal1' | 'aal2' | 'aal3' | undefined
}

type Timeouts = Omit<TimeoutOptions, 'timeouts'>

const HOUR = 60 * 60

/** NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3. AAL1 asks for no inactivity timeout. */
const PRESETS: ReadonlyMap<unknown, Timeouts> = new Map([
  ['aal1', { absoluteTimeout: 30 * 24 * HOUR }],
  ['aal2', { absoluteTimeout: 24 * HOUR, idleTimeout: HOUR }],
  ['aal3', { absoluteTimeout: 12 * HOUR, idleTimeout: HOUR / 4 }],
])

/**
 * The lifetime of sessions, from the options of a storage in seconds.
 *
 * @param maxAge the `maxAge` of the cookie
 * @throws SessionError `ERR_SESSION_CONFIG` for anything but a number from 1 to 400 days (`maxAge`) or 100 years, for an
 * unknown name as `timeouts`, and for `timeouts` beside a timeout
 */
export function lifetimeFrom(options: TimeoutOptions, maxAge: number | undefined): Lifetime {
  const { idleTimeout, absoluteTimeout } = timeoutsFrom(options)
  assertSeconds('cookie.maxAge', maxAge, MAX_COOKIE_AGE)
  assertSeconds('idleTimeout', idleTimeout, MAX_TIMEOUT)
  assertSeconds('absoluteTimeout', absoluteTimeout, MAX_TIMEOUT)
  const shorter = Math.min(Math.floor(maxAge ?? Infinity), idleTimeout ?? Infinity)
  return {
    idle: shorter === Infinity ? DEFAULT_IDLE : shorter * 1000,
    absolute: absoluteTimeout === undefined ? undefined : absoluteTimeout * 1000,
  }
}

function timeoutsFrom(options: TimeoutOptions): Timeouts {
  const { timeouts, idleTimeout, absoluteTimeout } = options
  if (timeouts === undefined) return options
  const preset = PRESETS.get(timeouts)
  if (preset === undefined) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`timeouts\` is ${shown(timeouts)}: write 'aal1', 'aal2' or 'aal3', or leave it out.`,
    )
  }
  if (idleTimeout === undefined && absoluteTimeout === undefined) return preset
  const absolute = absoluteTimeout ?? preset.absoluteTimeout
  const idle = idleTimeout ?? preset.idleTimeout
  const instead = `absoluteTimeout: ${absolute}${idle === undefined ? '' : `, idleTimeout: ${idle}`}`
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`timeouts\` sets both timeouts: write \`timeouts: '${timeouts}'\` alone, or \`${instead}\` without it.`,
  )
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
