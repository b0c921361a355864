/**
 * Sessions in Workers KV.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { StoreSessionStorageOptions } from '../engine/store-storage.ts'
import type { Postponed, SessionStore, StoredSession } from '../engine/store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/**
 * The part of a KV binding that we call.
 *
 * @example
 * import type { KVNamespaceLike } from 'fetch-sessions/storage/kv'
 *
 * export interface Env {
 *   SESSIONS: KVNamespaceLike
 *   SESSION_SECRET: string
 * }
 */
export interface KVNamespaceLike {
  /** The value under the key and what was stored beside it; null if there is none. */
  getWithMetadata(key: string): Promise<{ value: string | null; metadata: unknown }>
  /** Stores a value. `expirationTtl` is in seconds, at least 60; `metadata.expires` in milliseconds since 1970. */
  put(
    key: string,
    value: string,
    options: { expirationTtl: number; metadata: KVMetadata },
  ): Promise<void>
  /** Deletes the value, whether it was there or not. */
  delete(key: string): Promise<void>
}

/** @inline */
interface KVMetadata {
  readonly version: string
  readonly expires: number
}

/**
 * Options of {@link createKVSessionStorage}.
 *
 * @example
 * import type { KVNamespaceLike, KVSessionStorageOptions } from 'fetch-sessions/storage/kv'
 *
 * export const optionsFor = (env: { SESSIONS: KVNamespaceLike }): KVSessionStorageOptions => ({
 *   kv: env.SESSIONS,
 *   prefix: 'shop:session:',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export interface KVSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** The binding. */
  kv: KVNamespaceLike
}

/**
 * Keeps sessions in Workers KV. **KV cannot compare and is not consistent**: if two requests write one session at
 * once, the later write replaces the earlier one. Other locations see a change or a logout after up to 60 seconds, and a
 * write that is in flight there during a logout can bring the session back. If that matters, use Durable Objects or D1.
 *
 * Keys start with `session:` unless `prefix` says otherwise.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createKVSessionStorage } from 'fetch-sessions/storage/kv'
 * import type { KVNamespaceLike } from 'fetch-sessions/storage/kv'
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * export default new Hono<{ Bindings: { SESSIONS: KVNamespaceLike } }>().use(
 *   session({
 *     storage: (env: { SESSIONS: KVNamespaceLike }) => createKVSessionStorage({ kv: env.SESSIONS }),
 *   }),
 * )
 */
export function createKVSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: KVSessionStorageOptions<Data>): SessionStorage<Data, FlashData> {
  const store = createKVStore(options.kv)
  return createStoreSessionStorage<Data, FlashData>(store, { prefix: 'session:', ...options })
}

/** KV refuses shorter expirations. */
const MIN_TTL_SECONDS = 60
/** KV accepts one write per second for a key. */
const WRITE_INTERVAL = 1000
const MAX_WRITES = 4
const POSTPONED: Postponed = { postponed: true }

/**
 * The store alone, without the core over it.
 *
 * @param retryAfter milliseconds until a write that KV refused is tried again. Default: 1000, since KV accepts one write
 * per second for a key
 *
 * @example
 * import { createKVStore } from 'fetch-sessions/storage/kv'
 * import type { KVNamespaceLike } from 'fetch-sessions/storage/kv'
 *
 * // Ends a session from outside of a request, by its key.
 * export const end = (kv: KVNamespaceLike, key: string): Promise<void> =>
 *   createKVStore(kv).delete(key)
 */
export function createKVStore(
  kv: KVNamespaceLike,
  retryAfter: number = WRITE_INTERVAL,
): SessionStore {
  assertClient(kv, {
    option: 'kv',
    expected: 'the binding of a KV namespace, such as `env.SESSIONS`',
    methods: [['getWithMetadata', 'put', 'delete']],
    binding: 'kv_namespaces',
  })

  /** KV drops a record up to a minute late, so the metadata contains the exact expiry. */
  async function find(key: string): Promise<StoredSession | null> {
    const { value, metadata } = await kv.getWithMetadata(key)
    const { version, expires } = (metadata ?? {}) as Partial<KVMetadata>
    if (value === null || version === undefined || expires === undefined) return null
    return expires > Date.now() ? { data: value, version, expires: new Date(expires) } : null
  }

  /** Whether KV accepted the write. KV refuses one that comes too soon after another. */
  async function accepted(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
      return true
    } catch (error) {
      if (isTooSoon(error)) return false
      throw error
    }
  }

  async function put(key: string, data: string, expires: Date): Promise<string | Postponed> {
    const metadata = { version: crypto.randomUUID(), expires: expires.getTime() }
    const left = Math.ceil((metadata.expires - Date.now()) / 1000)
    const expirationTtl = Math.max(left, MIN_TTL_SECONDS)
    const isAccepted = await accepted(() => kv.put(key, data, { expirationTtl, metadata }))
    return isAccepted ? metadata.version : POSTPONED
  }

  /** Tries `write` again until KV accepts it. */
  async function untilAccepted<T>(write: () => Promise<T | Postponed>): Promise<T> {
    for (let attempt = 1; attempt <= MAX_WRITES; attempt++) {
      if (attempt > 1) await wait(retryAfter)
      const answer = await write()
      if (answer !== POSTPONED) return answer as T
    }
    throw tooManyRefusals()
  }

  return {
    read: find,
    create: (key, { data, expires }) =>
      untilAccepted(async () => ((await find(key)) === null ? put(key, data, expires) : null)),
    update(key, version, { data, expires }) {
      const write = async (): Promise<string | Postponed | null> => {
        const found = await find(key)
        if (found?.version !== version) return null
        return put(key, data ?? found.data, expires ?? found.expires)
      }
      // `write` reads again before every try: a logout may come during the wait.
      return data === undefined ? write() : untilAccepted(write)
    },
    delete: (key) =>
      untilAccepted(async () => ((await accepted(() => kv.delete(key))) ? undefined : POSTPONED)),
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function tooManyRefusals(): Error {
  return new Error(
    `KV refused ${MAX_WRITES} writes of one key in a row; it accepts one per second.`,
  )
}

function isTooSoon(error: unknown): boolean {
  return error instanceof Error && /\b429\b/.test(error.message)
}
