/**
 * Sessions in the memory of the process.
 * @module
 */

import { warnOnce } from '../util/environment.ts'
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
 * export const options: MemorySessionStorageOptions<{ cart: string[] }> = {
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   maxRecords: 10_000,
 * }
 */
export interface MemorySessionStorageOptions<Data extends object = SessionData>
  extends
    SessionStorageOptions<Data>,
    Pick<IndexedSessionStorageOptions<Data>, 'maxSessionsPerUser'> {
  /**
   * The most sessions to keep. Beyond it, expired sessions are evicted first, then the least recently used ones. Sessions
   * without a user go before those of a user as long as they are at least a tenth of all. Default: 100,000.
   */
  maxRecords?: number | undefined
  /**
   * The most bytes to keep; beyond it, sessions are evicted as for `maxRecords`. A session counts as 2 bytes for each
   * UTF-16 unit of its key and its JSON, plus 500 for what surrounds them. That is an upper bound: V8 stores plain ASCII
   * text in half. Infinity for none. Default: 256 MiB, which is 100,000 sessions of 1,000 characters.
   */
  maxBytes?: number | undefined
}

/**
 * Keeps sessions in the memory of this process, for development, tests and single processes. They end with the process.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
 *
 * export const storage = createMemorySessionStorage<{ cart: string[] }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createMemorySessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: MemorySessionStorageOptions<Data> = {}): IndexedSessionStorage<Data, FlashData> {
  const store = createMemoryStore(options.maxRecords, options.maxBytes)
  return createStoreSessionStorage<Data, FlashData>(store, { ...options, timeout: Infinity })
}

/** Outdated queue entries that a store tolerates. They cost memory; removing them costs time. */
const MAX_OUTDATED = 1000

/** The most keys that `keysOf` returns at once. */
const PAGE = 100

/** Measured on Node 24: a record with a key of 43 characters takes 600 bytes of heap if it is the only one of its user. */
const BYTES_PER_RECORD = 500
/** Less fits hardly any session, so it was meant as megabytes. */
const MIN_BYTES = 1000

interface Content {
  data: string
  version: string
  /** Milliseconds since 1970. */
  expiresAt: number
  readonly user: string | undefined
}

interface MemoryRecord extends Content {
  readonly key: string
  bytes: number
  /** Its neighbours in the order of use. */
  older: MemoryRecord | undefined
  newer: MemoryRecord | undefined
}

/**
 * Records in the order of their last use: a linked list. A Map has an order too, but finding its first entry means either
 * skipping the deleted ones each time, or an iterator that keeps them in memory.
 */
class UseOrder {
  size = 0
  oldest: MemoryRecord | undefined
  newest: MemoryRecord | undefined

  /** Adds a record as the newest. */
  add(record: MemoryRecord): void {
    record.older = this.newest
    record.newer = undefined
    if (this.newest === undefined) this.oldest = record
    else this.newest.newer = record
    this.newest = record
    this.size++
  }

  delete({ older, newer }: MemoryRecord): void {
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    this.size--
  }
}

/**
 * An {@link IndexedSessionStore} in the memory of this process. Each operation costs O(log n) on average.
 *
 * @param maxRecords the most records to keep. Beyond it, expired records are evicted first, then the least recently used
 * ones; reading a record counts as use. Records without a user go before those of a user as long as they are at least a
 * tenth of all. Default: 100,000
 * @param maxBytes the most bytes to keep, at 2 for each UTF-16 unit of key and data and 500 for each record; Infinity for
 * none. A record that exceeds it alone is an `ERR_SESSION_STORAGE`. Default: 256 MiB
 * @throws SessionError `ERR_SESSION_CONFIG` if `maxRecords` is not a whole number of at least 1, or `maxBytes` of at
 * least 1,000
 *
 * @example
 * import { createMemoryStore } from 'fetch-sessions/storage/memory'
 *
 * const store = createMemoryStore(100)
 * await store.create('key', { data: 'data', expires: new Date(Date.now() + 60_000) })
 * console.log(await store.read('key'))
 */
