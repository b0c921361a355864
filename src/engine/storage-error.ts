import { SessionError } from '../util/errors.ts'

/** Wraps the error of a back end. */
export function throwStorageError(cause: unknown): never {
  if (cause instanceof SessionError) throw cause
  throw new SessionError(
    'ERR_SESSION_STORAGE',
    `The session storage could not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
