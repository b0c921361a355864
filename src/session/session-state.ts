import { SessionError } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { SessionValues } from './session-values.ts'
import type { StoredValues } from './session-values.ts'
import type { ValueSchema } from './value-schema.ts'

/**
 * Where a session comes from: `new` (the request had no cookie), `resumed`, or the reason that its cookie was refused:
 * `tampered` (it does not authenticate), `expired`, `unknown` (the store has no such record), `invalid` (authentic, but not
 * a session), `revoked` (it was ended from elsewhere: by `endSession()`, `endSessions()` or `validAfter`).
 *
 * @example
 * import type { Session, SessionOrigin } from 'fetch-sessions'
 *
 * const notices: Partial<Record<SessionOrigin, string>> = {
 *   expired: 'You were signed out after a while without a visit.',
 *   unknown: 'You were signed out.',
 *   revoked: 'You were signed out from another device.',
 * }
 *
 * export const noticeFor = (session: Session): string | undefined => notices[session.origin]
 */
export type SessionOrigin =
  'new' | 'resumed' | 'tampered' | 'expired' | 'unknown' | 'invalid' | 'revoked'

/** The user who is signed in to a session. Moments are in milliseconds since 1970. */
export interface SessionUser {
  readonly id: string
  /** When the user last proved their identity. */
  readonly authenticatedAt: number
  /** A label for the user's list of sessions. */
  readonly device?: string | undefined
  /** When the session was last used, at most an hour too early. Back ends without an index keep none. */
  readonly seenAt?: number | undefined
  /** When the sign-in was committed, which orders sign-ins. Back ends without an index keep none. */
  readonly signedInAt?: number | undefined
  /** The key of the session whose place this one takes. Until it does, both are listed. */
  readonly replaces?: string | undefined
}

/** A session as a storage knows it. Moments are in milliseconds since 1970. */
export interface SessionRecord {
  readonly origin: SessionOrigin
  readonly id: string
  readonly values: SessionValues
  readonly createdAt: number | undefined
  readonly expiresAt: number | undefined
  /** The expiry was chosen by hand, in `signIn` or `commitSession`, and renewals do not move it. */
  readonly fixed: boolean
  /** The cookie ends with the browser, chosen by hand, in `signIn` or `commitSession`. */
  readonly transient: boolean
  /** Who is signed in. It changes only together with the id. */
  readonly user: SessionUser | undefined
  /** Names the session in lists and logs; empty without a record in a back end that names them. */
  readonly handle: string
  /** The token should be sealed again: it uses an older secret or an older form. */
  readonly stale: boolean
  /** The back end's own note on the record, such as its version; `undefined` while nothing is stored. */
  readonly stored: unknown
  /** The back end's note on a session that was refused, since its id was retired or its user revoked it. */
  readonly retired?: unknown
}

/** Loads the sessions of a storage. */
export interface SessionLoader {
  /** The schema of the storage, if it has one. */
  readonly schema: ValueSchema | undefined
  /** Loads the session of the offered cookie values; a new one if they open none. */
  resume(state: SessionState): MaybePromise<SessionRecord>
  /** Ends the sessions of all cookies of the request in the back end. */
  remove(state: SessionState): Promise<void>
}

/** The internal state of a session, for storages and the request lifecycle. */
export class SessionState {
  /** `undefined` for a session that createSession() has made, until a commit. */
  loader: SessionLoader | undefined
  /** The values of the session cookie in the request, which may be several. */
  readonly offered: readonly string[]
  /** True if the loader answers synchronously, so that the first access can open the session. */
  readonly opensOnAccess: boolean
  /** The request, if a middleware has opened the session. */
  request: RequestTraits | undefined = undefined

  touched = false
  regenerated = false
  destroyed = false
  /** A user has signed in and not out again. That counts as later than a logout that was committed meanwhile. */
  signsIn = false
  /** The user has signed out. Like `destroy()`, this holds with every response. */
  signsOut = false
  /** The record before a sign-in or sign-out that is not saved yet. */
  before: SessionRecord | undefined = undefined
  /** The lifetime that a sign-in has chosen, in seconds; without `maxAge` the cookie ends with the browser. */
  chosen: { readonly maxAge: number | undefined } | undefined = undefined
  closed = false
  /** The bodies of all authentic cookies of the request, the chosen one first. A logout ends all of their sessions. */
  bodies: readonly string[] = []
  /** The Set-Cookie texts of a commit by hand, which the middleware sends if the handler does not. */
  committed: readonly string[] | undefined = undefined
  /** `destroySession()` has ended it in its back end. */
  endedInBackend = false
  /** Measures how long the request waits for the session, in milliseconds; `undefined` if nobody asks. */
  meter: { storeTime: number } | undefined = undefined
  #opening: Promise<SessionRecord> | undefined
  /** `undefined` until the session is opened. */
  record: SessionRecord | undefined = undefined

  constructor(
    loader: SessionLoader | undefined,
    offered: readonly string[],
    opensOnAccess: boolean,
  ) {
    this.loader = loader
    this.offered = offered
    this.opensOnAccess = opensOnAccess
  }

  /** True if a commit has something to write. */
  get changed(): boolean {
    return this.destroyed || this.regenerated || this.record?.values.changed === true
  }

  /**
   * Loads the record, once. If that fails, the session is empty and read-only, so that the error page can use it.
   */
  open(): MaybePromise<SessionRecord> {
    if (this.record !== undefined) return this.record
    if (this.#opening !== undefined) return this.#opening
    const { meter } = this
    // Before the call: SQLite reads before it returns its promise.
    const startedAt = meter && performance.now()
    try {
      const record = this.loader?.resume(this) ?? unstoredRecord('new')
      if (!(record instanceof Promise)) return (this.record = record)
      this.#opening = record.then(
        (loaded) => {
          if (meter !== undefined) meter.storeTime += performance.now() - (startedAt ?? 0)
          return (this.record = loaded)
        },
        (error: unknown) => this.#fail(error),
      )
      return this.#opening
    } catch (error) {
      return this.#fail(error) // a schema or `validAfter` that throws at once
    }
  }

  #fail(error: unknown): never {
    this.record = unstoredRecord('new')
    this.touched = true // the error page may read it without a warning
    this.closed = true
    throw error
  }

  /** A new session begins at the next commit: a new id, a new lifetime, and this user or none. */
  beginAnew(record: SessionRecord, user: SessionUser | undefined): void {
    this.before ??= record
    this.regenerated = true
    this.signsIn = user !== undefined
    this.chosen = undefined
    this.record = {
      ...record,
      user,
      createdAt: undefined,
      expiresAt: undefined,
      fixed: false,
      transient: false,
    }
  }

  /** The record, for an access that cannot wait. */
  openAtOnce(): SessionRecord {
    if (this.opensOnAccess) void this.open()
    if (this.record !== undefined) return this.record
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      'This session is loaded on demand (`lazy: true`): write `await session.load()` before using it.',
    )
  }
}

/** A record that is not stored yet. */
export function unstoredRecord(origin: SessionOrigin, values?: StoredValues): SessionRecord {
  return {
    origin,
    id: '',
    values: new SessionValues(values),
    createdAt: undefined,
    expiresAt: undefined,
    fixed: false,
    transient: false,
    user: undefined,
    handle: '',
    stale: false,
    stored: undefined,
  }
}
