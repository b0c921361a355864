import { DatabaseSync } from 'node:sqlite'

import { Cluster, Redis } from 'ioredis'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { createCookieSessionStorage } from '../../src/storage/cookie.ts'
import { createD1SessionStorage } from '../../src/storage/d1.ts'
import type { D1DatabaseLike } from '../../src/storage/d1.ts'
import { createDurableObjectSessionStorage } from '../../src/storage/durable-object.ts'
import type { DurableObjectNamespaceLike } from '../../src/storage/durable-object.ts'
import { createKVSessionStorage } from '../../src/storage/kv.ts'
import type { KVNamespaceLike } from '../../src/storage/kv.ts'
import { createMemorySessionStorage } from '../../src/storage/memory.ts'
import { createMySQLSessionStorage } from '../../src/storage/mysql.ts'
import { createPostgresSessionStorage } from '../../src/storage/postgres.ts'
import { createRedisSessionStorage } from '../../src/storage/redis.ts'
import { createSQLiteSessionStorage } from '../../src/storage/sqlite.ts'
import { createUnstorageSessionStorage } from '../../src/storage/unstorage.ts'
import { SECRET } from '../support/secrets.ts'
import { startWorkerd } from '../support/workerd.ts'
import type { Storage } from './application.ts'

/** The back ends of one process, and where they are. */
export interface Places {
  /** Those that only this process has: memory, unstorage and workerd's. */
  readonly own: boolean
  readonly sqlite: string
  readonly postgres: string | undefined
  readonly mysql: string | undefined
  readonly redis: string | undefined
  readonly redisCluster: readonly number[] | undefined
}

export interface OpenStorages {
  readonly storages: ReadonlyMap<string, Storage>
  close(): Promise<void>
}

/** An hour, so that the clock's steps of a quarter of an hour make renewals due, and end nobody. */
const common = { cookie: { secrets: [SECRET] }, idleTimeout: 3600 }

/** Opens what a process has, as docs/guide/operating.md says. */
export async function openStorages(places: Places): Promise<OpenStorages> {
  const storages = new Map<string, Storage>()
  const closings: (() => unknown)[] = []

  storages.set('cookie', createCookieSessionStorage(common))

  const database = new DatabaseSync(places.sqlite, { timeout: 5_000 })
  closings.push(() => database.close())
  const sqlite = createSQLiteSessionStorage({ ...common, database })
  await sqlite.setup()
  storages.set('SQLite', sqlite)

  if (places.postgres !== undefined) {
    const pool = new pg.Pool({
      connectionString: places.postgres,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
    })
    pool.on('error', () => {})
    closings.push(() => pool.end())
    const storage = createPostgresSessionStorage({ ...common, client: pool })
    await storage.setup()
    storages.set('PostgreSQL', storage)
  }

  if (places.mysql !== undefined) {
    const pool = mysql.createPool({ uri: places.mysql, connectTimeout: 5_000 })
    closings.push(() => pool.end())
    const storage = createMySQLSessionStorage({ ...common, client: pool })
    await storage.setup()
    storages.set('MariaDB', storage)
  }

  if (places.redis !== undefined) {
    const client = new Redis(places.redis, {
      connectTimeout: 5_000,
      socketTimeout: 5_000,
      maxRetriesPerRequest: 0,
    })
    client.on('error', () => {})
    closings.push(() => client.disconnect())
    storages.set('Redis', createRedisSessionStorage({ ...common, client }))
  }

  if (places.redisCluster !== undefined) {
    const client = new Cluster(places.redisCluster.map((port) => ({ host: '127.0.0.1', port })))
    client.on('error', () => {})
    closings.push(() => client.disconnect())
    storages.set('Redis Cluster', createRedisSessionStorage({ ...common, client }))
  }

  if (places.own) {
    // Neither limit may evict a session that lives.
    const limits = { maxRecords: 10_000_000, maxBytes: 1_000_000_000 }
    storages.set('memory', createMemorySessionStorage({ ...common, ...limits }))
    const storage = createStorage({ driver: memoryDriver() })
    storages.set('unstorage', createUnstorageSessionStorage({ ...common, storage }))

    const workerd = await startWorkerd()
    closings.push(() => workerd.dispose())
    const namespace = await workerd.getDurableObjectNamespace('SESSIONS')
    storages.set(
      'Durable Objects',
      createDurableObjectSessionStorage({
        ...common,
        namespace: namespace as unknown as DurableObjectNamespaceLike,
      }),
    )
    const d1 = createD1SessionStorage({
      ...common,
      database: (await workerd.getD1Database('D1')) as unknown as D1DatabaseLike,
    })
    await d1.setup()
    storages.set('D1', d1)
    const kv = (await workerd.getKVNamespace('KV')) as unknown as KVNamespaceLike
    storages.set('KV', createKVSessionStorage({ ...common, kv }))
  }

  return {
    storages,
    async close() {
      for (const close of closings) await close()
    },
  }
}
