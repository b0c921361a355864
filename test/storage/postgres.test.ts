import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgres from 'postgres'

import { createPostgresStore } from '../../src/storage/postgres.ts'
import type { PostgresSessionStorageOptions } from '../../src/storage/postgres.ts'
import { clientConformance } from '../conformance/client.ts'
import { faultConformance } from '../conformance/faults.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { foreignEngine, skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import {
  postgresProgram,
  postgresRemedy,
  postgresUrl,
  startPostgres,
} from '../support/postgres-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = postgresProgram === undefined && postgresUrl === undefined
if (isAbsent) skipLoudly('PostgreSQL over TCP', postgresRemedy)
else if (postgresProgram === undefined) skipLoudly('PostgreSQL that is killed', postgresRemedy)

function suites(
  name: string,
  client: () => PostgresSessionStorageOptions['client'],
  run: (statement: string) => Promise<unknown>,
): void {
  let tables = 0
  const open = async () => {
    const { store, maintenance } = createPostgresStore({
      client: client(),
      table: `sessions ${name} ${++tables}`,
    })
    await maintenance.setup()
    return store
  }
  storeConformance(name, open, { indexed: true, races: name === 'pg' })
  sqlConformance(name, (table) => createPostgresStore({ client: client(), table }), {
    sample: 'postgres',
    run,
  })
}

describe.skipIf(isAbsent)('PostgreSQL over TCP', () => {
  // The drivers use the same names of tables.
  const schemas = ['pg', 'postgresjs'].map(
    (name) => `test_${name}_${crypto.randomUUID().replaceAll('-', '')}`,
  )
  let engine: Engine
  let pool: pg.Pool
  let sql: ReturnType<typeof postgres>

  beforeAll(async () => {
    engine =
      postgresProgram === undefined ? foreignEngine(postgresUrl ?? '') : await startPostgres()
    const [first = '', second = ''] = schemas
    pool = new pg.Pool({ connectionString: engine.url, options: `-c search_path=${first}` })
    for (const schema of schemas) await pool.query(`CREATE SCHEMA ${schema}`)
    sql = postgres(engine.url, { onnotice: () => {}, connection: { search_path: second } })
  })
  afterAll(async () => {
    for (const schema of schemas) await pool?.query(`DROP SCHEMA ${schema} CASCADE`)
    await pool?.end()
    await sql?.end()
    await engine?.stop()
  })

  suites(
    'pg',
    () => pool,
    (statement) => pool.query(statement),
  )
  suites(
    'postgres.js',
    () => sql,
    (statement) => sql.unsafe(statement),
  )
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
  suites(
    'pglite',
    () => lite,
    (statement) => lite.exec(statement),
  )
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

clientConformance('createPostgresStore', 'client', (client) => createPostgresStore({ client }))
