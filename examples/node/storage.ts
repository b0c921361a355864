import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
import { createPostgresSessionStorage } from 'fetch-sessions/storage/postgres'
import { startPurging } from 'fetch-sessions/storage/purge'
import { createRedisSessionStorage } from 'fetch-sessions/storage/redis'
import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'

import { maxSessionsPerUser } from '../shop/shop-session.ts'
import type { ShopData, ShopFlash, ShopStorage } from '../shop/shop-session.ts'
import { parseStore } from '../shop/stores.ts'
import type { StoreName } from '../shop/stores.ts'

/** Where the sessions of this process are kept, with what has to be closed at its end. */
export interface ShopStore {
  readonly name: StoreName
  readonly storage: ShopStorage
  close(): Promise<void>
}

type Environment = NodeJS.ProcessEnv

const storeNames = ['cookie', 'memory', 'redis', 'sqlite', 'postgres'] as const

/** Opens the store that SESSION_STORAGE asks for. A driver is loaded only where its store is the one. */
export async function openShopStore(env: Environment): Promise<ShopStore> {
  const name = parseStore(env['SESSION_STORAGE'], storeNames)
  switch (name) {
    case 'cookie':
      return { name, storage: createCookieSessionStorage(), close: async () => {} }

    case 'memory': {
      const storage = createMemorySessionStorage<ShopData, ShopFlash>({ maxSessionsPerUser })
      return { name, storage, close: async () => {} }
    }

    case 'redis': {
      const { createClient } = await import('redis')
      const url = required(env, 'REDIS_URL', 'redis://localhost:6379')
      // While Redis is away, requests fail at once instead of waiting for it in a queue.
      const client = createClient({ url, disableOfflineQueue: true })
      // Without a listener, a lost connection would end the process; with one, the client connects again.
      client.on('error', console.error)
      await client.connect()
      const storage = createRedisSessionStorage<ShopData, ShopFlash>({ client, maxSessionsPerUser })
      return { name, storage, close: () => client.close() }
    }

    case 'sqlite': {
      const { DatabaseSync } = await import('node:sqlite')
      const database = new DatabaseSync(required(env, 'SQLITE_FILE', 'sessions.db'))
      // Readers and a writer side by side; writers of several processes wait for each other.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000')
      const storage = createSQLiteSessionStorage<ShopData, ShopFlash>({
        database,
        maxSessionsPerUser,
      })
      return openSqlStore(name, storage, () => database.close())
    }

    case 'postgres': {
      const { Pool } = await import('pg')
      const connectionString = required(env, 'DATABASE_URL', 'postgres://user@localhost:5432/shop')
      const pool = new Pool({ connectionString })
      // Without a listener, an idle connection that is lost would end the process.
      pool.on('error', console.error)
      const storage = createPostgresSessionStorage<ShopData, ShopFlash>({
        client: pool,
        maxSessionsPerUser,
      })
      return openSqlStore(name, storage, () => pool.end())
    }
  }
}

function required(env: Environment, name: string, example: string): string {
  const value = env[name]
  if (value) return value
  throw new Error(`${name} is not set: write where the sessions are kept, such as ${example}.`)
}

/** SQL databases have a table to be made, and do not drop what has expired by themselves. */
async function openSqlStore(
  name: StoreName,
  storage: ReturnType<typeof createSQLiteSessionStorage<ShopData, ShopFlash>>,
  disconnect: () => void | Promise<void>,
): Promise<ShopStore> {
  await storage.setup()
  const stop = startPurging(storage)
  return {
    name,
    storage,
    async close() {
      stop()
      await disconnect()
    },
  }
}
