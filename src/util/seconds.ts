import { SessionError, shown } from './errors.ts'

const DAY = 24 * 60 * 60

/** The longest lifetime that browsers allow (RFC 6265bis section 5.6.2). */
export const MAX_COOKIE_AGE: number = 400 * DAY
export const MAX_TIMEOUT: number = 100 * 365.25 * DAY

/**
 * Checks a number of seconds; `undefined` is valid.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for anything but a number from 1 to `most`
 */
export function assertSeconds(name: string, seconds: unknown, most: number): void {
  // NaN fails both comparisons.
  if (seconds === undefined) return
  if (typeof seconds === 'number' && seconds >= 1 && seconds <= most) return
  const limit = most === MAX_COOKIE_AGE ? '400 days, the most that browsers keep' : '100 years'
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`${name}\` is ${shown(seconds)}: write a number of seconds from 1 to ${most} (${limit}), such as 60 * 60, or leave it out.`,
  )
}
