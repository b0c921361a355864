import { readFileSync } from 'node:fs'

import { createClient } from 'redis'
import { Redis } from 'ioredis'

import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
import { createRedisStore } from '../../src/storage/redis.ts'
import { storeConformance } from '../conformance/store.ts'
import { clientConformance } from '../conformance/client.ts'
import { faultConformance } from '../conformance/faults.ts'
import { createRecord } from '../support/create-record.ts'
import { foreignEngine, skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { redisProgram, redisRemedy, redisUrl, startRedis } from '../support/redis-server.ts'
import { prefixedStore } from '../support/prefixed-store.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = redisProgram === undefined && redisUrl === undefined
if (isAbsent) skipLoudly('Redis', redisRemedy)
else if (redisProgram === undefined) skipLoudly('Redis that is killed', redisRemedy)

describe.skipIf(isAbsent)('Redis', () => {
  let engine: Engine
  let nodeRedis: ReturnType<typeof createClient>
  let ioRedis: Redis

  beforeAll(async () => {
    engine = redisProgram === undefined ? foreignEngine(redisUrl ?? '') : await startRedis()
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

    let stores = 0
    storeConformance(
      driver,
      () => prefixedStore(createRedisStore(clientOf()), `${crypto.randomUUID()}:${++stores}:`),
      { indexed: true, races: driver === 'node-redis' },
    )

    it('expires keys by itself, and renews them without writing the data', async () => {
      const store = createRedisStore(clientOf())
      const key = crypto.randomUUID()
      const expires = new Date(Date.now() + 3600_000)
      const version = await createRecord(store, key, 'data', expires)
      // By the clock of Redis, which need not be ours.
      expect(await ioRedis.pttl(key)).toBeGreaterThan(3500_000)
      expect(await ioRedis.pttl(key)).toBeLessThanOrEqual(3600_000)
      const monitored = await commandsDuring(async () => {
        await store.update(key, version, { expires: new Date(expires.getTime() + 3600_000) })
      })
      expect(await ioRedis.pttl(key)).toBeGreaterThan(7000_000)
      expect(monitored.filter(([name]) => name?.toLowerCase() === 'hset')).toEqual([
        ['HSET', key, 'expires', String(expires.getTime() + 3600_000)],
      ])
    })

    it('puts a prefix before its keys', async () => {
      const before = new Set(await ioRedis.keys('*'))
      for (const options of [{}, { prefix: 'app:' }]) {
        const storage = createRedisSessionStorage({
          client: clientOf(),
          cookie: { secrets: [SECRET] },
          ...options,
        })
        await storage.commitSession(await storage.getSession())
      }
      const keys = (await ioRedis.keys('*')).filter((key) => !before.has(key)).toSorted()
      expect(keys).toEqual([
        expect.stringMatching(/^app:[\w-]{43}$/),
        expect.stringMatching(/^session:[\w-]{43}$/),
      ])
    })
  })

  /** What Redis was told meanwhile, from inside of scripts too. */
  async function commandsDuring(use: () => Promise<void>): Promise<string[][]> {
    // ioredis mistakes what another client says while it connects, if that comes with the answer to MONITOR.
    await ioRedis.ping()
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

clientConformance('createRedisStore', 'client', createRedisStore)

describe('the examples of Redis', () => {
  const source = readFileSync('src/storage/redis.ts', 'utf8')
  const examples = source.split('@example').slice(1)

  it.each(examples.map((text) => text.split('*/')[0] ?? ''))(
    'listen to the errors of their client, without which node-redis ends the process: number %#',
    (example) => {
      expect(example).toMatch(/\b(createClient|createCluster|new Redis)\(/)
      expect(example).toMatch(/\.on\('error', /)
    },
  )
})
