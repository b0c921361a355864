/**
 * Sessions in Redis, and in servers with the same protocol.
 * @module
 */

import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import { redisCommands } from './redis-client.ts'
import type { RedisClientLike } from './redis-client.ts'
import { createRedisIndex } from './redis-index.ts'

/**
 * Options of {@link createRedisSessionStorage}.
 *
 * @example
 * import type { RedisSessionStorageOptions } from 'fetch-sessions/storage/redis'
 * import { Redis } from 'ioredis'
 *
 * const client = new Redis()
 * client.on('error', (error) => console.error('Redis:', error))
 *
 * export const options: RedisSessionStorageOptions<{ cart: string[] }> = {
 *   client,
 *   prefix: 'shop:session:',
 *   timeout: 2,
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface RedisSessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /**
   * A connected client; this package neither connects nor closes it. A client, a pool, a cluster or a sentinel of `redis`;
   * a `Redis` or a `Cluster` of `ioredis`; a client of `@valkey/valkey-glide`, `@upstash/redis` or Bun.
   */
  client: RedisClientLike
}

/**
 * Keeps sessions in Redis 6.2 or newer, or in a server with the same protocol (Valkey, Dragonfly, Upstash), as hashes that
 * expire. It may be one server, one behind Sentinel, or a cluster.
 *
 * Consistent with one primary; a logout holds at once. A failover loses writes that the primary had acknowledged but not yet
 * replicated, so a logout of the last moments may be undone. Let reads go to the primary, as they do by default: a replica
 * does not know yet who has logged out.
 *
 * Keys start with `session:` unless `prefix` says otherwise. Those of a user's sessions are in a sorted set besides, which
 * ends with `:sessions`. It expires with the last of them.
 *
 * Use the `maxmemory-policy` `noeviction`: a Redis that is full then refuses new sessions. Every other policy evicts sessions,
 * which signs visitors out, and sorted sets. Sessions whose sorted set was evicted are not listed, and not ended with the
 * user's others, until their expiry moves.
 *
 * Listen to the client's errors: node-redis ends the process if nobody does.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
 * import { createClient } from 'redis'
 *
 * // While Redis is away, requests fail at once instead of waiting for it in a queue.
 * const client = createClient({ disableOfflineQueue: true })
 * client.on('error', (error) => console.error('Redis:', error))
 *
 * export const storage = createRedisSessionStorage<{ cart: string[] }>({
 *   client: await client.connect(),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 *
 * @example
 * import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
 * import { createCluster } from 'redis'
 *
 * const cluster = createCluster({ rootNodes: [{ url: 'redis://10.0.0.1:6379' }] })
 * cluster.on('error', (error) => console.error('Redis:', error))
 * await cluster.connect()
 *
 * export const storage = createRedisSessionStorage({
 *   client: cluster,
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createRedisSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: RedisSessionStorageOptions<Data>): IndexedSessionStorage<Data, FlashData> {
  const store = createRedisStore(options.client)
  return createStoreSessionStorage<Data, FlashData>(store, { prefix: 'session:', ...options })
}

/*
 * Scripts, so that comparing and writing are one step. An expired record counts as missing, even if the clock of Redis runs
 * late.
 */

/** KEYS: the key. ARGV: the current time, the expiry, and the fields, each before its value. Returns 1 if it has written, otherwise 0. */
const CREATE = `
local expires = redis.call('HGET', KEYS[1], 'expires')
if expires and tonumber(expires) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'expires', ARGV[2], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], math.max(1, ARGV[2] - ARGV[1]))
return 1`

/**
 * KEYS: the key. ARGV: the current time, the version that must be stored, the user or an empty string, the moment until
 * which that user's index has the key, the new expiry or an empty string, and the fields to set, each before its value.
 * Returns 1 if it has written, 0 if another version is stored, or the moment until which the index must have the key first.
 */
const UPDATE = `
local found = redis.call('HMGET', KEYS[1], 'version', 'expires', 'user')
if found[1] ~= ARGV[2] or tonumber(found[2]) <= tonumber(ARGV[1]) then return 0 end
local user, expires = ARGV[3], ARGV[5]
local isIndexed = user == '' or (user == found[3] and expires == '')
if expires == '' then expires = found[2] end
if not isIndexed and tonumber(ARGV[4]) < tonumber(expires) then return expires end
redis.call('HSET', KEYS[1], 'expires', expires, unpack(ARGV, 6))
if user == '' then redis.call('HDEL', KEYS[1], 'user')
else redis.call('HSET', KEYS[1], 'user', user) end
redis.call('PEXPIRE', KEYS[1], math.max(1, expires - ARGV[1]))
return 1`

/**
 * The store alone, without the core over it.
 *
 * @example
 * import { createRedisStore } from 'fetch-sessions/storage/redis'
 * import { Redis } from 'ioredis'
 *
 * const client = new Redis()
 * client.on('error', (error) => console.error('Redis:', error))
 * const store = createRedisStore(client)
 * console.log(await store.read('session:none'))
 */
export function createRedisStore(client: RedisClientLike): IndexedSessionStore {
  const commands = redisCommands(client)
  const index = createRedisIndex(commands)

  /** Moments are in milliseconds since 1970. */
  async function run(script: string, key: string, ...parameters: string[]): Promise<number> {
    return Number(await commands.run(script, key, String(Date.now()), ...parameters))
  }

  return {
    async read(key) {
      const answer = await commands.hmget(key, 'data', 'version', 'expires')
      const [data = null, version = null, expires] = answer
      if (data === null || version === null || Number(expires) <= Date.now()) return null
      return { data, version, expires: new Date(Number(expires)) }
    },
    async create(key, { data, expires, user }) {
      const version = crypto.randomUUID()
      const fields = ['data', data, 'version', version]
      if (user !== undefined) {
        fields.push('user', user)
        await index.add(user, key, expires.getTime())
      }
      return (await run(CREATE, key, String(expires.getTime()), ...fields)) === 1 ? version : null
    },
    async update(key, expected, { data, expires, user }) {
      const version = data === undefined ? expected : crypto.randomUUID()
      const fields = data === undefined ? [] : ['data', data, 'version', version]
      const expiry = expires === undefined ? '' : String(expires.getTime())
      let indexedUntil = 0
      if (user !== undefined && expires !== undefined) {
        indexedUntil = expires.getTime()
        await index.add(user, key, indexedUntil)
      }
      for (;;) {
        const until = String(indexedUntil)
        const answer = await run(UPDATE, key, expected, user ?? '', until, expiry, ...fields)
        if (answer === 0 || answer === 1 || user === undefined) {
          return answer === 1 ? version : null
        }
        // The record is another user's, or nobody's, and keeps an expiry that only Redis knows.
        indexedUntil = answer
        await index.add(user, key, indexedUntil)
      }
    },
    async delete(key) {
      await commands.del(key)
    },
    keysOf: index.page,
  }
}
