import { readVariable } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { relativeTime } from '../util/relative-time.ts'
import type { Decision, HandlerOutcome } from './request-outcome.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import type { SessionControl, SessionRecord } from '../session/session-state.ts'
import { nameOfFlash } from '../session/session-values.ts'
import type { SessionValues } from '../session/session-values.ts'

/** Gathers what becomes of the session of one request, and says it in one line: names and reasons, never a value. */
export interface DebugLine {
  decided(decision: Decision, facts: CommitFacts): void
  settled(setCookie: string | undefined | null): void
  failed(error: unknown): void
}

export interface CommitFacts {
  readonly control: SessionControl
  readonly outcome: HandlerOutcome
  readonly saves: boolean
  readonly now: number
}

/** Whether the variable `DEBUG`, of the environment or the process, asks for `fetch-sessions`. */
export function isDebugged(environment: unknown): boolean {
  const names = readVariable(environment, 'DEBUG')?.split(/[\s,]+/) ?? []
  return names.some((name) => ['fetch-sessions', 'fetch-sessions*', '*'].includes(name))
}

export function createDebugLine(request: RequestTraits, cookieName: string): DebugLine {
  let line = ''
  const print = (what: string): void => {
    const { pathname } = new URL(request.url)
    console.debug(`fetch-sessions: ${request.method} ${pathname} ${cookieName}: ${what}`)
  }
  return {
    decided(decision, facts) {
      const refused = facts.control.isOpen ? refusalOf(facts.control.record, facts.now) : ''
      line = `${refused}${reasonOf(decision, facts)}`
    },
    settled(setCookie) {
      if (setCookie === null) print(`${line}, but the record is gone`)
      else print(setCookie === undefined ? line : `${line}; cookie sent`)
    },
    failed(error) {
      print(error instanceof SessionError ? `failed: ${error.code}` : 'keep: the handler threw')
    },
  }
}

function refusalOf({ origin, endedAt }: SessionRecord, now: number): string {
  if (origin === 'new' || origin === 'resumed') return ''
  const since = endedAt === undefined ? '' : ` ${relativeTime(endedAt - now)}`
  return `refused: ${origin}${since}; `
}

function reasonOf(decision: Decision, facts: CommitFacts): string {
  switch (decision) {
    case 'keep':
      return `keep: ${reasonToKeep(facts)}`
    case 'yield':
      return 'keep: the handler committed another session under the same cookie'
    case 'drop':
      return 'drop: destroyed'
    case 'write':
      return `write: ${reasonsToWrite(facts).join(', ')}`
  }
}

function reasonToKeep({ control, outcome, saves }: CommitFacts): string {
  const { response, error } = outcome
  if (control.destroyed && control.settled) return 'destroyed by hand'
  if (!saves) return error === undefined ? `status ${response.status}` : 'the handler threw'
  if (control.committed) return 'committed by hand'
  return control.touched ? 'nothing changed' : 'untouched'
}

function reasonsToWrite({ control, now }: CommitFacts): string[] {
  const { record, regenerated } = control
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

/** A name may come from a client, and control characters must not reach a terminal. */
function printable(name: string): string {
  return /^[\w.:-]{1,40}$/.test(name) ? name : JSON.stringify(name.slice(0, 40))
}
