/**
 * The deletion of expired sessions, for the databases that do not delete them by themselves.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { SessionError } from '../util/errors.ts'

/**
 * A storage that can purge: over SQLite, D1, PostgreSQL or MySQL.
 *
 * @example
 * import type { PurgeableStorage } from 'fetch-sessions/storage/purge'
 *
 * export const shards: PurgeableStorage[] = []
 */
export interface PurgeableStorage {
  /** Deletes expired records, at most `limit`, and returns how many. If fewer than `limit`, none are left. */
  purgeExpired(options: { limit: number }): Promise<number>
}

/**
 * Options of {@link startPurging}.
 *
 * @example
 * import type { PurgeOptions } from 'fetch-sessions/storage/purge'
 *
 * export const options: PurgeOptions = {
 *   every: 600,
 *   onError: (error) => console.warn('sessions were not purged', error),
 * }
 */
export interface PurgeOptions {
  /** Seconds between two runs: above 0, at most 24 days. Default: 3600. */
  every?: number | undefined
  /** Gets the error of a run that failed. The next run tries again. Default: `console.error`. */
  onError?: ((error: unknown) => void) | undefined
}

/** Small enough not to hold up the database, or an event loop that shares its thread with SQLite. */
const BATCH = 1000
/** The longest delay of a timer. */
const MAX_SECONDS = (2 ** 31 - 1) / 1000

/**
 * Deletes every expired session, in batches of 1000. Safe beside traffic, and in several processes at once.
 *
 * @param options `signal`: no further batch begins once it is aborted
 * @returns how many were deleted
 * @throws SessionError `ERR_SESSION_STORAGE` if the database cannot answer; `ERR_SESSION_CONFIG` if the table is missing, or
 * if the storage cannot purge
 *
 * @example
 * // A cron trigger on Workers
 * import { createD1SessionStorage } from 'fetch-sessions/storage/d1'
 * import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
 * import { purgeAll } from 'fetch-sessions/storage/purge'
 *
 * export default {
 *   scheduled: (_event: unknown, env: { DB: D1DatabaseLike }) =>
 *     purgeAll(createD1SessionStorage({ database: env.DB })),
 * }
 */
export async function purgeAll(
  storage: PurgeableStorage,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<number> {
  assertPurgeable(storage)
  let total = 0
  for (;;) {
    const deleted = await storage.purgeExpired({ limit: BATCH })
    total += deleted
    if (deleted < BATCH || signal?.aborted === true) return total
    // SQLite answers without leaving the thread. Requests get their turn here.
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

/**
 * Deletes every expired session again and again, on a timer of this process. The first run comes after a random part of
 * `every`, so that ten processes that start together do not purge together. The next run is planned when the last one has
 * ended, so there are never two at once. On Node and Bun, the timer does not keep the process alive.
 *
 * @returns a function that stops it. A batch that is running ends first
 * @throws SessionError `ERR_SESSION_CONFIG` if the storage cannot purge, or if `every` is invalid
 *
 * @example
 * import { startPurging } from 'fetch-sessions/storage/purge'
 * import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'
 * import { DatabaseSync } from 'node:sqlite'
 *
 * const database = new DatabaseSync('sessions.db')
 * const stop = startPurging(createSQLiteSessionStorage({ database }))
 *
 * process.once('SIGTERM', () => {
 *   stop()
 *   database.close()
 * })
 */
export function startPurging(
  storage: PurgeableStorage,
  { every = 3600, onError = console.error }: PurgeOptions = {},
): () => void {
  assertPurgeable(storage)
  if (!(every > 0 && every <= MAX_SECONDS)) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`every\` is ${every}: write a number of seconds above 0 and up to ${Math.floor(MAX_SECONDS)}, such as 3600.`,
    )
  }
  const stopped = new AbortController()
  let timer: ReturnType<typeof setTimeout>

  function plan(seconds: number): void {
    if (stopped.signal.aborted) return
    timer = setTimeout(run, seconds * 1000)
    // Elsewhere than on Node and Bun, a timer is a number.
    const { unref }: { unref?: () => void } = Object(timer)
    unref?.call(timer)
  }

  async function run(): Promise<void> {
    try {
      await purgeAll(storage, { signal: stopped.signal })
    } catch (error) {
      onError(error)
    } finally {
      plan(every)
    }
  }

  plan(Math.random() * every)
  return () => {
    stopped.abort()
    clearTimeout(timer)
  }
}

function assertPurgeable(storage: PurgeableStorage): void {
  assertClient(storage, {
    option: 'storage',
    expected:
      'a storage over SQLite, D1, PostgreSQL or MySQL. The others expire records by themselves',
    methods: [['purgeExpired']],
  })
}
