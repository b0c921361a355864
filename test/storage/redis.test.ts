import { createClient } from 'redis'
import { Redis } from 'ioredis'

import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
import { createRedisStore } from '../../src/storage/redis.ts'
import { storeConformance } from '../conformance/store.ts'
import { faultConformance } from '../conformance/faults.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { redisProgram, redisRemedy, startRedis } from '../support/redis-server.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

if (redisProgram === undefined) skipLoudly('Redis', redisRemedy)

describe.skipIf(redisProgram === undefined)('Redis', () => {
  let engine: Engine
  let nodeRedis: ReturnType<typeof createClient>
  let ioRedis: Redis

  beforeAll(async () => {
    engine = await startRedis()
    nodeRedis = createClient({ url: engine.url })
    nodeRedis.on('error', () => {})
    await nodeRedis.connect()
    ioRedis = new Redis(engine.url)
    ioRedis.on('error', () => {})
  })
  afterAll(async () => {
    nodeRedis?.destroy()
    ioRedis?.disconnect()
    await engine?.stop()
  })

  describe.each(['node-redis', 'ioredis'])('through %s', (driver) => {
    const clientOf = () => (driver === 'ioredis' ? ioRedis : nodeRedis)

    storeConformance(driver, async () => {
      await nodeRedis.flushAll()
      return createRedisStore(clientOf())
    })

    it('expires keys by itself, and renews them without writing the data', async () => {
      const store = createRedisStore(clientOf())
      const expires = new Date(Date.now() + 3600_000)
      const version = await store.write('expiring', 'data', expires, null)
      // By the clock of Redis, which need not be ours.
      expect(await ioRedis.pttl('expiring')).toBeGreaterThan(3500_000)
      expect(await ioRedis.pttl('expiring')).toBeLessThanOrEqual(3600_000)
      const monitored = await commandsDuring(async () => {
        await store.write('expiring', null, new Date(expires.getTime() + 3600_000), version)
      })
      expect(await ioRedis.pttl('expiring')).toBeGreaterThan(7000_000)
      expect(monitored.filter(([name]) => name?.toLowerCase() === 'hset')).toEqual([
        ['HSET', 'expiring', 'expires', String(expires.getTime() + 3600_000)],
      ])
    })

    it('puts a prefix before its keys', async () => {
      await nodeRedis.flushAll()
      for (const options of [{}, { prefix: 'app:' }]) {
        const storage = createRedisSessionStorage({
          client: clientOf(),
          cookie: { secrets: [SECRET] },
          ...options,
        })
        await storage.commitSession(await storage.getSession())
      }
      const keys = (await ioRedis.keys('*')).toSorted()
      expect(keys).toEqual([
        expect.stringMatching(/^app:[\w-]{43}$/),
        expect.stringMatching(/^session:[\w-]{43}$/),
      ])
    })
  })

  /** What Redis was told meanwhile, from inside of scripts too. */
  async function commandsDuring(use: () => Promise<void>): Promise<string[][]> {
    const monitor = await ioRedis.monitor()
    const commands: string[][] = []
    monitor.on('monitor', (_time: string, args: string[]) => commands.push(args))
    await use()
    await ioRedis.ping()
    await new Promise((resolve) => setImmediate(resolve))
    monitor.disconnect()
    return commands
  }
})

describe.skipIf(redisProgram === undefined)('Redis that fails', () => {
  faultConformance('node-redis', startRedis, async (url) => {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: 20 },
    })
    client.on('error', () => {})
    await client.connect()
    return { store: createRedisStore(client), close: async () => client.destroy() }
  })
})
