import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
import { createD1SessionStorage } from 'fetch-sessions/storage/d1'
import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
import { createDurableObjectSessionStorage } from 'fetch-sessions/storage/durable-object'
import type { DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'
import { createKVSessionStorage } from 'fetch-sessions/storage/kv'
import type { KVNamespaceLike } from 'fetch-sessions/storage/kv'

import { maxSessionsPerUser } from '../shop/shop-session.ts'
import type { ShopStorage } from '../shop/shop-session.ts'
import { parseStore } from '../shop/stores.ts'

/** What wrangler.toml binds, and the secret, which every storage finds under this name. */
export interface ShopBindings {
  readonly SESSION_STORAGE?: string
  readonly SESSION_SECRET?: string
  readonly SESSIONS_KV: KVNamespaceLike
  readonly SESSIONS_DB: D1DatabaseLike
  readonly SESSION_OBJECTS: DurableObjectNamespaceLike
}

const storeNames = ['cookie', 'kv', 'd1', 'durable-object'] as const

export function storeOf(env: ShopBindings): (typeof storeNames)[number] {
  return parseStore(env.SESSION_STORAGE, storeNames)
}

const storages = new WeakMap<ShopBindings, ShopStorage>()

/** The one storage of an environment: what loads the sessions also lists and ends those of a user. */
export function shopStorageOf(env: ShopBindings): ShopStorage {
  const storage = storages.get(env) ?? createShopStorage(env)
  storages.set(env, storage)
  return storage
}

function createShopStorage(env: ShopBindings): ShopStorage {
  switch (storeOf(env)) {
    case 'cookie':
      return createCookieSessionStorage()
    case 'kv':
      return createKVSessionStorage({ kv: env.SESSIONS_KV })
    case 'd1':
      return createD1SessionStorage({ database: env.SESSIONS_DB, maxSessionsPerUser })
    case 'durable-object':
      return createDurableObjectSessionStorage({
        namespace: env.SESSION_OBJECTS,
        maxSessionsPerUser,
      })
  }
}

/** Deletes the sessions that have expired, where the store does not do so by itself. */
export async function purgeExpired(env: ShopBindings): Promise<void> {
  if (storeOf(env) !== 'd1') return
  const { purgeExpired: purge } = createD1SessionStorage({ database: env.SESSIONS_DB })
  const limit = 1000
  while ((await purge({ limit })) === limit);
}
