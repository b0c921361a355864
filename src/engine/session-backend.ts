import type { SessionRecord } from '../session/session-state.ts'
import type { StoredValues } from '../session/session-values.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'

/** What a back end found for the body of a token. Moments are in milliseconds since 1970. */
export interface LoadedSession {
  readonly id: string
  readonly values: StoredValues
  /** Only from back ends that keep them; otherwise the token's count. */
  readonly createdAt?: number
  readonly expiresAt?: number
  readonly fixed?: boolean
  /** It should be written anew, though nothing has changed. */
  readonly stale?: boolean
  /** The back end's own note, such as the version of the record. */
  readonly stored?: unknown
}

/** An id that a login or a logout has retired a moment ago. */
export interface RetiredSession {
  /** The back end's own note, which it gets back at the commit. */
  readonly retired: unknown
}

/** How the values are written. */
export interface SaveOptions {
  /** Under a new id, and the old one retired. */
  readonly regenerate: boolean
  readonly createdAt: number
  readonly expiresAt: number
  /** The expiry was chosen by hand. */
  readonly fixed: boolean
  /** The expiry moves, with a new cookie. Otherwise the record keeps its own, which may differ from the token's. */
  readonly renews: boolean
  /** The record should be written anew, though nothing has changed. */
  readonly reseals: boolean
  /** The application asked for it, so that it must not be postponed. */
  readonly byHand: boolean
}

/** What a back end has written. */
export interface SavedSession {
  /** The body of the next token. */
  readonly body: string
  readonly id: string
  readonly stored?: unknown
  /** The lifetime that the record has now, if another request has chosen it by hand meanwhile. */
  readonly expiresAt?: number
  readonly fixed?: boolean
}

/**
 * What became of a write: done; `postponed`, if the next request should try the renewal again; or `retired`, if the id
 * was retired or deleted meanwhile, so that nothing was written and no cookie may be sent.
 */
export type SaveResult = SavedSession | 'postponed' | 'retired'

/** Where the values of sessions are kept: in the cookie itself, or under an id. */
export interface SessionBackend {
  readonly kind: 'cookie' | 'id'
  /** Whether {@link save} lays its changes over what other requests have written meanwhile. */
  readonly merges: boolean
  /** Whether {@link load} answers without a promise. */
  readonly immediate: boolean
  /** Whether it knows creation and expiry itself, so that they hold without the token's. */
  readonly keepsTimes: boolean
  /** What the body of an authentic token stands for, or why it stands for nothing. */
  load(body: string): MaybePromise<LoadedSession | RetiredSession | 'unknown' | 'invalid'>
  save(record: SessionRecord, options: SaveOptions): MaybePromise<SaveResult>
  /** Ends a session, and every session that was begun under its id. */
  end(record: SessionRecord): MaybePromise<void>
  /** Ends the session that the body of a token stands for. */
  endBody(body: string): MaybePromise<void>
}
