import { createRedisStore } from 'fetch-sessions/storage/redis'
import { storeConformance } from '../conformance/store.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { prefixedStore } from '../support/prefixed-store.ts'
import { redisProgram, redisRemedy, startRedis } from '../support/redis-server.ts'
import { afterAll, beforeAll, describe } from 'vitest'

/** What Bun's own types say of it; they are those of all of Bun, and change globals of Node. */
interface RedisClient {
  connect(): Promise<void>
  send(command: string, args: string[]): Promise<unknown>
  close(): void
}
const { Bun } = globalThis as unknown as {
  Bun: { RedisClient: new (url: string) => RedisClient }
}

if (redisProgram === undefined) skipLoudly('Redis through Bun', redisRemedy)

describe.skipIf(redisProgram === undefined)('Redis through Bun', () => {
  let engine: Engine
  let client: RedisClient

  beforeAll(async () => {
    engine = await startRedis()
    client = new Bun.RedisClient(engine.url)
    await client.connect()
  })
  afterAll(async () => {
    client?.close()
    await engine?.stop()
  })

  storeConformance(
    'RedisClient',
    () => prefixedStore(createRedisStore(client), `${crypto.randomUUID()}:`),
    { indexed: true, races: false },
  )
})
