/**
 * Sessions in the drivers of unstorage.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { StoreSessionStorageOptions } from '../engine/store-storage.ts'
import type { SessionStore, StoredSession } from '../engine/store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/** The part of a `Storage` of unstorage that we call. */
interface UnstorageLike {
  /** The value under the key, or null if there is none. */
  getItem(key: string): Promise<unknown>
  /** Stores a value; `ttl` is in seconds. */
  setItem(key: string, value: UnstorageRecord, options: { ttl: number }): Promise<void>
  /** Removes the value, whether it was there or not. */
  removeItem(key: string): Promise<void>
}

/** A record in the storage. */
interface UnstorageRecord {
  /** The session as the core writes it. */
  readonly data: string
  /** Changes with every write. */
  readonly version: string
  /** When the record expires, in milliseconds since 1970. */
  readonly expires: number
}

/**
 * Options of {@link createUnstorageSessionStorage}.
 *
 * @example
 * import type { UnstorageSessionStorageOptions } from 'fetch-sessions/storage/unstorage'
 * import { createStorage } from 'unstorage'
 *
 * export const options: UnstorageSessionStorageOptions<{ cart: string[] }> = {
 *   storage: createStorage(),
 *   prefix: 'shop:session:',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface UnstorageSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** A storage with its driver mounted; this package does not dispose of it. */
  storage: UnstorageLike
}

/**
 * Keeps sessions in any driver of unstorage. **unstorage cannot compare**: if two requests write one session at once, the
 * later write replaces the earlier one, and a write that is in flight during a logout can bring the session back. Only some
 * drivers delete expired records (`ttl`). With the others, delete them yourself.
 *
 * Keys start with `session:` unless `prefix` says otherwise.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createUnstorageSessionStorage } from 'fetch-sessions/storage/unstorage'
 * import { createStorage } from 'unstorage'
 * import fsDriver from 'unstorage/drivers/fs'
 *
 * export const storage = createUnstorageSessionStorage<{ cart: string[] }>({
 *   storage: createStorage({ driver: fsDriver({ base: './sessions' }) }),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createUnstorageSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: UnstorageSessionStorageOptions<Data>): SessionStorage<Data, FlashData> {
  if (options.prefix?.includes('?')) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`prefix\` is "${options.prefix}": unstorage cuts a key off at "?"; write a prefix without it.`,
    )
  }
  const store = createUnstorageStore(options.storage)
  return createStoreSessionStorage<Data, FlashData>(store, { prefix: 'session:', ...options })
}

/**
 * The store alone, without the core over it.
 *
 * @example
 * import { createUnstorageStore } from 'fetch-sessions/storage/unstorage'
 * import { createStorage } from 'unstorage'
 *
 * const store = createUnstorageStore(createStorage())
 * console.log(await store.read('session:none'))
 */
export function createUnstorageStore(storage: UnstorageLike): SessionStore {
  assertClient(storage, {
    option: 'storage',
    expected: 'a storage of unstorage, such as `createStorage({ driver })`',
    methods: [['getItem', 'setItem', 'removeItem']],
  })

  async function find(key: string): Promise<StoredSession | null> {
    const record = (await storage.getItem(key)) as Partial<UnstorageRecord> | null
    const { data, version, expires } = record ?? {}
    if (typeof data !== 'string' || typeof version !== 'string') return null
    return typeof expires === 'number' && expires > Date.now()
      ? { data, version, expires: new Date(expires) }
      : null
  }

  async function put(key: string, data: string, expires: Date): Promise<string> {
    const version = crypto.randomUUID()
    const expiresAt = expires.getTime()
    const ttl = Math.max(1, Math.ceil((expiresAt - Date.now()) / 1000))
    await storage.setItem(key, { data, version, expires: expiresAt }, { ttl })
    return version
  }

  return {
    read: find,
    async create(key, { data, expires }) {
      return (await find(key)) === null ? put(key, data, expires) : null
    },
    async update(key, version, { data, expires }) {
      const found = await find(key)
      if (found?.version !== version) return null
      return put(key, data ?? found.data, expires ?? found.expires)
    },
    async delete(key) {
      await storage.removeItem(key)
    },
  }
}
