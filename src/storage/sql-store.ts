import { throwStorageError } from '../engine/storage-error.ts'
import { SessionError } from '../util/errors.ts'
import type { IndexedSessionStore } from '../engine/store.ts'

/**
 * What a statement gets for a placeholder.
 * @inline
 */
export type SqlParameter = string | number | null

/** Runs one statement and returns its rows. */
export type SqlQuery = (
  text: string,
  parameters: readonly SqlParameter[],
) => Promise<readonly Record<string, unknown>[]>

export interface SqlDialect {
  /** The n-th parameter, from 1. Each statement uses its parameters in this order, once each. */
  parameter(n: number): string
  /** The type of a moment in milliseconds. */
  readonly bigint: string
  /** Lets several processes purge different rows at once. */
  readonly skipLocked: string
  /** Adds a column. The statement may fail if the column is there: `isAlreadyThere` knows that error. */
  readonly addColumn: string
  /** Whether the driver threw this because the table does not exist. */
  isMissingTable(error: unknown): boolean
  /** Whether the driver threw this because the table has no column `owner`. */
  isMissingOwner(error: unknown): boolean
  /** Whether the driver threw this because another process has made the table, the column or the index meanwhile. */
  isAlreadyThere(error: unknown): boolean
}

/** SQLite and D1. Their INTEGER has 64 bits, and they have one writer at a time anyway. */
export const sqliteDialect: SqlDialect = {
  parameter: () => '?',
  bigint: 'INTEGER',
  skipLocked: '',
  addColumn: 'ADD COLUMN',
  // By text: SQLite has one code for all errors, and D1 has none.
  isMissingTable: (error) => says(error, /no such table/),
  isMissingOwner: (error) => says(error, /no such column: owner|has no column named owner/),
  isAlreadyThere: (error) => says(error, /duplicate column name: owner/),
}

function says(error: unknown, text: RegExp): boolean {
  return error instanceof Error && text.test(error.message)
}

/**
 * The upkeep of the table of a storage over an SQL database. Its methods throw a {@link SessionError}: `ERR_SESSION_STORAGE`
 * if the database cannot answer or refuses the statement, with the driver's error as `cause`; `purgeExpired` also
 * `ERR_SESSION_CONFIG` if the table does not exist.
 *
 * @example
 * import type { SqlSessionMaintenance } from 'fetch-sessions'
 *
 * // For a job that runs every hour.
 * export async function purge(storage: SqlSessionMaintenance): Promise<void> {
 *   const limit = 1000
 *   while ((await storage.purgeExpired({ limit })) === limit);
 * }
 */
export interface SqlSessionMaintenance {
  /**
   * Creates what is missing: the table, its indexes, and the column `owner` of a table that version 0.1 has made. Safe
   * beside traffic, again and again, and in several processes at once.
   */
  setup(): Promise<void>
  /** For a migration of your own: the statements that create the table and its indexes. */
  readonly sql: readonly string[]
  /**
   * For a migration of your own: the statements that carry over a table of version 0.1. Its rows stay, and processes
   * that still run 0.1 can go on with it. Run them once.
   */
  readonly migration: readonly string[]
  /**
   * Deletes expired records, the oldest first. Safe beside traffic and in several processes at once.
   * @param options `limit`: the most records to delete. Default: 1000
   * @returns how many were deleted. If fewer than `limit`, none are left
   */
  purgeExpired(options?: { limit?: number }): Promise<number>
}

/** How many keys `keysOf` reads at once. */
const PAGE = 100

