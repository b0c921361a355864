import { createCluster } from 'redis'
import { Cluster } from 'ioredis'

import { createRedisStore } from '../../src/storage/redis.ts'
import { storeConformance } from '../conformance/store.ts'
import { skipLoudly } from '../support/engine.ts'
import { prefixedStore } from '../support/prefixed-store.ts'
import { redisCli, startRedisCluster } from '../support/redis-cluster.ts'
import type { RedisCluster } from '../support/redis-cluster.ts'
import { redisProgram, redisRemedy } from '../support/redis-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = redisProgram === undefined || redisCli === undefined
if (isAbsent) skipLoudly('Redis Cluster', `${redisRemedy}; it takes redis-cli too`)

describe.skipIf(isAbsent)('a Redis Cluster of three nodes', () => {
  let cluster: RedisCluster
  let nodeRedis: ReturnType<typeof createCluster>
  let ioRedis: Cluster

  beforeAll(async () => {
    cluster = await startRedisCluster()
    nodeRedis = createCluster({
      rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
    })
    nodeRedis.on('error', () => {})
    await nodeRedis.connect()
    ioRedis = new Cluster(cluster.ports.map((port) => ({ host: '127.0.0.1', port })))
    ioRedis.on('error', () => {})
  })
  afterAll(async () => {
    nodeRedis?.destroy()
    ioRedis?.disconnect()
    await cluster?.stop()
  })

  describe.each(['node-redis', 'ioredis'])('through %s', (driver) => {
    const open = () => createRedisStore(driver === 'ioredis' ? ioRedis : nodeRedis)

    storeConformance(driver, () => prefixedStore(open(), `${crypto.randomUUID()}:`), {
      indexed: true,
      races: driver === 'node-redis',
    })

    it('keeps records on every node, and lists them from the one with the index', async () => {
      const user = crypto.randomUUID()
      const keys = Array.from({ length: 60 }, () => `${user}:${crypto.randomUUID()}`)
      const expires = new Date(Date.now() + 3600_000)
      const store = open()
      for (const key of keys) await store.create(key, { data: 'data', expires, user })
      const stored: string[] = []
      for (const node of cluster.ports.keys()) {
        const here = (await cluster.command(node, 'keys', `${user}:*`)).split('\n')
        expect(here.filter((key) => keys.includes(key))).not.toEqual([])
        stored.push(...here)
      }
      expect(stored.toSorted()).toEqual([...keys, `${user}:sessions`].toSorted())
      const page = await store.keysOf(user)
      expect([page.keys.toSorted(), page.cursor]).toEqual([keys.toSorted(), undefined])
    })
  })
})
