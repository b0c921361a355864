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
  /** Stores a value. `expirationTtl` is in seconds, 60 at the least; `metadata.expires` in milliseconds since 1970. */
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

/** KV refuses expirations that are nearer than this. */
const MIN_TTL_SECONDS = 60
/** KV takes one write a second for a key. */
const WRITE_INTERVAL = 1000
const MAX_WRITES = 4
const POSTPONED: Postponed = { postponed: true }

/**
 * The store alone, without the core over it.
 *
 * @param retryAfter milliseconds until a write that came too soon after another is tried again. Default: 1000, since KV
 * takes one write a second for a key
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

  /** KV drops a record up to a minute late, so its own expiry stands in the metadata. */
  async function find(key: string): Promise<StoredSession | null> {
    const { value, metadata } = await kv.getWithMetadata(key)
    const { version, expires } = (metadata ?? {}) as Partial<KVMetadata>
    if (value === null || version === undefined || expires === undefined) return null
    return expires > Date.now() ? { data: value, version, expires: new Date(expires) } : null
  }

  /** Whether the write was taken, or refused because it came too soon after another. */
  async function taken(write: () => Promise<void>): Promise<boolean> {
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
    const isTaken = await taken(() => kv.put(key, data, { expirationTtl, metadata }))
    return isTaken ? metadata.version : POSTPONED
  }

  /** Tries `write` again until KV takes it. */
  async function untilTaken<T>(write: () => Promise<T | Postponed>): Promise<T> {
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
      untilTaken(async () => ((await find(key)) === null ? put(key, data, expires) : null)),
    update(key, version, { data, expires }) {
      const write = async (): Promise<string | Postponed | null> => {
        const found = await find(key)
        if (found?.version !== version) return null
        return put(key, data ?? found.data, expires ?? found.expires)
      }
      // `write` reads again before every try: a logout may have come while it was waiting.
      return data === undefined ? write() : untilTaken(write)
    },
    delete: (key) =>
      untilTaken(async () => ((await taken(() => kv.delete(key))) ? undefined : POSTPONED)),
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function tooManyRefusals(): Error {
  return new Error(
    `KV refused ${MAX_WRITES} writes of one key in a row: one a second is all it takes`,
  )
}

function isTooSoon(error: unknown): boolean {
  return error instanceof Error && /\b429\b/.test(error.message)
}
