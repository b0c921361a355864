/**
 * Sessions in the memory of the process.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { createStoreSessionStorage } from '../engine/session-store.ts'
import type { SessionStore } from '../engine/store.ts'
import type { SessionStorage, SessionStorageOptions } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

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
export interface MemorySessionStorageOptions<
  Data extends object = SessionData,
> extends SessionStorageOptions<Data> {
  /** How many sessions are kept; beyond it, those that were written longest ago go first. Default: 100,000. */
  maxRecords?: number | undefined
}

/**
 * Keeps sessions in the memory of this process, for development, tests and single processes: they end with it.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
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
>(options: MemorySessionStorageOptions<Data> = {}): SessionStorage<Data, FlashData> {
  const { maxRecords = 100_000 } = options
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`maxRecords\` is ${maxRecords}: write a whole number of sessions, at least 1.`,
    )
  }
  const store = createMemoryStore(maxRecords)
  return createStoreSessionStorage<Data, FlashData>(store, { ...options, timeout: Infinity })
}

interface MemoryRecord {
  readonly data: string
  readonly version: string
  readonly expiresAt: number
}

/** How many of the oldest records a write looks at, to drop the expired ones among them. */
const SWEEP = 2

/**
 * A {@link SessionStore} over a Map, in the order of the last write.
 *
 * @param maxRecords how many records are kept; beyond it, those that were written longest ago go first
 *
 * @example
 * import { createMemoryStore } from 'fetch-sessions/storage/memory'
 *
 * const store = createMemoryStore(100)
 * await store.create('key', { data: 'data', expires: new Date(Date.now() + 60_000) })
 * console.log(await store.read('key'))
 */
export function createMemoryStore(maxRecords: number): SessionStore {
  const records = new Map<string, MemoryRecord>()
  let writes = 0

  function find(key: string): MemoryRecord | null {
    const record = records.get(key)
    if (record === undefined) return null
    if (record.expiresAt > Date.now()) return record
    records.delete(key)
    return null
  }

  // Each write may add one record and looks at two, so that expired ones cannot pile up for long.
  function sweep(): void {
    let looks = SWEEP
    for (const [key, record] of records) {
      const isOver = record.expiresAt <= Date.now() || records.size > maxRecords
      if (isOver) records.delete(key)
      else if (--looks <= 0) return
    }
  }

  function put(key: string, data: string, expiresAt: number): string {
    const version = String(++writes)
    records.delete(key) // so that it moves to the end
    records.set(key, { data, version, expiresAt })
    sweep()
    return version
  }

  return {
    async read(key) {
      const record = find(key)
      if (record === null) return null
      return { data: record.data, version: record.version, expires: new Date(record.expiresAt) }
    },
    async create(key, { data, expires }) {
      return find(key) === null ? put(key, data, expires.getTime()) : null
    },
    async update(key, version, { data, expires }) {
      const record = find(key)
      if (record?.version !== version) return null
      return put(key, data ?? record.data, expires?.getTime() ?? record.expiresAt)
    },
    async delete(key) {
      records.delete(key)
    },
  }
}
