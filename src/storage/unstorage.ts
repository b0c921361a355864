import { SessionError } from '../errors.ts'
import { createStoreSessionStorage } from '../session-store.ts'
import type { SessionStore, StoredSession, StoreSessionStorageOptions } from '../session-store.ts'
import type { SessionStorage } from '../session-storage.ts'
import type { SessionData } from '../session.ts'

/** What is used of a `Storage` of unstorage. */
export interface UnstorageLike {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: UnstorageRecord, options: { ttl: number }): Promise<void>
  removeItem(key: string): Promise<void>
}

/** A record as it stands in the storage. */
export interface UnstorageRecord {
  readonly data: string
  readonly version: string
  readonly expires: number
}

export interface UnstorageSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  storage: UnstorageLike
}

/**
 * Keeps sessions in whatever a driver of unstorage writes to. **unstorage cannot compare**: of two requests at once that
 * write one session the later one wins, whole, and a write that was under way at a logout can bring the session back.
 * Only some drivers drop expired records by themselves (`ttl`); with the others they stay until somebody removes them.
 *
 * Keys start with `session:` unless `prefix` says otherwise.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createUnstorageSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: UnstorageSessionStorageOptions<Data>): SessionStorage<Data, FlashData> {
  if (options.prefix?.includes('?')) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`prefix\` is "${options.prefix}": unstorage cuts a key off at "?"; leave that out.`,
    )
  }
  const store = createUnstorageStore(options.storage)
  return createStoreSessionStorage<Data, FlashData>(store, { prefix: 'session:', ...options })
}

/** The store alone, without the core over it. */
export function createUnstorageStore(storage: UnstorageLike): SessionStore {
  async function find(key: string): Promise<StoredSession | null> {
    const record = (await storage.getItem(key)) as Partial<UnstorageRecord> | null
    const { data, version, expires } = record ?? {}
    if (typeof data !== 'string' || typeof version !== 'string') return null
    return typeof expires === 'number' && expires > Date.now()
      ? { data, version, expires: new Date(expires) }
      : null
  }

  return {
    read: find,
    async write(key, data, expires, expected) {
      const found = await find(key)
      if ((found?.version ?? null) !== expected) return null
      const version = crypto.randomUUID()
      const end = (expires ?? found?.expires)?.getTime() ?? 0
      const record = { data: data ?? found?.data ?? '', version, expires: end }
      const ttl = Math.max(1, Math.ceil((record.expires - Date.now()) / 1000))
      await storage.setItem(key, record, { ttl })
      return version
    },
    async delete(key) {
      await storage.removeItem(key)
    },
  }
}
