import type { IndexedSessionStore } from 'fetch-sessions'
import { createDurableObjectStore } from 'fetch-sessions/storage/durable-object'
import { storeConformance } from 'fetch-sessions/testing'
import { evictAllDurableObjects } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'

// An object keeps its files open for ten seconds, and a process may have 20,000 of them, or fewer.
const MAX_OPEN = 500

let stores = 0
let records = 0

function create(): IndexedSessionStore {
  const name = `${++stores}:`
  const store = createDurableObjectStore({
    idFromName: (key) => env.SESSIONS.idFromName(name + key),
    get: (id) => env.SESSIONS.get(id),
  })
  return {
    ...store,
    async create(key, record) {
      if (++records % MAX_OPEN === 0) await evictAllDurableObjects()
      return store.create(key, record)
    },
  }
}

describe('Durable Objects', () => {
  storeConformance(create, { describe, it, indexed: true })
})
