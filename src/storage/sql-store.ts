import { SessionError } from '../util/errors.ts'
import type { SessionStore } from '../engine/store.ts'

/** Runs one statement and returns its rows. */
export type SqlQuery = (
  text: string,
  parameters: readonly (string | number)[],
) => Promise<readonly Record<string, unknown>[]>

export interface SqlDialect {
  /** The n-th parameter, from 1. Each statement uses its parameters in this order, once each. */
  parameter(n: number): string
  /** The type of a moment in milliseconds. */
  readonly bigint: string
  /** Lets several processes purge different rows at once. */
  readonly skipLocked: string
  /** Whether the driver threw this because the table does not exist. */
  isMissingTable(error: unknown): boolean
}

/** SQLite and D1. Their INTEGER has 64 bits, and they have one writer at a time anyway. */
export const sqliteDialect: SqlDialect = {
  parameter: () => '?',
  bigint: 'INTEGER',
  skipLocked: '',
  // By text: SQLite has one code for all errors, and D1 has none.
  isMissingTable: (error) => error instanceof Error && error.message.includes('no such table'),
}

/**
 * The upkeep of the table of a storage over an SQL database. Its methods throw what the driver throws, and
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
  /** Creates the table and its index if they are missing. For migrations, `sql` has the same statements. */
  setup(): Promise<void>
  /** The statements that {@link setup} runs. */
  readonly sql: readonly string[]
  /**
   * Deletes expired records, the oldest first. Safe beside traffic and in several processes at once.
   * @param options `limit`: the most records to delete. Default: 1000
   * @returns how many were deleted. If fewer than `limit`, none are left
   */
  purgeExpired(options?: { limit?: number }): Promise<number>
}

/** A store over one table, and its upkeep. Each operation is one statement, so each is atomic. */
export function createSqlStore(
  send: SqlQuery,
  dialect: SqlDialect,
  tableName: string,
): { store: SessionStore; maintenance: SqlSessionMaintenance } {
  const table = quoteIdentifier(tableName)
  const index = quoteIdentifier(`${tableName}_expires`)
  const p = (n: number): string => dialect.parameter(n)

  const sql = [
    `CREATE TABLE IF NOT EXISTS ${table} (
  key TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  version TEXT NOT NULL,
  expires ${dialect.bigint} NOT NULL
)`,
    `CREATE INDEX IF NOT EXISTS ${index} ON ${table} (expires)`,
  ]
  const select = `SELECT data, version, expires FROM ${table} WHERE key = ${p(1)} AND expires > ${p(2)}`
  // An expired record counts as missing, so it may be replaced before it is purged.
  const insert = `INSERT INTO ${table} (key, data, version, expires) VALUES (${p(1)}, ${p(2)}, ${p(3)}, ${p(4)})
ON CONFLICT (key) DO UPDATE SET data = excluded.data, version = excluded.version, expires = excluded.expires
WHERE ${table}.expires <= ${p(5)} RETURNING version`
  const update = `UPDATE ${table} SET data = ${p(1)}, version = ${p(2)}
WHERE key = ${p(3)} AND version = ${p(4)} AND expires > ${p(5)} RETURNING version`
  const replace = `UPDATE ${table} SET data = ${p(1)}, version = ${p(2)}, expires = ${p(3)}
WHERE key = ${p(4)} AND version = ${p(5)} AND expires > ${p(6)} RETURNING version`
  const renew = `UPDATE ${table} SET expires = ${p(1)}
WHERE key = ${p(2)} AND version = ${p(3)} AND expires > ${p(4)} RETURNING version`
  const remove = `DELETE FROM ${table} WHERE key = ${p(1)}`
  const purge = `DELETE FROM ${table} WHERE key IN (
  SELECT key FROM ${table} WHERE expires <= ${p(1)} ORDER BY expires LIMIT ${p(2)} ${dialect.skipLocked}
) RETURNING key`

  const query: SqlQuery = async (text, parameters) => {
    try {
      return await send(text, parameters)
    } catch (cause) {
      if (!dialect.isMissingTable(cause)) throw cause
      throw new SessionError(
        'ERR_SESSION_CONFIG',
        `The table ${JSON.stringify(tableName)} does not exist: call \`await storage.setup()\` once, or run the statements of \`storage.sql\` as a migration.`,
        { cause },
      )
    }
  }

  async function versionOf(text: string, parameters: (string | number)[]): Promise<string | null> {
    const [row] = await query(text, parameters)
    return row === undefined ? null : String(row['version'])
  }

  const store: SessionStore = {
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
    create(key, { data, expires }) {
      return versionOf(insert, [key, data, createVersion(), expires.getTime(), Date.now()])
    },
    update(key, expected, { data, expires }) {
      const now = Date.now()
      if (data === undefined) return versionOf(renew, [expires.getTime(), key, expected, now])
      const version = createVersion()
      return expires === undefined
        ? versionOf(update, [data, version, key, expected, now])
        : versionOf(replace, [data, version, expires.getTime(), key, expected, now])
    },
    async delete(key) {
      await query(remove, [key])
    },
  }
  const maintenance: SqlSessionMaintenance = {
    sql,
    async setup() {
      for (const statement of sql) await query(statement, [])
    },
    async purgeExpired({ limit = 1000 } = {}) {
      return (await query(purge, [Date.now(), limit])).length
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
