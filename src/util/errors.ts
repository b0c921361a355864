/**
 * Why a {@link SessionError} was thrown; stable across releases, unlike the message.
 *
 * - `ERR_SESSION_CONFIG`: an option is invalid; thrown where the storage or the middleware is made. The first request
 *   throws it too, if the table of an SQL database does not exist.
 * - `ERR_SESSION_COOKIE_TOO_LARGE`: the `Set-Cookie` would exceed the 4096 bytes that browsers keep.
 * - `ERR_SESSION_VALUE`: JSON cannot carry a value.
 * - `ERR_SESSION_CLOSED`: a write after the response was committed.
 * - `ERR_SESSION_DESTROYED`: use of a session after `destroy()`.
 * - `ERR_SESSION_STORAGE`: the back end could not answer; its own error is the `cause`.
 *
 * @example
 * import { SessionError } from 'fetch-sessions'
 * import type { SessionErrorCode } from 'fetch-sessions'
 *
 * const statuses: Partial<Record<SessionErrorCode, number>> = { ERR_SESSION_STORAGE: 503 }
 *
 * export function statusOf(error: unknown): number {
 *   return (error instanceof SessionError && statuses[error.code]) || 500
 * }
 */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_COOKIE_TOO_LARGE'
  | 'ERR_SESSION_VALUE'
  | 'ERR_SESSION_CLOSED'
  | 'ERR_SESSION_DESTROYED'
  | 'ERR_SESSION_STORAGE'

/**
 * The only error that this package throws. Bad input from a client never throws.
 *
 * @example
 * import { SessionError } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * const app = new Hono().use(session())
 *
 * app.onError((error, c) => {
 *   const isOutage = error instanceof SessionError && error.code === 'ERR_SESSION_STORAGE'
 *   return isOutage ? c.text('Try again in a minute', 503) : c.text('Our fault', 500)
 * })
 */
export class SessionError extends Error {
  /** Always `SessionError`. It identifies the error even if several copies of the package are loaded. */
  override readonly name: string = 'SessionError'
  /** Why it was thrown. */
  readonly code: SessionErrorCode

  /**
   * A back end may throw one too. Its code reaches the application unchanged.
   * @param options `cause`: the error that led to this one
   */
  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** A given value as text for an error message. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** The error for an invalid option of the session cookie. */
export function cookieError(problem: string, options?: { cause: unknown }): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `The session cookie is misconfigured: ${problem}.`,
    options,
  )
}
