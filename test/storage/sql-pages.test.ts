import { DatabaseSync } from 'node:sqlite'

import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { createPostgresStore } from '../../src/storage/postgres.ts'
import { createSQLiteStore } from '../../src/storage/sqlite.ts'
import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { postgresProgram, postgresRemedy, startPostgres } from '../support/postgres-server.ts'
import type { SqlTable } from '../conformance/sql-migration.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

type Parameters = readonly (string | number | null)[]
type Send = (text: string, parameters: Parameters) => Promise<Record<string, unknown>[]>

const ADA = 'a'.repeat(43)
const SESSIONS = 10_000
const keyNumber = (n: number): string => String(n).padStart(43, 'k')

/** A user with many sessions is listed in pages, each of which is one look at the index. */
function pages(
  name: string,
  open: (note: (text: string, parameters: Parameters) => void) => SqlTable,
  send: Send,
  { explain, fill }: { explain: string; fill: (rows: number) => string },
): void {
  describe(`${name}, ${SESSIONS} sessions of one user among as many of others`, () => {
    const sent: { text: string; parameters: Parameters }[] = []
    let table: SqlTable

    beforeAll(async () => {
      table = open((text, parameters) => sent.push({ text, parameters }))
      await table.maintenance.setup()
      await send(fill(2 * SESSIONS), [])
      await send('ANALYZE', [])
    })

    it('are listed in pages of 100, with one statement each', async () => {
      sent.length = 0
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await table.store.keysOf(ADA, cursor)
        expect(page.keys.length).toBeLessThanOrEqual(100)
        found.push(...page.keys)
        cursor = page.cursor
      } while (cursor !== undefined)
      const all = Array.from({ length: SESSIONS }, (_, n) => keyNumber(2 * n))
      expect(found.toSorted()).toEqual(all.toSorted())
      expect(sent).toHaveLength(SESSIONS / 100 + 1)
    })

    it('are found and sorted by the index', async () => {
      sent.length = 0
      await table.store.keysOf(ADA, keyNumber(SESSIONS))
      const [statement] = sent
      const rows = await send(`${explain} ${statement?.text}`, statement?.parameters ?? [])
      const plan = rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n')
      expect(plan).toMatch(/sessions_owner/)
      expect(plan).not.toMatch(/SCAN|Seq Scan|Sort|TEMP B-TREE/)
    })
  })
}

const expires = Date.now() + 3600_000
const numbers = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 <'
const sqlite = {
  explain: 'EXPLAIN QUERY PLAN',
  fill: (rows: number) => `${numbers} ${rows})
    INSERT INTO sessions (key, data, version, expires, owner)
    SELECT substr('${'k'.repeat(43)}' || i, -43), '{}', 'v', ${expires}, iif(i % 2, 'u' || i % 100, '${ADA}') FROM n`,
}
const postgres = {
  explain: 'EXPLAIN',
  fill: (rows: number) => `INSERT INTO sessions (key, data, version, expires, owner)
    SELECT lpad(i::text, 43, 'k'), '{}', 'v', ${expires}, CASE i % 2 WHEN 1 THEN 'u' || i % 100 ELSE '${ADA}' END
    FROM generate_series(0, ${rows - 1}) AS i`,
}

const database = new DatabaseSync(':memory:')
pages(
  'SQLite',
  (note) =>
    createSQLiteStore({
      database: {
        prepare(text) {
          const statement = database.prepare(text)
          const all = (...parameters: Parameters): unknown[] => {
            note(text, parameters)
            return statement.all(...parameters)
          }
          return { all }
        },
      },
    }),
  async (text, parameters) => database.prepare(text).all(...parameters),
  sqlite,
)

const lite = new PGlite()
afterAll(() => lite.close())
const overLite: Send = async (text, parameters) =>
  (await lite.query<Record<string, unknown>>(text, [...parameters])).rows

const clientOver = (send: Send, note: (text: string, parameters: Parameters) => void) => ({
  async query(text: string, parameters: Parameters) {
    note(text, parameters)
    return { rows: await send(text, parameters) }
  },
})
pages(
  'PGlite',
  (note) => createPostgresStore({ client: clientOver(overLite, note) }),
  overLite,
  postgres,
)

if (postgresProgram === undefined) skipLoudly('PostgreSQL with many sessions', postgresRemedy)

describe.skipIf(postgresProgram === undefined)('over TCP', () => {
  let engine: Engine
  let pool: pg.Pool
  beforeAll(async () => {
    engine = await startPostgres()
    pool = new pg.Pool({ connectionString: engine.url })
  })
  afterAll(async () => {
    await pool?.end()
    await engine?.stop()
  })
  const send: Send = async (text, parameters) => (await pool.query(text, [...parameters])).rows
  pages(
    'PostgreSQL',
    (note) => createPostgresStore({ client: clientOver(send, note) }),
    send,
    postgres,
  )
})
