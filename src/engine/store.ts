/**
 * A record as a store returns it.
 *
 * @example
 * import type { StoredSession } from 'fetch-sessions'
 *
 * export function fromRow(row: { data: string; version: string; expires: number }): StoredSession {
 *   return { data: row.data, version: row.version, expires: new Date(row.expires) }
 * }
 */
export interface StoredSession {
  /** The data as it was written; opaque to the store. */
  readonly data: string
  /** Changes with every change of the data; opaque to the core, and never empty. */
  readonly version: string
  /** The moment from which `read` returns `null`. */
  readonly expires: Date
}

/**
 * What `create` writes.
 *
 * @example
 * import type { NewRecord } from 'fetch-sessions'
 *
 * export const toRow = ({ data, expires }: NewRecord) => ({
 *   data,
 *   version: crypto.randomUUID(),
 *   expires: expires.getTime(), // milliseconds since 1970
 * })
 */
export interface NewRecord {
  /** Opaque to the store. */
  readonly data: string
  /** The moment from which `read` returns `null`. It may be in the past. */
  readonly expires: Date
  /** Whose session the record is: opaque, a hash after the prefix. Without it, the record is nobody's. */
  readonly user?: string | undefined
}

/**
 * What `update` writes: new data, a new expiry, or both. Absent data or an absent expiry stays as it is. The record is
 * `user`'s from then on, and nobody's without `user`. A change of the expiry alone names the user that the record has.
 *
 * @example
 * import type { RecordChange, StoredSession } from 'fetch-sessions'
 *
 * export const changed = (record: StoredSession, change: RecordChange): StoredSession => ({
 *   data: change.data ?? record.data,
 *   version: crypto.randomUUID(),
 *   expires: change.expires ?? record.expires,
 * })
 */
export type RecordChange = (
  | { readonly data: string; readonly expires?: undefined }
  | { readonly data?: undefined; readonly expires: Date }
  | { readonly data: string; readonly expires: Date }
) & { readonly user?: string | undefined }

/**
 * The answer of a back end that does not want to write now. It may postpone only a change of the expiry alone. The record
 * and the cookie then stay as they are, and the next request tries again.
 *
 * @example
 * import type { Postponed } from 'fetch-sessions'
 *
 * // For a back end that limits how often a key is written, such as Workers KV.
 * export const postponed: Postponed = { postponed: true }
 */
export interface Postponed {
  /** Distinguishes this answer from a version. */
  readonly postponed: true
}

/**
 * A back end that keeps strings. It knows no ids, no JSON and no sessions. The core handles those, and conflicts too.
 *
 * A method throws only if the back end cannot answer. The request then fails with `ERR_SESSION_STORAGE`.
 *
 * @example
 * import type { SessionStore, StoredSession } from 'fetch-sessions'
 *
 * export function createMapStore(records = new Map<string, StoredSession>()): SessionStore {
 *   const find = (key: string): StoredSession | null => {
 *     const record = records.get(key)
 *     return record !== undefined && record.expires > new Date() ? record : null
 *   }
 *   return {
 *     async read(key) {
 *       return find(key)
 *     },
 *     async create(key, { data, expires }) {
 *       if (find(key) !== null) return null
 *       const version = crypto.randomUUID()
 *       records.set(key, { data, version, expires })
 *       return version
 *     },
 *     async update(key, expected, { data, expires }) {
 *       const record = find(key)
 *       if (record?.version !== expected) return null
 *       const version = crypto.randomUUID()
 *       records.set(key, { data: data ?? record.data, version, expires: expires ?? record.expires })
 *       return version
 *     },
 *     async delete(key) {
 *       records.delete(key)
 *     },
 *   }
 * }
 */
export interface SessionStore {
  /**
   * Reads a record.
   * @param key opaque, 43 characters of base64url after the prefix
   * @returns the record, or `null` if there is none or it has expired
   * @throws only if the back end cannot answer
   */
  read(key: string): Promise<StoredSession | null>
  /**
   * Writes a record if nothing is stored. An expired record counts as nothing.
   * @returns the version of the new record, which no earlier record under this key had; or `null` if something is there
   * @throws only if the back end cannot answer; the record may then be there or not
   */
  create(key: string, record: NewRecord): Promise<string | null>
  /**
   * Changes a record if the stored version is still `version`. The comparison and the write are one step.
   * @param version the version that the core has read or written
   * @param change new data, a new expiry, or both
   * @returns the version from now on: a new one if the data has changed; the old one or a new one if only the expiry has.
   * `null` if the stored version differs, or if the record is gone or has expired. `{ postponed: true }` if the back end
   * does not want to write now; only a change of the expiry alone may be postponed
   * @throws only if the back end cannot answer; the change may then be made or not
   */
  update(key: string, version: string, change: RecordChange): Promise<string | Postponed | null>
  /**
   * Deletes a record. Deleting a missing record is valid.
   * @throws only if the back end cannot answer
   */
  delete(key: string): Promise<void>
}

/**
 * Some of the keys of one user.
 *
 * @example
 * import type { KeyPage } from 'fetch-sessions'
 *
 * export const nothing: KeyPage = { keys: [], cursor: undefined }
 */
export interface KeyPage {
  /** At most a few hundred, in any order. */
  readonly keys: readonly string[]
  /** Gets the next page; opaque to the core. `undefined` on the last page. A page may be empty and not the last. */
  readonly cursor: string | undefined
}

/**
 * A {@link SessionStore} that can look up by user. A storage over it lists and ends the sessions of a user.
 *
 * @example
 * import type { IndexedSessionStore, SessionStore } from 'fetch-sessions'
 *
 * export function withIndex(
 *   store: SessionStore,
 *   keysOfUser: (user: string) => Promise<string[]>,
 * ): IndexedSessionStore {
 *   return { ...store, keysOf: async (user) => ({ keys: await keysOfUser(user), cursor: undefined }) }
 * }
 */
export interface IndexedSessionStore extends SessionStore {
  /**
   * The keys of the records that belong to a user, in pages, so that a user with thousands of sessions does not stall the
   * back end. A record is listed from the moment at which `create` or `update` has written it with this user, until it is
   * deleted, expires, or is updated without this user. A record that belongs to the user from the first page to the last is
   * on one of the pages.
   *
   * Where the index is not one step with the record, it is written first, so that no record is ever missing from it. A key
   * in the index without such a record is left out, and removed in time.
   * @param user opaque, as in {@link NewRecord}
   * @param cursor from the page before; `undefined` for the first
   * @throws only if the back end cannot answer
   */
  keysOf(user: string, cursor?: string): Promise<KeyPage>
}

/** Whether a store can look up by user. */
export function isIndexed(store: SessionStore): store is IndexedSessionStore {
  return 'keysOf' in store && typeof store.keysOf === 'function'
}
