import { SessionError } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { SessionValues } from './session-values.ts'
import type { StoredValues } from './session-values.ts'
import type { ValueSchema } from './value-schema.ts'

/**
 * Why a session is as it is: `new` (no cookie came), `resumed`, or the reason that an offered cookie
 * was refused: `tampered` (it does not authenticate), `expired`, `unknown` (the store has no such
 * record), `invalid` (authentic, but not a session).
 *
 * @example
 * import type { Session, SessionOrigin } from 'fetch-sessions'
 *
 * const notices: Partial<Record<SessionOrigin, string>> = {
 *   expired: 'You were signed out after a while without a visit.',
 *   unknown: 'You were signed out.',
 * }
 *
 * export const noticeFor = (session: Session): string | undefined => notices[session.origin]
 */
export type SessionOrigin = 'new' | 'resumed' | 'tampered' | 'expired' | 'unknown' | 'invalid'

/** A session as a storage knows it. Moments are in milliseconds since 1970. */
export interface SessionRecord {
  readonly origin: SessionOrigin
  readonly id: string
  readonly values: SessionValues
  readonly createdAt: number | undefined
  readonly expiresAt: number | undefined
  /** When the session ended for which an `expired` cookie stood. */
  readonly expiredAt?: number | undefined
  /** The expiry was chosen by hand in `commitSession`, and renewals do not move it. */
  readonly fixed: boolean
  /** The cookie goes when the browser is closed, chosen by hand in `commitSession`. */
  readonly transient: boolean
  /** The token should be sealed anew: by an older secret, or in a form that is being left. */
  readonly stale: boolean
  /** The back end's own note on the record, such as its version; `undefined` while nothing is stored. */
  readonly stored: unknown
  /** The back end's note on an id that a login or a logout has retired; `undefined` for every other session. */
  readonly retired?: unknown
}

/** What opens the sessions of a storage, and knows them as its own. */
export interface SessionLoader {
  /** What session values must be, if the storage has a schema. */
  readonly schema: ValueSchema | undefined
  /** The session that the offered cookie values stand for, and a new one if none does. */
  resume(state: SessionState): MaybePromise<SessionRecord>
  /** Ends the session in its back end, and whatever else the request's cookies stand for. */
  remove(state: SessionState): Promise<void>
}

/** The side of a session that storages and the request lifecycle see. */
export class SessionState {
  /** `undefined` for sessions that were made by hand, and for those without a cookie until a commit. */
  loader: SessionLoader | undefined
  /** The cookie values that came under the name of the session. */
  readonly offered: readonly string[]
  /** True if the source answers at once, so that the first access can open the session. */
  readonly opensOnAccess: boolean
  /** The request that it belongs to, if a middleware has opened it. */
  request: RequestTraits | undefined = undefined

  touched = false
  regenerated = false
  destroyed = false
  closed = false
  /** The bodies of every authentic cookie of the request, the chosen one first: a logout ends what they stand for. */
  bodies: readonly string[] = []
  /** The Set-Cookie texts of a commit by hand, which the middleware sends if the handler does not. */
  committed: readonly string[] | undefined = undefined
  /** Ended by hand, so that its back end knows it. */
  endedInBackend = false
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
   * Loads the record, once. If that fails, the session is empty and takes no writes, so that the page of the error can
   * be made with it.
   */
  open(): MaybePromise<SessionRecord> {
    if (this.record !== undefined) return this.record
    if (this.#opening !== undefined) return this.#opening
    const record = this.loader?.resume(this) ?? unstoredRecord('new')
    if (!(record instanceof Promise)) return (this.record = record)
    this.#opening = record.then(
      (loaded) => (this.record = loaded),
      (error: unknown) => {
        this.record = unstoredRecord('new')
        this.touched = true // the page of the error may look at it without a warning
        this.closed = true
        throw error
      },
    )
    return this.#opening
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

/** A record of which nothing is stored yet. */
export function unstoredRecord(
  origin: SessionOrigin,
  values?: StoredValues,
  expiredAt?: number,
): SessionRecord {
  return {
    expiredAt,
    origin,
    id: '',
    values: new SessionValues(values),
    createdAt: undefined,
    expiresAt: undefined,
    fixed: false,
    transient: false,
    stale: false,
    stored: undefined,
  }
}
