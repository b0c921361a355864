// The SQL clients that Bun brings: bun:sqlite, and SQL for SQLite and PostgreSQL. test/runtimes/bun.config.ts runs this.
import { createPostgresStore } from '../../src/storage/postgres.ts'
import type { PostgresSessionStorageOptions } from '../../src/storage/postgres.ts'
import { createSQLiteStore } from '../../src/storage/sqlite.ts'
import type { SQLiteSessionStorageOptions } from '../../src/storage/sqlite.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { postgresProgram, postgresRemedy, startPostgres } from '../support/postgres-server.ts'
import { afterAll, beforeAll, describe } from 'vitest'

/** The part of Bun's SQL that is used here; its types are no dependency. */
interface BunSQL {
  unsafe(text: string, parameters?: (string | number | null)[]): Promise<Iterable<unknown>>
  close(): Promise<void>
}

type Database = Extract<SQLiteSessionStorageOptions['database'], { prepare: unknown }>

const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ name)
const { Database: BunDatabase } = (await load('bun:sqlite')) as {
  Database: new (file: string) => Database & { run(statement: string): unknown }
}
const { SQL } = (globalThis as unknown as { Bun: { SQL: new (url: string) => BunSQL } }).Bun

function sqliteSuites(
  name: string,
  database: SQLiteSessionStorageOptions['database'],
  run: (statement: string) => Promise<unknown>,
): void {
  let tables = 0
  const open = async () => {
    const { store, maintenance } = createSQLiteStore({ database, table: `sessions ${++tables}` })
    await maintenance.setup()
    return store
  }
  storeConformance(name, open, { indexed: true, races: name === 'bun:sqlite' })
  sqlConformance(name, (table) => createSQLiteStore({ database, table }), { sample: 'sqlite', run })
}

const database = new BunDatabase(':memory:')
sqliteSuites('bun:sqlite', database, async (statement) => database.run(statement))

const sqlite = new SQL('sqlite://:memory:')
afterAll(() => sqlite.close())
sqliteSuites('SQL of Bun, over SQLite', sqlite, (statement) => sqlite.unsafe(statement))

if (postgresProgram === undefined) skipLoudly('SQL of Bun over PostgreSQL', postgresRemedy)

describe.skipIf(postgresProgram === undefined)('SQL of Bun, over PostgreSQL', () => {
  let engine: Engine
  let sql: BunSQL
  beforeAll(async () => {
    engine = await startPostgres()
    sql = new SQL(engine.url)
  })
  afterAll(async () => {
    await sql?.close()
    await engine?.stop()
  })

  const client = (): PostgresSessionStorageOptions['client'] => sql
  let tables = 0
  const open = async () => {
    const made = createPostgresStore({ client: client(), table: `sessions ${++tables}` })
    await made.maintenance.setup()
    return made.store
  }
  storeConformance('Bun', open, { indexed: true, races: false })
  sqlConformance('Bun', (table) => createPostgresStore({ client: client(), table }), {
    sample: 'postgres',
    run: (statement) => sql.unsafe(statement),
  })
})
