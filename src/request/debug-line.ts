import type { SessionRecord, SessionState } from '../session/session-state.ts'
import { nameOfFlash } from '../session/session-values.ts'
import type { SessionValues } from '../session/session-values.ts'
import { readVariable } from '../util/environment.ts'
import { relativeTime } from '../util/relative-time.ts'
import type { RequestTraits } from '../util/request-traits.ts'

/**
 * What happens to a session at the end of a request:
 *
 * - `keep`: nothing
 * - `end`: the session ends in the back end, and its cookie is cleared
 * - `send`: the response sends the cookie that the handler made by hand
 * - `yield`: the handler sends another session under this cookie, and a write would undo that
 * - `write`: the changes are saved
 * - `renew`: the expiry moves, or the token is sealed again
 */
export type Decision = 'keep' | 'end' | 'send' | 'yield' | 'write' | 'renew'

/** Whether the variable `DEBUG` of the environment or the process contains `fetch-sessions`. */
export function isDebugged(environment: unknown): boolean {
  const names = readVariable(environment, 'DEBUG')?.split(/[\s,]+/) ?? []
  return names.some((name) => ['fetch-sessions', 'fetch-sessions*', '*'].includes(name))
}

/** Prints what happened to the session of one request: names and reasons, never a value. */
export function printDebugLine(request: RequestTraits, cookieName: string, text: string): void {
  const { pathname } = new URL(request.url)
  console.debug(`fetch-sessions: ${request.method} ${pathname} ${cookieName}: ${text}`)
}

/** What is about to happen to a session, and why. Call it before the commit, which clears the changes. */
export function explainDecision(
  decision: Decision,
  state: SessionState,
  response: Response | undefined,
  saves: boolean,
  now: number,
): string {
  const refused = state.record === undefined ? '' : refusalOf(state.record, now)
  switch (decision) {
    case 'keep':
      return `${refused}keep: ${reasonToKeep(state, response, saves)}`
    case 'send':
      return `${refused}keep: ${state.endedInBackend ? 'destroyed' : 'committed'} by hand`
    case 'yield':
      return `${refused}keep: the handler committed another session under the same cookie`
    case 'end':
      return `${refused}end: destroyed`
    case 'write':
    case 'renew':
      return `${refused}write: ${reasonsToWrite(state, now).join(', ')}`
  }
}

function refusalOf({ origin, expiredAt }: SessionRecord, now: number): string {
  if (origin === 'new' || origin === 'resumed') return ''
  const since = expiredAt === undefined ? '' : ` ${relativeTime(expiredAt - now)}`
  return `refused: ${origin}${since}; `
}

function reasonToKeep(state: SessionState, response: Response | undefined, saves: boolean): string {
  if (response === undefined) return 'the handler threw'
  if (state.endedInBackend) return 'destroyed by hand'
  if (!saves) return `status ${response.status}`
  if (state.committed !== undefined) return 'committed by hand'
  return state.touched ? 'nothing changed' : 'untouched'
}

function reasonsToWrite({ record, regenerated }: SessionState, now: number): string[] {
  if (record === undefined) return []
  const { values, stale, expiresAt } = record
  const reasons = changesOf(values)
  if (regenerated) reasons.push('new id')
  if (stale) reasons.push('to be sealed or migrated anew')
  if (reasons.length === 0 && expiresAt !== undefined) {
    reasons.push(`renewed, would have ended ${relativeTime(expiresAt - now)}`)
  }
  return reasons
}

function changesOf(values: SessionValues): string[] {
  const { cleared, set, unset } = values.changes()
  return [
    ...(cleared ? ['cleared'] : []),
    ...[...set.keys()].map((key) => {
      const flash = nameOfFlash(key)
      return flash === undefined ? `${printable(key)} changed` : `${printable(flash)} flashed`
    }),
    ...(cleared ? [] : unset).map((key) => {
      const flash = nameOfFlash(key)
      return flash === undefined ? `${printable(key)} removed` : `${printable(flash)} read`
    }),
  ]
}

/** A client may choose a name, and control characters must not reach a terminal. */
function printable(name: string): string {
  return /^[\w.:-]{1,40}$/.test(name) ? name : JSON.stringify(name.slice(0, 40))
}