/** A store over one table, and its upkeep. Each operation is one statement, so each is atomic. */
export function createSqlStore(
  send: SqlQuery,
  dialect: SqlDialect,
  tableName: string,
): { store: IndexedSessionStore; maintenance: SqlSessionMaintenance } {
  const table = quoteIdentifier(tableName)
  const expiresIndex = quoteIdentifier(`${tableName}_expires`)
  const ownerIndex = quoteIdentifier(`${tableName}_owner`)
  const p = (n: number): string => dialect.parameter(n)

  // Most sessions are nobody's. They cost the index nothing.
  const createOwnerIndex = `CREATE INDEX IF NOT EXISTS ${ownerIndex} ON ${table} (owner, key) WHERE owner IS NOT NULL`
  const sql = [
    `CREATE TABLE IF NOT EXISTS ${table} (
  key TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  version TEXT NOT NULL,
  expires ${dialect.bigint} NOT NULL,
  owner TEXT
)`,
    `CREATE INDEX IF NOT EXISTS ${expiresIndex} ON ${table} (expires)`,
    createOwnerIndex,
  ]
  const migration = [`ALTER TABLE ${table} ${dialect.addColumn} owner TEXT`, createOwnerIndex]

  const select = `SELECT data, version, expires FROM ${table} WHERE key = ${p(1)} AND expires > ${p(2)}`
  // An expired record counts as missing, so it may be replaced before it is purged.
  const insert = `INSERT INTO ${table} (key, data, version, expires, owner)
VALUES (${p(1)}, ${p(2)}, ${p(3)}, ${p(4)}, ${p(5)}) ON CONFLICT (key) DO UPDATE
SET data = excluded.data, version = excluded.version, expires = excluded.expires, owner = excluded.owner
WHERE ${table}.expires <= ${p(6)} RETURNING version`
  // Each change names the owner, so a record of version 0.1 is indexed by the first one.
  const update = `UPDATE ${table} SET data = ${p(1)}, version = ${p(2)}, owner = ${p(3)}
WHERE key = ${p(4)} AND version = ${p(5)} AND expires > ${p(6)} RETURNING version`
  const replace = `UPDATE ${table} SET data = ${p(1)}, version = ${p(2)}, expires = ${p(3)}, owner = ${p(4)}
WHERE key = ${p(5)} AND version = ${p(6)} AND expires > ${p(7)} RETURNING version`
  const renew = `UPDATE ${table} SET expires = ${p(1)}, owner = ${p(2)}
WHERE key = ${p(3)} AND version = ${p(4)} AND expires > ${p(5)} RETURNING version`
  const selectKeys = `SELECT key FROM ${table}
WHERE owner = ${p(1)} AND expires > ${p(2)} AND key > ${p(3)} ORDER BY key LIMIT ${PAGE}`
  const remove = `DELETE FROM ${table} WHERE key = ${p(1)}`
  const purge = `DELETE FROM ${table} WHERE key IN (
  SELECT key FROM ${table} WHERE expires <= ${p(1)} ORDER BY expires LIMIT ${p(2)} ${dialect.skipLocked}
) RETURNING key`

  const query: SqlQuery = async (text, parameters) => {
    try {
      return await send(text, parameters)
    } catch (cause) {
      const name = JSON.stringify(tableName)
      if (dialect.isMissingTable(cause)) {
        throw new SessionError(
          'ERR_SESSION_CONFIG',
          `The table ${name} does not exist: call \`await storage.setup()\` once, or run the statements of \`storage.sql\` as a migration.`,
          { cause },
        )
      }
      if (dialect.isMissingOwner(cause)) {
        throw new SessionError(
          'ERR_SESSION_CONFIG',
          `The table ${name} has no column "owner", so version 0.1 has made it: call \`await storage.setup()\` once, or run the statements of \`storage.migration\`.`,
          { cause },
        )
      }
      throw cause
    }
  }

  async function makeAll(statements: readonly string[]): Promise<void> {
    for (const statement of statements) {
      try {
        await send(statement, [])
      } catch (error) {
        if (!dialect.isAlreadyThere(error)) throw error
      }
    }
  }

  async function versionOf(text: string, parameters: SqlParameter[]): Promise<string | null> {
    const [row] = await query(text, parameters)
    return row === undefined ? null : String(row['version'])
  }

  const store: IndexedSessionStore = {
    async read(key) {
      const [row] = await query(select, [key, Date.now()])
      return row === undefined
        ? null
        : {
            data: String(row['data']),
            version: String(row['version']),
            expires: new Date(Number(row['expires'])),
          }
    },
    create(key, { data, expires, user = null }) {
      return versionOf(insert, [key, data, createVersion(), expires.getTime(), user, Date.now()])
    },
    update(key, expected, { data, expires, user = null }) {
      const now = Date.now()
      if (data === undefined) return versionOf(renew, [expires.getTime(), user, key, expected, now])
      const version = createVersion()
      return expires === undefined
        ? versionOf(update, [data, version, user, key, expected, now])
        : versionOf(replace, [data, version, expires.getTime(), user, key, expected, now])
    },
    async delete(key) {
      await query(remove, [key])
    },
    async keysOf(user, cursor = '') {
      const rows = await query(selectKeys, [user, Date.now(), cursor])
      const keys = rows.map((row) => String(row['key']))
      return { keys, cursor: keys.length < PAGE ? undefined : keys.at(-1) }
    },
  }
  const maintenance: SqlSessionMaintenance = {
    sql,
    migration,
    async setup() {
      try {
        await makeAll(sql)
      } catch (error) {
        // The index on the owner is what a table of version 0.1 refuses. A table that is complete is never altered: that
        // would lock it, in PostgreSQL against every reader.
        if (!dialect.isMissingOwner(error)) throwStorageError(error)
        await makeAll(migration).catch(throwStorageError)
      }
    },
    async purgeExpired({ limit = 1000 } = {}) {
      return (await query(purge, [Date.now(), limit]).catch(throwStorageError)).length
    },
  }
  return { store, maintenance }
}

/** Any name as an SQL identifier: in double quotes, those inside doubled. */
function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`table\` is ${JSON.stringify(name)}: write the name of a table, such as "sessions".`,
    )
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** Random, not counted: a record that is created again must never have an earlier version. */
function createVersion(): string {
  return crypto.randomUUID()
}
