/**
 * Why a {@link SessionError} was thrown; stable across releases, unlike the message.
 *
 * - `ERR_SESSION_CONFIG`: an option cannot be, thrown where the storage or the middleware is made.
 * - `ERR_SESSION_COOKIE_TOO_LARGE`: the `Set-Cookie` would exceed the 4096 bytes that browsers keep.
 * - `ERR_SESSION_VALUE`: a value that JSON cannot carry.
 * - `ERR_SESSION_CLOSED`: a write after the response was committed.
 * - `ERR_SESSION_DESTROYED`: use of a session after `destroy()`.
 * - `ERR_SESSION_STORAGE`: the back end could not answer; its own error is the `cause`.
 */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_COOKIE_TOO_LARGE'
  | 'ERR_SESSION_VALUE'
  | 'ERR_SESSION_CLOSED'
  | 'ERR_SESSION_DESTROYED'
  | 'ERR_SESSION_STORAGE'

/** The only error that this package throws. Bad input from a client is never one. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError'
  readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
