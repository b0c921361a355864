import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { createClient } from '@libsql/client'
import BetterSqlite3 from 'better-sqlite3'
import { createSQLiteStore } from '../../src/storage/sqlite.ts'
import { clientConformance } from '../conformance/client.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { afterAll, beforeAll, describe } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const drivers = {
  'node:sqlite': new DatabaseSync(join(folder, 'node.db')),
  'better-sqlite3': new BetterSqlite3(join(folder, 'better.db')),
}

describe.each(Object.entries(drivers))('SQLite through %s', (name, database) => {
  database.exec('PRAGMA journal_mode = WAL')
  let tables = 0
  const create = async () => {
    const made = createSQLiteStore({ database, table: `sessions ${++tables}` })
    await made.maintenance.setup()
    return made
  }

  storeConformance(name, async () => (await create()).store, {
    indexed: true,
    races: name === 'node:sqlite',
  })
  sqlConformance(name, (table) => createSQLiteStore({ database, table }), {
    sample: 'sqlite',
    run: async (statement) => database.exec(statement),
  })
})

describe('SQLite through @libsql/client', () => {
  // Each statement goes over another connection than the one before.
  const url = `file:${join(folder, 'libsql.db')}`
  const [first, second] = [
    createClient({ url, timeout: 5000 }),
    createClient({ url, timeout: 5000 }),
  ]
  afterAll(() => [first, second].forEach((client) => client.close()))
  beforeAll(async () => {
    await first.execute('PRAGMA journal_mode = WAL')
    for (const client of [first, second]) await client.execute('PRAGMA synchronous = NORMAL')
  })
  let statements = 0
  const database = {
    execute: (statement: Parameters<typeof first.execute>[0]) =>
      (++statements % 2 === 0 ? first : second).execute(statement),
  } as typeof first
  let tables = 0
  const open = async () => {
    const made = createSQLiteStore({ database, table: `sessions ${++tables}` })
    await made.maintenance.setup()
    return made.store
  }
  storeConformance('libSQL, two clients in turn', open, { indexed: true, races: false })
  sqlConformance('libSQL', (table) => createSQLiteStore({ database, table }), {
    sample: 'sqlite',
    run: (statement) => first.execute(statement),
  })
})

clientConformance('createSQLiteStore', 'database', (d) => createSQLiteStore({ database: d }))
