/**
 * Sessions in Redis and what speaks its protocol.
 * @module
 */

import { createStoreSessionStorage } from '../engine/session-store.ts'
import type { SessionStore, StoreSessionStorageOptions } from '../engine/session-store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/**
 * What is used of a client of `redis` (node-redis).
 *
 * @example
 * import type { NodeRedisLike } from 'fetch-sessions/storage/redis'
 * import { createClient } from 'redis'
 *
 * export const client: NodeRedisLike = await createClient().connect()
 */
export interface NodeRedisLike {
  /** Sends one command, the name first, and gives its answer. */
  sendCommand(command: string[]): Promise<unknown>
}

/**
 * What is used of a client of `ioredis`.
 *
 * @example
 * import type { IORedisLike } from 'fetch-sessions/storage/redis'
 * import { Redis } from 'ioredis'
 *
 * export const client: IORedisLike = new Redis()
 */
export interface IORedisLike {
  /** Sends one command and gives its answer. */
  call(command: string, ...parameters: string[]): Promise<unknown>
}

/**
 * Options of {@link createRedisSessionStorage}.
 *
 * @example
 * import type { RedisSessionStorageOptions } from 'fetch-sessions/storage/redis'
 * import { Redis } from 'ioredis'
 *
 * export const options: RedisSessionStorageOptions<{ userId: string }> = {
 *   client: new Redis(),
 *   prefix: 'shop:session:',
 *   timeout: 2,
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface RedisSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** A connected client of `redis` or `ioredis`; this package neither connects nor closes it. */
  client: NodeRedisLike | IORedisLike
}

/**
 * Keeps sessions in Redis 6.2 or newer, or what speaks its protocol (Valkey, Dragonfly, Upstash over TCP): hashes that
 * expire by themselves. Consistent with one primary; a logout holds at once. What a primary acknowledges but loses in a
 * failover is lost, as Redis says of itself.
 *
 * Keys start with `session:` unless `prefix` says otherwise.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 *
 * @example
 * import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
 * import { createClient } from 'redis'
 *
 * export const storage = createRedisSessionStorage<{ userId: string }>({
 *   client: await createClient().connect(),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createRedisSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: RedisSessionStorageOptions<Data>): SessionStorage<Data, FlashData> {
  const store = createRedisStore(options.client)
  return createStoreSessionStorage<Data, FlashData>(store, { prefix: 'session:', ...options })
}

/*
 * One script, so that comparing and writing are one step. KEYS: the key. ARGV: the version that must be there (empty for
 * none), the new version, the expiry (empty to keep it) and the time of now in milliseconds, and the data (absent to keep it).
 * An expired record counts as none even where the clock of Redis is another.
 */
const WRITE = `
local found = redis.call('HMGET', KEYS[1], 'version', 'expires')
local version = found[1]
if not version or tonumber(found[2]) <= tonumber(ARGV[4]) then version = '' end
if version ~= ARGV[1] then return false end
if ARGV[5] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'data', ARGV[5], 'version', ARGV[2])
else
  ARGV[2] = version
end
local expires = ARGV[3]
if expires == '' then expires = found[2] end
redis.call('HSET', KEYS[1], 'expires', expires)
redis.call('PEXPIRE', KEYS[1], math.max(1, tonumber(expires) - tonumber(ARGV[4])))
return ARGV[2]`

/**
 * The store alone, without the core over it.
 *
 * @example
 * import { createRedisStore } from 'fetch-sessions/storage/redis'
 * import { Redis } from 'ioredis'
 *
 * const store = createRedisStore(new Redis())
 * console.log(await store.read('session:none'))
 */
export function createRedisStore(client: NodeRedisLike | IORedisLike): SessionStore {
  const send = (command: string, ...parameters: string[]): Promise<unknown> =>
    'call' in client
      ? client.call(command, ...parameters)
      : client.sendCommand([command, ...parameters])

  return {
    async read(key) {
      const answer = await send('HMGET', key, 'data', 'version', 'expires')
      const [data, version, expires] = answer as (string | null)[]
      if (!data || !version || Number(expires) <= Date.now()) return null
      return { data, version, expires: new Date(Number(expires)) }
    },
    async write(key, data, expires, expected) {
      const moments = [String(expires?.getTime() ?? ''), String(Date.now())]
      const parameters = [expected ?? '', crypto.randomUUID(), ...moments]
      const answer = await send(
        'EVAL',
        WRITE,
        '1',
        key,
        ...parameters,
        ...(data === null ? [] : [data]),
      )
      return answer === null ? null : String(answer)
    },
    async delete(key) {
      await send('DEL', key)
    },
  }
}
