import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { createD1SessionStorage } from 'fetch-sessions/storage/d1'
import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'

import type { ShopStorage } from '../../examples/shop/shop-session.ts'
import { shopStorageOf } from '../../examples/worker/storage.ts'
import type { ShopBindings } from '../../examples/worker/storage.ts'
import { buildPackage, bundleWorker, root } from './build.ts'
import { describeDevices } from './devices.ts'
import { describeShop, secret } from './scenarios.ts'
import type { RunningShop } from './scenarios.ts'
import { createVisitor } from './visitor.ts'

const stores = ['cookie', 'kv', 'd1', 'durable-object'] as const
const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'))
const folder = join(root, 'examples/worker/migrations')
const migrations = readdirSync(folder)
  .toSorted()
  .map((file) => readFileSync(join(folder, file), 'utf8'))

let bundle: ReturnType<typeof bundleWorker>

beforeAll(() => {
  buildPackage()
  bundle = bundleWorker()
})

afterAll(() => bundle.remove())

interface RunningWorker extends RunningShop {
  /** Runs the scheduled handler. */
  fireCron(): Promise<void>
  readonly database: D1DatabaseLike
  /** A storage over its store, for the test. */
  openStorage(): Promise<ShopStorage>
  /** What the Worker has logged. */
  log(): string
}

interface ScheduledWorker {
  scheduled(options: { cron: string }): Promise<{ outcome: string }>
}

/** A Worker with the bindings of wrangler.toml, all empty but for the table that the migrations make. */
async function openWorker(bindings: Record<string, string>): Promise<RunningWorker> {
  const { modulesRules: _, ...options } = workerOptions
  const messages: string[] = []
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...options,
      modules: true,
      script: readFileSync(bundle.script, 'utf8'),
      bindings,
      cf: false,
      handleStructuredLogs: ({ message }) => messages.push(message),
    }),
  )
  const url = await miniflare.ready
  const database = (await miniflare.getD1Database('SESSIONS_DB')) as unknown as D1DatabaseLike
  for (const statement of migrations.flatMap((text) => unstable_splitSqlQuery(text))) {
    await database.prepare(statement).bind().all()
  }
  return {
    url: url.origin,
    openStorage: async () => shopStorageOf(await miniflare.getBindings<ShopBindings>()),
    stop: () => miniflare.dispose(),
    database,
    async fireCron() {
      const worker = (await miniflare.getWorker()) as unknown as ScheduledWorker
      expect(await worker.scheduled({ cron: '17 * * * *' })).toMatchObject({
        outcome: 'ok',
      })
    },
    log: () => messages.join('\n'),
  }
}

describe.each(stores)('the shop as a Worker, SESSION_STORAGE = "%s"', (store) => {
  const open = () => openWorker({ SESSION_STORAGE: store, SESSION_SECRET: secret })
  describeShop(store, open)
  describeDevices(store, async () => {
    const shop = await open()
    return { ...shop, storage: await shop.openStorage() }
  })

  it('answers 500 without SESSION_SECRET, and keeps the reason to itself and its log', async () => {
    const shop = await openWorker({ SESSION_STORAGE: store })
    try {
      const visitor = createVisitor(shop.url)
      const page = await visitor.post('/cart/add', { product: 'mug' })
      expect(page.status).toBe(500)
      expect(page.html).toContain('Something broke on our side')
      expect(page.html).not.toMatch(/SESSION_SECRET|Error|openssl/)
      expect(visitor.cookie).toBeUndefined()
      expect(shop.log()).toContain('set SESSION_SECRET')
    } finally {
      await shop.stop()
    }
  })
})

describe('the shop as a Worker', () => {
  it('keeps sessions in the cookie where SESSION_STORAGE says nothing', async () => {
    const shop = await openWorker({ SESSION_SECRET: secret })
    try {
      expect((await createVisitor(shop.url).get('/')).html).toContain('data-store="cookie"')
    } finally {
      await shop.stop()
    }
  })

  it('says in its log what to write for a SESSION_STORAGE that it does not know', async () => {
    const shop = await openWorker({ SESSION_STORAGE: 'kvs', SESSION_SECRET: secret })
    try {
      const page = await createVisitor(shop.url).get('/')
      expect(page.status).toBe(500)
      expect(page.html).not.toContain('kvs')
      expect(shop.log()).toContain(
        'SESSION_STORAGE is "kvs": write one of cookie, kv, d1, durable-object.',
      )
    } finally {
      await shop.stop()
    }
  })

  it('has as its migrations what makes the table of the D1 storage', async () => {
    const { sql, migration } = createD1SessionStorage({
      database: { prepare() {} } as unknown as D1DatabaseLike,
    })
    expect(migrations.at(-1)).toBe(migration.map((statement) => `${statement};\n`).join(''))
    const schemaAfter = (statements: readonly string[]): unknown[] => {
      const database = new DatabaseSync(':memory:')
      database.exec(statements.join(';\n'))
      return [
        database.prepare(`SELECT * FROM pragma_table_info('sessions')`).all(),
        database.prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'index'`).all(),
      ]
    }
    expect(schemaAfter(migrations)).toEqual(schemaAfter(sql))
  })

  it('deletes what has expired in D1 when the cron trigger fires', async () => {
    const shop = await openWorker({ SESSION_STORAGE: 'd1', SESSION_SECRET: secret })
    try {
      const run = (statement: string) => shop.database.prepare(statement).bind().all()
      await run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
        INSERT INTO sessions (key, data, version, expires) SELECT 'old' || i, '{}', 'v', i FROM n`)
      await run(`INSERT INTO sessions VALUES ('fresh', '{}', 'v', ${Date.now() + 3600_000}, NULL)`)
      await shop.fireCron()
      expect((await run('SELECT key FROM sessions')).results).toEqual([{ key: 'fresh' }])
    } finally {
      await shop.stop()
    }
  })
})
