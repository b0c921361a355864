import type { SessionStore } from 'fetch-sessions'
import { createD1Store } from 'fetch-sessions/storage/d1'
import { storeConformance } from 'fetch-sessions/testing'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'

let tables = 0

async function create(): Promise<SessionStore> {
  const { store, maintenance } = createD1Store({ database: env.D1, table: `sessions${++tables}` })
  await maintenance.setup()
  return store
}

describe('D1', () => {
  storeConformance(create, { describe, it, indexed: true })
})
