import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgres from 'postgres'

import { createPostgresStore } from '../../src/storage/postgres.ts'
import type { PostgresClientLike, PostgresJSLike } from '../../src/storage/postgres.ts'
import { faultConformance } from '../conformance/faults.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { postgresProgram, postgresRemedy, startPostgres } from '../support/postgres-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

if (postgresProgram === undefined) skipLoudly('PostgreSQL over TCP', postgresRemedy)

function suites(name: string, client: () => PostgresClientLike | PostgresJSLike): void {
  let tables = 0
  storeConformance(name, async () => {
    const { store, maintenance } = createPostgresStore({
      client: client(),
      table: `sessions ${name} ${++tables}`,
    })
    await maintenance.setup()
    return store
  })
  sqlConformance(name, (table) =>
    createPostgresStore({ client: client(), table: table && `${name} ${table}` }),
  )
}

describe.skipIf(postgresProgram === undefined)('PostgreSQL over TCP', () => {
  let engine: Engine
  let pool: pg.Pool
  let sql: ReturnType<typeof postgres>

  beforeAll(async () => {
    engine = await startPostgres()
    pool = new pg.Pool({ connectionString: engine.url })
    sql = postgres(engine.url, { onnotice: () => {} })
  })
  afterAll(async () => {
    await pool?.end()
    await sql?.end()
    await engine?.stop()
  })

  suites('pg', () => pool)
  suites('postgres.js', () => sql)
})

describe('createPostgresStore', () => {
  it.each(['x'.repeat(56), 'ü'.repeat(28)])('refuses a name that would be cut off: %s', (table) => {
    const client = { query: async () => ({ rows: [] }) }
    expect(() => createPostgresStore({ client, table })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
    expect(() => createPostgresStore({ client, table: table.slice(1) })).not.toThrow()
  })
})

describe('PGlite', () => {
  const lite = new PGlite()
  afterAll(() => lite.close())
  suites('pglite', () => lite)
})

describe.skipIf(postgresProgram === undefined)('PostgreSQL that fails', () => {
  faultConformance('pg', startPostgres, async (url) => {
    const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 1000 })
    pool.on('error', () => {})
    const { store, maintenance } = createPostgresStore({ client: pool })
    await maintenance.setup()
    return { store, close: () => pool.end() }
  })
})
