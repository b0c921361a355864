/**
 * Sessions in Redis, and in servers with the same protocol.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { StoreSessionStorageOptions } from '../engine/store-storage.ts'
import type { SessionStore } from '../engine/store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/** The part of a client of `redis` (node-redis) that we call. */
interface NodeRedisLike {
  /** Sends one command, its name first, and returns the answer. */
  sendCommand(command: string[]): Promise<unknown>
}

/** The part of a client of `ioredis` that we call. */
interface IORedisLike {
  /** Sends one command and returns the answer. */
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
 * Keeps sessions in Redis 6.2 or newer, or in a server with the same protocol (Valkey, Dragonfly, Upstash over TCP), as
 * hashes that expire. Consistent with one primary; a logout holds at once. A failover loses writes that the primary had
 * acknowledged but not yet replicated.
 *
 * Keys start with `session:` unless `prefix` says otherwise.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
 * import { createClient } from 'redis'
 *
 * const client = createClient()
 * client.on('error', console.error) // otherwise a lost connection ends the process
 * await client.connect()
 *
 * export const storage = createRedisSessionStorage<{ userId: string }>({
 *   client,
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
 * Scripts, so that comparing and writing are one step. An expired record counts as missing, even if the clock of Redis runs
 * late. Both return 1 if they have written, otherwise 0.
 */

/** KEYS: the key. ARGV: the current time and the expiry in milliseconds since 1970, the data, and the version. */
const CREATE = `
local expires = redis.call('HGET', KEYS[1], 'expires')
if expires and tonumber(expires) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'expires', ARGV[2], 'data', ARGV[3], 'version', ARGV[4])
redis.call('PEXPIRE', KEYS[1], math.max(1, ARGV[2] - ARGV[1]))
return 1`

/** KEYS: the key. ARGV: the current time, the version that must be stored, and the fields to set, each before its value. */
const UPDATE = `
local found = redis.call('HMGET', KEYS[1], 'version', 'expires')
if found[1] ~= ARGV[2] or tonumber(found[2]) <= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], math.max(1, redis.call('HGET', KEYS[1], 'expires') - ARGV[1]))
return 1`

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
  assertClient(client, {
    option: 'client',
    expected:
      'a connected client of `redis`, such as `await createClient().connect()`, or of `ioredis`',
    methods: [['sendCommand'], ['call']],
  })
  const send = (command: string, ...parameters: string[]): Promise<unknown> =>
    'call' in client
      ? client.call(command, ...parameters)
      : client.sendCommand([command, ...parameters])

  /** Whether the script has written. */
  async function run(script: string, key: string, ...parameters: string[]): Promise<boolean> {
    return Number(await send('EVAL', script, '1', key, String(Date.now()), ...parameters)) === 1
  }

  return {
    async read(key) {
      const answer = await send('HMGET', key, 'data', 'version', 'expires')
      const [data = null, version = null, expires] = answer as (string | null)[]
      if (data === null || version === null || Number(expires) <= Date.now()) return null
      return { data, version, expires: new Date(Number(expires)) }
    },
    async create(key, { data, expires }) {
      const version = crypto.randomUUID()
      const isWritten = await run(CREATE, key, String(expires.getTime()), data, version)
      return isWritten ? version : null
    },
    async update(key, expected, { data, expires }) {
      const version = data === undefined ? expected : crypto.randomUUID()
      const fields = data === undefined ? [] : ['data', data, 'version', version]
      if (expires !== undefined) fields.push('expires', String(expires.getTime()))
      return (await run(UPDATE, key, expected, ...fields)) ? version : null
    },
    async delete(key) {
      await send('DEL', key)
    },
  }
}
