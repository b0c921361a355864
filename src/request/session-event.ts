import type { SessionOrigin, SessionState } from '../session/session-state.ts'
import { nameOfFlash } from '../session/session-values.ts'
import { readVariable } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import type { RequestTraits } from '../util/request-traits.ts'

/**
 * What happened to the session of one request.
 *
 * - `kept`: nothing was written
 * - `written`: changes were saved, by the middleware or by hand
 * - `renewed`: the expiry moved, the token was sealed again, or the list of the user's sessions was brought up to date
 * - `ended`: the session ended, and its cookie was cleared
 * - `retired`: another request had logged in or out meanwhile, so the changes were dropped without a cookie
 * - `yielded`: the handler sent another session under this cookie, so the changes were dropped
 * - `failed`: the storage could not load or save the session, and the request failed
 *
 * @example
 * import type { SessionEvent, SessionOutcome } from 'fetch-sessions'
 *
 * const losses: readonly SessionOutcome[] = ['retired', 'yielded', 'failed']
 *
 * export const isLoss = ({ outcome }: SessionEvent): boolean => losses.includes(outcome)
 */
export type SessionOutcome =
  'kept' | 'written' | 'renewed' | 'ended' | 'retired' | 'yielded' | 'failed'

/**
 * What happened to the session of one request, for logs, metrics and alerts. It never contains a value of the session.
 *
 * @example
 * import type { SessionEvent } from 'fetch-sessions'
 *
 * export function log({ error, ...event }: SessionEvent): void {
 *   console.log(JSON.stringify({ ...event, error: error instanceof Error ? error.message : error }))
 * }
 */
export interface SessionEvent {
  /** The name of the cookie. */
  readonly name: string
  /** Whether the session is new or resumed, or why its cookie was refused; `undefined` if nobody loaded it. */
  readonly origin: SessionOrigin | undefined
  /** What became of the session. */
  readonly outcome: SessionOutcome
  /** The names of the keys that were written, removed or read as flash values. */
  readonly changed: readonly string[]
  /** How often another request had written in between, so that the changes were applied again. */
  readonly conflicts: number
  /** How long the request waited for the storage, in milliseconds. */
  readonly storeTime: number
  /** The length of the Set-Cookie texts that were sent; 0 without one. */
  readonly cookieBytes: number
  /** Names the session in lists; empty if the storage has none. */
  readonly handle: string
  /** Who is signed in after the request; or was, if the session has ended. */
  readonly userId: string | undefined
  /** What the handler or the storage threw, or why a renewal was postponed. */
  readonly error: unknown
}

/** Whether the variable `DEBUG` of the environment or the process contains `fetch-sessions`. */
export function isDebugged(environment: unknown): boolean {
  const names = readVariable(environment, 'DEBUG')?.split(/[\s,]+/) ?? []
  return names.some((name) => ['fetch-sessions', 'fetch-sessions*', '*'].includes(name))
}

/** The names of the keys that a commit would write. Call it before the commit, which clears the changes. */
export function changedKeys({ record }: SessionState): readonly string[] {
  if (record === undefined) return []
  const { set, unset } = record.values.changes()
  return [...set.keys(), ...unset].map((key) => nameOfFlash(key) ?? key)
}

/** Hands an event to the application. If its observer fails, the request goes on, and the error is printed. */
export function notify(observe: (event: SessionEvent) => unknown, event: SessionEvent): void {
  const print = (error: unknown): void => console.error('fetch-sessions: `observe` failed:', error)
  try {
    Promise.resolve(observe(event)).catch(print)
  } catch (error) {
    print(error)
  }
}

/** Prints an event without the user. The text is safe for a terminal: a client may choose the name of a key. */
export function printDebugLine(request: RequestTraits, event: SessionEvent, note: string): void {
  const { userId: _userId, error, changed, storeTime, ...rest } = event
  const shown = {
    ...rest,
    changed: changed.map((name) => name.slice(0, 40)),
    storeTime: Math.round(storeTime * 10) / 10,
    error: error instanceof SessionError ? error.code : nameOf(error),
  }
  const text = JSON.stringify(shown).replaceAll(/[^ -~]/g, escaped)
  const { pathname } = new URL(request.url)
  console.debug(`fetch-sessions: ${request.method} ${pathname} ${text}${note}`)
}

/** An error's message may contain a value. */
function nameOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? error.name : typeof error
}

function escaped(text: string): string {
  return `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`
}
