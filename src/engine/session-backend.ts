import type { SessionRecord, SessionUser } from '../session/session-state.ts'
import type { StoredValues } from '../session/session-values.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'

/** The session that a back end loads for the body of a token. Moments are in milliseconds since 1970. */
export interface LoadedSession {
  readonly id: string
  readonly values: StoredValues
  /** These three come only from back ends that keep them. Otherwise those of the token apply. */
  readonly createdAt?: number
  readonly expiresAt?: number
  readonly fixed?: boolean
  /** Who is signed in. */
  readonly user?: SessionUser | undefined
  /** Names the session in lists, if the back end has any. */
  readonly handle?: string
  /** It should be written anew, though nothing has changed. */
  readonly stale?: boolean
  /** The back end's own note, such as the version of the record. A commit returns it to the back end. */
  readonly stored?: unknown
}

/** An id that a login, a logout or the end of its session has retired. */
export interface RetiredSession {
  readonly origin: 'unknown' | 'revoked'
  /** The back end's own note. A commit returns it to the back end. */
  readonly retired: unknown
}

/** How to write the values. */
export interface SaveOptions {
  /** Writes under a new id and retires the old one. */
  readonly regenerate: boolean
  /** The new id is that of a sign-in, which counts as later than a logout that was committed before. */
  readonly signsIn: boolean
  /** Who is signed in from now on. */
  readonly user: SessionUser | undefined
  readonly createdAt: number
  readonly expiresAt: number
  /** The expiry was chosen by hand. */
  readonly fixed: boolean
  /** The expiry moves, with a new cookie. Otherwise the record keeps its own, which may differ from the token's. */
  readonly renews: boolean
  /** Writes the record again, though nothing has changed. */
  readonly reseals: boolean
  /** The application itself commits, so the write must not be postponed. */
  readonly byHand: boolean
  /** The user was seen longer ago than lists should say. */
  readonly isSeen: boolean
  /** Counts the writes of other requests that this one has met. */
  readonly conflicts?: { count: number } | undefined
}

/** The session that a back end has written. */
export interface SavedSession {
  /** The body of the next token. */
  readonly body: string
  readonly id: string
  readonly handle?: string
  readonly stored?: unknown
  /** The lifetime of the record now. It differs if another request has chosen one by hand meanwhile. */
  readonly expiresAt?: number
  readonly fixed?: boolean
}

/**
 * The result of a write: the session; `postponed`, if the next request should try the renewal again; or `retired`, if the
 * id was retired or deleted meanwhile. Then nothing is written, and no cookie may be sent.
 */
export type SaveResult = SavedSession | 'postponed' | 'retired'

/** Keeps the values of sessions: in the cookie itself, or under an id. */
export interface SessionBackend {
  readonly kind: 'cookie' | 'id'
  /** Whether {@link save} merges its changes into what other requests have written meanwhile. */
  readonly merges: boolean
  /** Whether {@link load} answers without a promise. */
  readonly immediate: boolean
  /** Whether it stores creation, expiry and user itself, so that tokens need not carry them. */
  readonly keepsTimes: boolean
  /** Lists and ends the sessions of a user, if the back end can look them up. */
  readonly users?: UserSessions | undefined
  /** Loads the session for the body of an authentic token, or returns why there is none. */
  load(body: string): MaybePromise<LoadedSession | RetiredSession | 'unknown' | 'invalid'>
  save(record: SessionRecord, options: SaveOptions): MaybePromise<SaveResult>
  /** Ends a session at a logout, and every session that was begun under its id. */
  end(record: SessionRecord): MaybePromise<void>
  /** Ends the session for the body of a token. */
  endBody(body: string): MaybePromise<void>
  /** The id in the body of a token. */
  idOf(body: string): string
}

/** A record of a session, parsed. */
export interface ParsedRecord {
  readonly createdAt: number
  readonly fixed: boolean
  readonly user: SessionUser | undefined
  readonly stale: boolean
  readonly values: StoredValues
}

/** A session in the list of its user. Moments are in milliseconds since 1970. */
export interface ListedSession {
  readonly handle: string
  readonly user: SessionUser
  readonly createdAt: number
  readonly expiresAt: number
  readonly fixed: boolean
  /** That of its record. */
  readonly version: string
}

/** The sessions of a user. */
export interface UserSessions {
  /** In any order. */
  list(userId: string): Promise<ListedSession[]>
  /** Ends one session. Returns whether it was one of this user, and not ended yet. */
  end(userId: string, handle: string): Promise<boolean>
  /** Ends all sessions but one, and returns how many. */
  endAll(userId: string, except: string | undefined): Promise<number>
}
