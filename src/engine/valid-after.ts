import { SessionError, shown } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'

/** The moment from which the sessions of a user are valid; `undefined` if all are. */
export type ValidAfter = (userId: string) => MaybePromise<Date | undefined>

/**
 * The moment from which the sessions of a user are valid, in milliseconds since 1970.
 *
 * @throws SessionError `ERR_SESSION_STORAGE` if `validAfter` throws, `ERR_SESSION_CONFIG` if it gives anything but a Date
 */
export function validFrom(validAfter: ValidAfter, userId: string): MaybePromise<number> {
  try {
    const answer: unknown = validAfter(userId)
    // Also a promise of another class, such as that of a query builder.
    const isPromise = typeof answer === 'object' && answer !== null && 'then' in answer
    return isPromise ? Promise.resolve(answer).then(toMoment).catch(throwFailure) : toMoment(answer)
  } catch (error) {
    return throwFailure(error)
  }
}

function toMoment(answer: unknown): number {
  if (answer === undefined) return -Infinity
  if (answer instanceof Date && !Number.isNaN(answer.getTime())) return answer.getTime()
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`validAfter\` gave ${shown(answer)}: return a valid Date, or undefined if all sessions of the user are valid.`,
  )
}

function throwFailure(cause: unknown): never {
  if (cause instanceof SessionError) throw cause
  const problem = cause instanceof Error ? cause.message : String(cause)
  throw new SessionError('ERR_SESSION_STORAGE', `\`validAfter\` threw: ${problem}`, { cause })
}
