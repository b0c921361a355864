import { Redis as UpstashRedis } from '@upstash/redis'
import { createClient, createClientPool, createSentinel } from 'redis'
import { Redis } from 'ioredis'

import { createRedisSessionStorage, createRedisStore } from 'fetch-sessions/storage/redis'
import { indexContract } from '../../src/testing/index-contract.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { toCookie } from '../support/client.ts'
import { createRecord } from '../support/create-record.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { glideClients } from '../support/redis-glide.ts'
import { prefixedStore } from '../support/prefixed-store.ts'
import { startRedisCluster, redisCli } from '../support/redis-cluster.ts'
import type { RedisCluster } from '../support/redis-cluster.ts'
import { startRedisHttp } from '../support/redis-http.ts'
import type { RedisHttp } from '../support/redis-http.ts'
import { startRedisSentinel } from '../support/redis-sentinel.ts'
import type { RedisSentinel } from '../support/redis-sentinel.ts'
import { redisProgram, redisRemedy, startRedis } from '../support/redis-server.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = redisProgram === undefined
if (isAbsent) skipLoudly('further clients of Redis', redisRemedy)

const glide = await glideClients()
if (glide instanceof Error) {
  skipLoudly('@valkey/valkey-glide', `its native module must load here: ${glide.message}`)
}

type Client = Parameters<typeof createRedisStore>[0]

/** Whatever `createRedisStore` accepts, and how to close it. */
interface Connection {
  readonly client: Client
  close(): unknown
}

/** What a client can get wrong. The races of requests run over node-redis and ioredis, alone and in a cluster. */
function contracts(client: () => Client): void {
  const create = () => prefixedStore(createRedisStore(client()), `${crypto.randomUUID()}:`)
  const suite = { create, describe, it, compares: true, indexed: true }
  storeContract(suite)
  indexContract(suite)
}

describe.skipIf(isAbsent)('one Redis', () => {
  let engine: Engine
  let sentinel: RedisSentinel
  let http: RedisHttp

  beforeAll(async () => {
    engine = await startRedis()
    sentinel = await startRedisSentinel(engine.url)
    http = await startRedisHttp(engine.url)
  })
  afterAll(async () => {
    await http?.stop()
    await sentinel?.stop()
    await engine?.stop()
  })

  const open: Record<string, () => Promise<Connection>> = {
    'a pool of node-redis': async () => {
      const client = createClientPool({ url: engine.url })
      client.on('error', () => {})
      await client.connect()
      return { client, close: () => client.destroy() }
    },
    'a sentinel of node-redis': async () => {
      const client = createSentinel({
        name: sentinel.name,
        sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }],
      })
      client.on('error', () => {})
      await client.connect()
      return { client, close: () => client.destroy() }
    },
    'ioredis with a sentinel': async () => {
      const client = new Redis({
        name: sentinel.name,
        sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      })
      client.on('error', () => {})
      return { client, close: () => client.disconnect() }
    },
    '@upstash/redis': async () => {
      const client = new UpstashRedis({ url: http.url, token: http.token })
      return { client, close: () => {} }
    },
    '@upstash/redis that parses nothing and sends each command alone': async () => {
      const client = new UpstashRedis({
        url: http.url,
        token: http.token,
        automaticDeserialization: false,
        enableAutoPipelining: false,
      })
      return { client, close: () => {} }
    },
    ...(!(glide instanceof Error) && {
      '@valkey/valkey-glide': async () => {
        const client = await glide.connect(Number(new URL(engine.url).port))
        return { client, close: () => client.close() }
      },
    }),
  }

  describe.each(Object.keys(open))('through %s', (name) => {
    let connection: Connection

    beforeAll(async () => {
      connection = (await open[name]?.()) as Connection
    })
    afterAll(() => connection?.close())

    contracts(() => connection.client)

    it.each(['{"a":1}', '12', '"text"', 'null', 'true', '1e400', '=', '', 'OK'])(
      'keeps the text %s as it is, in data, keys and users',
      async (text) => {
        const store = createRedisStore(connection.client)
        const user = `${text}${crypto.randomUUID()}`
        const key = text === '12' ? `${Date.now()}` : `${text}${crypto.randomUUID()}`
        const expires = new Date(Date.now() + 3600_000)
        const version = await store.create(key, { data: text, expires, user })
        expect(await store.read(key)).toEqual({ data: text, version, expires })
        expect(await store.keysOf(user)).toEqual({ keys: [key], cursor: undefined })
      },
    )

    it('fails where Redis refuses', async () => {
      const key = crypto.randomUUID()
      const redis = new Redis(engine.url)
      await redis.set(key, 'of another type')
      redis.disconnect()
      const store = createRedisStore(connection.client)
      await expect(store.read(key)).rejects.toThrow('WRONGTYPE')
      await expect(createRecord(store, key, 'data', new Date())).rejects.toThrow('WRONGTYPE')
    })
  })

  it('is asked by @upstash/redis for many keys in few requests', async () => {
    const store = createRedisStore(new UpstashRedis({ url: http.url, token: http.token }))
    const user = crypto.randomUUID()
    const record = { data: 'data', expires: new Date(Date.now() + 3600_000), user }
    const keys = Array.from({ length: 50 }, () => crypto.randomUUID())
    await Promise.all(keys.map((key) => store.create(key, record)))
    const before = { ...http.seen }
    expect((await store.keysOf(user)).keys).toHaveLength(50)
    expect(http.seen.commands - before.commands).toBe(51)
    expect(http.seen.requests - before.requests).toBeLessThan(5)
  })

  it('that is killed leaves the process of node-redis alive, and serves it when it is back', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('uncaughtException', note)
    // As the example of createRedisSessionStorage has it.
    const client = createClient({ url: engine.url, disableOfflineQueue: true })
    const reported: unknown[] = []
    client.on('error', (error) => reported.push(error))
    const storage = createRedisSessionStorage<{ n: number }>({
      client: await client.connect(),
      cookie: { secrets: [SECRET] },
    })
    const session = await storage.getSession()
    session.set('n', 1)
    const cookie = toCookie(await storage.commitSession(session))
    await engine.kill()
    await expect(storage.getSession(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE' })
    await engine.start()
    await expect.poll(() => client.isReady, { timeout: 30_000 }).toBe(true)
    expect((await storage.getSession(cookie)).get('n')).toBe(1)
    client.destroy()
    process.off('uncaughtException', note)
    expect(reported.length).toBeGreaterThan(0)
    expect(unhandled).toEqual([])
  })
})

const noGlideCluster = isAbsent || redisCli === undefined || glide instanceof Error

describe.skipIf(noGlideCluster)('a cluster through @valkey/valkey-glide', () => {
  let cluster: RedisCluster
  let connection: Connection

  beforeAll(async () => {
    cluster = await startRedisCluster()
    if (glide instanceof Error) throw glide
    const client = await glide.connectCluster(cluster.ports)
    connection = { client, close: () => client.close() }
  })
  afterAll(async () => {
    await connection?.close()
    await cluster?.stop()
  })

  contracts(() => connection.client)
})
