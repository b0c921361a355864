/**
 * Sessions in the memory of the process.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionStorageOptions } from '../engine/session-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { SessionData } from '../session/session.ts'
import { createExpiryQueue } from './expiry-queue.ts'

/**
 * Options of {@link createMemorySessionStorage}.
 *
 * @example
 * import type { MemorySessionStorageOptions } from 'fetch-sessions/storage/memory'
 *
 * export const options: MemorySessionStorageOptions<{ userId: string }> = {
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   maxRecords: 10_000,
 * }
 */
export interface MemorySessionStorageOptions<Data extends object = SessionData>
  extends
    SessionStorageOptions<Data>,
    Pick<IndexedSessionStorageOptions<Data>, 'maxSessionsPerUser'> {
  /**
   * The most sessions to keep. Beyond it, expired sessions are evicted first, then the least recently used ones.
   * Default: 100,000.
   */
  maxRecords?: number | undefined
}

/**
 * Keeps sessions in the memory of this process, for development, tests and single processes. They end with the process.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
 *
 * export const storage = createMemorySessionStorage<{ userId: string }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createMemorySessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: MemorySessionStorageOptions<Data> = {}): IndexedSessionStorage<Data, FlashData> {
  const store = createMemoryStore(options.maxRecords)
  return createStoreSessionStorage<Data, FlashData>(store, { ...options, timeout: Infinity })
}

/** Outdated queue entries that a store tolerates. They cost memory; removing them costs time. */
const MAX_OUTDATED = 1000

interface MemoryRecord {
  readonly data: string
  readonly version: string
  readonly expiresAt: number
  readonly user: string | undefined
}

/** The most keys that `keysOf` returns at once. */
const PAGE = 100

/**
 * An {@link IndexedSessionStore} in the memory of this process. Each operation costs O(log n) on average.
 *
 * @param maxRecords the most records to keep. Beyond it, expired records are evicted first, then the least
 * recently used ones; reading a record counts as use. Default: 100,000
 * @throws SessionError `ERR_SESSION_CONFIG` if `maxRecords` is not a whole number of at least 1
 *
 * @example
 * import { createMemoryStore } from 'fetch-sessions/storage/memory'
 *
 * const store = createMemoryStore(100)
 * await store.create('key', { data: 'data', expires: new Date(Date.now() + 60_000) })
 * console.log(await store.read('key'))
 */
export function createMemoryStore(maxRecords: number = 100_000): IndexedSessionStore {
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`maxRecords\` is ${maxRecords}: write a whole number of sessions, at least 1.`,
    )
  }
  /** In the order of their last use. */
  const records = new Map<string, MemoryRecord>()
  // Points to the least recently used record. A new iterator would first skip every deleted entry.
  const leastRecentlyUsed = records.keys()
  /** Has an entry for every expiry that a record has ever had, so entries may be outdated. */
  const queue = createExpiryQueue()
  /** The keys of each user, each with a number that only grows, so that `keysOf` can go on after any change. */
  const keysByUser = new Map<string, Map<string, number>>()
  let writes = 0

  function use(key: string): MemoryRecord | null {
    const record = records.get(key)
    if (record === undefined) return null
    if (record.expiresAt <= Date.now()) {
      remove(key)
      return null
    }
    records.delete(key)
    records.set(key, record)
    return record
  }

  function put(key: string, record: MemoryRecord): string {
    const before = records.get(key)
    if (before?.user !== record.user) {
      remove(key)
      if (record.user !== undefined) addToUser(record.user, key)
    }
    records.set(key, record)
    if (before?.expiresAt === record.expiresAt) return record.version
    queue.push(key, record.expiresAt)
    evict()
    return record.version
  }

  function addToUser(user: string, key: string): void {
    const keys = keysByUser.get(user) ?? new Map<string, number>()
    keysByUser.set(user, keys.set(key, ++writes))
  }

  function remove(key: string): void {
    const { user } = records.get(key) ?? {}
    records.delete(key)
    if (user === undefined) return
    const keys = keysByUser.get(user)
    keys?.delete(key)
    if (keys?.size === 0) keysByUser.delete(user)
  }

  function evict(): void {
    const now = Date.now()
    for (;;) {
      const key = queue.popExpired(now)
      if (key === undefined) break
      const record = records.get(key)
      if (record !== undefined && record.expiresAt <= now) remove(key)
    }
    while (records.size > maxRecords) remove(leastRecentlyUsed.next().value ?? '')
    if (queue.size > 2 * records.size + MAX_OUTDATED) queue.replace(expiries())
  }

  function* expiries(): Iterable<[key: string, expiresAt: number]> {
    for (const [key, { expiresAt }] of records) yield [key, expiresAt]
  }

  return {
    async read(key) {
      const record = use(key)
      if (record === null) return null
      return { data: record.data, version: record.version, expires: new Date(record.expiresAt) }
    },
    async create(key, { data, expires, user }) {
      if (use(key) !== null) return null
      return put(key, { data, version: String(++writes), expiresAt: expires.getTime(), user })
    },
    async update(key, version, { data, expires, user }) {
      const record = use(key)
      if (record?.version !== version) return null
      const expiresAt = expires?.getTime() ?? record.expiresAt
      if (data === undefined) return put(key, { ...record, expiresAt, user })
      return put(key, { data, version: String(++writes), expiresAt, user })
    },
    async delete(key) {
      remove(key)
    },
    async keysOf(user, cursor = '0') {
      const keys: string[] = []
      const now = Date.now()
      for (const [key, added] of keysByUser.get(user) ?? []) {
        if (added <= Number(cursor) || (records.get(key)?.expiresAt ?? 0) <= now) continue
        keys.push(key)
        if (keys.length === PAGE) return { keys, cursor: String(added) }
      }
      return { keys, cursor: undefined }
    },
  }
}
