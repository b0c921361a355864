/**
 * What the rest of the application made of a request.
 *
 * @example
 * import type { HandlerOutcome } from 'fetch-sessions'
 *
 * // A router that turns exceptions into pages by itself tells of them, so that nothing is saved.
 * export const outcomeOf = (response: Response, error?: unknown): HandlerOutcome => ({
 *   response,
 *   error,
 * })
 */
export interface HandlerOutcome {
  /** What is to be sent. */
  readonly response: Response
  /** The exception that the response reports, where the router has turned it into one. */
  readonly error?: unknown
}

/** All that a commit depends on. */
export interface CommitState {
  /** The response is one that saves. */
  readonly saves: boolean
  readonly destroyed: boolean
  readonly changed: boolean
  /** The handler has sent another session under the same cookie, which the changes would undo. */
  readonly yields: boolean
  /** Less than half of the lifetime is left, or the token should be sealed anew. */
  readonly renews: boolean
}

export type Decision = 'keep' | 'drop' | 'yield' | 'write'

/** What becomes of a session at the end of a request. */
export function decide(state: CommitState): Decision {
  if (!state.saves) return 'keep'
  if (state.destroyed) return 'drop'
  if (state.yields) return 'yield'
  return state.changed || state.renews ? 'write' : 'keep'
}
