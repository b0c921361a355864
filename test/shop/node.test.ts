import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { openShopStore } from '../../examples/node/storage.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { postgresProgram, postgresRemedy, startPostgres } from '../support/postgres-server.ts'
import { redisProgram, redisRemedy, startRedis } from '../support/redis-server.ts'
import { buildPackage } from './build.ts'
import { describeDevices } from './devices.ts'
import type { OpenStore } from './devices.ts'
import { killServers, openServer, startServer } from './node-server.ts'
import type { RunningServer, Variables } from './node-server.ts'
import { describeShop, secret } from './scenarios.ts'
import { traits } from './traits.ts'
import { createVisitor } from './visitor.ts'

let folder: string
let redis: Engine
let postgres: Engine

if (redisProgram === undefined) skipLoudly('the shop on Node over Redis', redisRemedy)
if (postgresProgram === undefined) skipLoudly('the shop on Node over PostgreSQL', postgresRemedy)

beforeAll(async () => {
  buildPackage()
  folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-shop-'))
  if (redisProgram !== undefined) redis = await startRedis()
  if (postgresProgram !== undefined) postgres = await startPostgres()
})

afterAll(async () => {
  killServers()
  await redis?.stop()
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The variables that tell the shop where each store is. */
const variables = {
  cookie: () => ({}),
  memory: () => ({}),
  redis: () => ({ REDIS_URL: redis.url }),
  sqlite: () => ({ SQLITE_FILE: join(folder, 'shop.db') }),
  postgres: () => ({ DATABASE_URL: postgres.url }),
}
type NodeStore = keyof typeof variables
const stores = Object.keys(variables) as NodeStore[]
const isMissing: Partial<Record<NodeStore, boolean>> = {
  redis: redisProgram === undefined,
  postgres: postgresProgram === undefined,
}

function openOver(store: NodeStore): Promise<RunningServer> {
  return openServer({ SESSION_STORAGE: store, SESSION_SECRET: secret, ...variables[store]() })
}

/** The shop, and its store once more for the test. */
async function openWithStore(store: NodeStore): Promise<OpenStore> {
  const shop = await openOver(store)
  const { storage, close } = await openShopStore({ SESSION_STORAGE: store, ...variables[store]() })
  return {
    url: shop.url,
    storage,
    async stop() {
      await close()
      await shop.stop()
    },
  }
}

/** What a server says that cannot open. */
async function refusalOf(own: Variables): Promise<string> {
  const { exited, errors } = startServer(own)
  expect(await exited).toBe(1)
  return errors
}

for (const store of stores) {
  describe.skipIf(isMissing[store])(`the shop on Node, SESSION_STORAGE=${store}`, () => {
    describeShop(store, () => openOver(store))
    describeDevices(store, () => openWithStore(store))

    it('closes what it has opened, and knows its visitors after a restart', async () => {
      const first = await openOver(store)
      const visitor = createVisitor(first.url)
      await visitor.post('/sign-in', { name: 'Blue Door' })
      expect(await first.stop()).toBe(0)

      const second = await openOver(store)
      const page = await createVisitor(second.url, visitor.cookie).get('/')
      expect(await second.stop()).toBe(0)
      expect(page.origin).toBe(traits[store].restarted)
      expect(page.html.includes('Hello, <bdi>Blue Door</bdi>')).toBe(page.origin === 'resumed')
    })
  })
}

describe.each([
  ['redis', () => redis],
  ['postgres', () => postgres],
] as const)('the shop on Node while %s is away', (store, engineOf) => {
  it.skipIf(isMissing[store])('answers 500, and goes on when it is back', async () => {
    const engine = engineOf()
    const shop = await openOver(store)
    try {
      const visitor = createVisitor(shop.url)
      await visitor.post('/sign-in', { name: 'Blue Door' })
      await engine.kill()
      for (const page of [await visitor.get('/'), await visitor.post('/session/end')]) {
        expect(page.status).toBe(500)
        expect(page.html).toContain('Something broke on our side')
        expect(page.html).not.toMatch(/Error|ECONN|redis|postgres/i)
      }
      expect(visitor.cookie).toBeDefined()

      await engine.start()
      await vi.waitUntil(async () => (await visitor.get('/')).status === 200, {
        timeout: 25_000,
        interval: 200,
      })
      expect((await visitor.get('/')).html).toContain('Hello, <bdi>Blue Door</bdi>')
    } finally {
      await shop.stop()
    }
  })
})

describe('the shop on Node', () => {
  it.each(stores)('does not open in production without SESSION_SECRET: %s', async (store) => {
    expect(await refusalOf({ SESSION_STORAGE: store, ...variables[store]() })).toContain(
      'set SESSION_SECRET',
    )
  })

  it.each(['cookie', 'memory'])(
    'makes up a secret in development, and says so: %s',
    async (store) => {
      const shop = await openServer({ SESSION_STORAGE: store, NODE_ENV: 'development' })
      const visitor = createVisitor(shop.url)
      const page = await visitor.post('/sign-in', { name: 'Blue Door' })
      await shop.stop()
      expect(page.html).toContain('Hello, <bdi>Blue Door</bdi>')
      expect(await shop.errors).toContain('SESSION_SECRET is not set')
      const stranger = await openServer({ SESSION_STORAGE: store, NODE_ENV: 'development' })
      expect((await createVisitor(stranger.url, visitor.cookie).get('/')).origin).toBe('tampered')
      await stranger.stop()
    },
  )

  it.each([
    ['redis', 'REDIS_URL'],
    ['sqlite', 'SQLITE_FILE'],
    ['postgres', 'DATABASE_URL'],
  ])('does not open over %s without %s', async (store, variable) => {
    const refusal = await refusalOf({ SESSION_STORAGE: store, SESSION_SECRET: secret })
    expect(refusal).toContain(`${variable} is not set: write`)
  })

  it('says what to write for a SESSION_STORAGE that it does not know', async () => {
    expect(await refusalOf({ SESSION_STORAGE: 'd1', SESSION_SECRET: secret })).toContain(
      'SESSION_STORAGE is "d1": write one of cookie, memory, redis, sqlite, postgres.',
    )
  })
})
