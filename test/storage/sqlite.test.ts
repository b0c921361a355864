import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import BetterSqlite3 from 'better-sqlite3'
import { createSQLiteStore } from '../../src/storage/sqlite.ts'
import { clientConformance } from '../conformance/client.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { afterAll, describe } from 'vitest'

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

  storeConformance(name, async () => (await create()).store, { indexed: true })
  sqlConformance(name, (table) => createSQLiteStore({ database, table }), {
    sample: 'sqlite',
    run: async (statement) => database.exec(statement),
  })
})

clientConformance('createSQLiteStore', 'database', (d) => createSQLiteStore({ database: d }))