export function createMemoryStore(
  maxRecords: number = 100_000,
  maxBytes: number = 256 * 1024 * 1024,
): IndexedSessionStore {
  checkLimit('maxRecords', maxRecords, 1, 'sessions')
  if (maxBytes !== Infinity) checkLimit('maxBytes', maxBytes, MIN_BYTES, 'bytes')
  const records = new Map<string, MemoryRecord>()
  const anonymous = new UseOrder()
  const owned = new UseOrder()
  /** Has an entry for every expiry that a record has ever had, so entries may be outdated. */
  const queue = createExpiryQueue()
  /** The keys of each user, each with a number that only grows, so that `keysOf` can go on after any change. */
  const keysByUser = new Map<string, Map<string, number>>()
  let bytes = 0
  let writes = 0

  function use(key: string): MemoryRecord | null {
    const record = records.get(key)
    if (record === undefined) return null
    if (record.expiresAt <= Date.now()) {
      remove(record)
      return null
    }
    const order = record.user === undefined ? anonymous : owned
    if (order.newest !== record) {
      order.delete(record)
      order.add(record)
    }
    return record
  }

  /** Writes a record over the one that `use` has found. */
  function put(key: string, found: MemoryRecord | null, content: Content): string {
    const size = BYTES_PER_RECORD + 2 * (key.length + content.data.length)
    if (size > maxBytes) throw tooLarge(size, maxBytes)
    const isQueued = found?.expiresAt === content.expiresAt
    if (found?.user === content.user && found !== null) {
      bytes += size - found.bytes
      Object.assign(found, content, { bytes: size })
    } else {
      if (found !== null) remove(found)
      add({ ...content, key, bytes: size, older: undefined, newer: undefined })
    }
    if (!isQueued) queue.push(key, content.expiresAt)
    if (!isQueued || bytes > maxBytes) evict(key)
    return content.version
  }

  function add(record: MemoryRecord): void {
    const { key, user } = record
    records.set(key, record)
    bytes += record.bytes
    if (user === undefined) return anonymous.add(record)
    owned.add(record)
    const keys = keysByUser.get(user) ?? new Map<string, number>()
    keysByUser.set(user, keys.set(key, ++writes))
  }

  function remove(record: MemoryRecord): void {
    const { key, user } = record
    records.delete(key)
    bytes -= record.bytes
    if (user === undefined) return anonymous.delete(record)
    owned.delete(record)
    const keys = keysByUser.get(user)
    keys?.delete(key)
    if (keys?.size === 0) keysByUser.delete(user)
  }

  /** Makes room for the record that was just written, and never evicts that one. */
  function evict(written: string): void {
    const now = Date.now()
    for (;;) {
      const key = queue.popExpired(now)
      if (key === undefined) break
      const record = records.get(key)
      if (record !== undefined && record.expiresAt <= now) remove(record)
    }
    while (records.size > maxRecords || bytes > maxBytes) {
      warnOfEviction(records.size > maxRecords ? { maxRecords } : { maxBytes })
      const others = anonymous.size - (anonymous.newest?.key === written ? 1 : 0)
      // A flood of visitors must not sign anyone out, nor a crowd of users keep new visitors from signing in.
      const { oldest } = others * 10 >= records.size - 1 ? anonymous : owned
      if (oldest === undefined) break
      remove(oldest)
    }
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
      const version = String(++writes)
      return put(key, null, { data, version, expiresAt: expires.getTime(), user })
    },
    async update(key, version, change) {
      const found = use(key)
      if (found?.version !== version) return null
      return put(key, found, {
        data: change.data ?? found.data,
        version: change.data === undefined ? version : String(++writes),
        expiresAt: change.expires?.getTime() ?? found.expiresAt,
        user: change.user,
      })
    },
    async delete(key) {
      const record = records.get(key)
      if (record !== undefined) remove(record)
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

function checkLimit(option: string, limit: number, least: number, unit: string): void {
  if (Number.isSafeInteger(limit) && limit >= least) return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`${option}\` is ${limit}: write a whole number of ${unit}, at least ${least}.`,
  )
}

function tooLarge(size: number, maxBytes: number): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `A session of ${size} bytes exceeds \`maxBytes\`, which is ${maxBytes}: keep less in the session, or raise \`maxBytes\`.`,
  )
}

function warnOfEviction(limit: Record<string, number>): void {
  const [[option, value] = []] = Object.entries(limit)
  warnOnce(
    `the memory storage is full (\`${option}\` is ${value}) and evicts sessions that have not expired. Raise \`${option}\`, or choose a storage outside of the process.`,
  )
}
