/**
 * Sessions in SQLite.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import { createSqlStore, sqliteDialect } from './sql-store.ts'
import type { SqlParameter, SqlQuery, SqlSessionMaintenance } from './sql-store.ts'

/** The part of `node:sqlite`, `better-sqlite3`, `bun:sqlite` and `libsql` that we call. */
interface SQLiteDatabaseLike {
  /** Prepares a statement with `?` for each parameter; `all` runs it and returns its rows. */
  prepare(sql: string): { all(...parameters: SqlParameter[]): unknown[] }
}

/** The part of `@libsql/client` that we call. */
interface LibSQLClientLike {
  /** Runs one statement, with `?` for each parameter, and returns its rows. */
  execute(statement: { sql: string; args: SqlParameter[] }): Promise<{ rows: readonly unknown[] }>
}

/** The part of Bun's `SQL` that we call. */
interface BunSQLLike {
  /** Runs one statement, with `?` for each parameter. It only gets the statements of this package. */
  unsafe(text: string, parameters: SqlParameter[]): PromiseLike<Iterable<unknown>>
}

/**
 * Options of {@link createSQLiteSessionStorage}.
 *
 * @example
 * import type { SQLiteSessionStorageOptions } from 'fetch-sessions/storage/sqlite'
 * import { DatabaseSync } from 'node:sqlite'
 *
 * export const options: SQLiteSessionStorageOptions<{ cart: string[] }> = {
 *   database: new DatabaseSync('sessions.db'),
 *   table: 'shop_sessions',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface SQLiteSessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /** An open database; this package neither opens nor closes it. */
  database: SQLiteDatabaseLike | LibSQLClientLike | BunSQLLike
  /** The name of the table. Default: `sessions`. */
  table?: string | undefined
}

/**
 * Keeps sessions in a table of an SQLite database (3.35 or newer), for the processes of one machine. Call `setup()` once,
 * or run its `sql` as a migration, and `purgeExpired()` from time to time. Consistent; a logout holds at once.
 *
 * If several processes share the file, each must wait for the lock of another, or its requests fail with "database is
 * locked". Give `timeout: 5000` to `node:sqlite` and `@libsql/client`, or run `PRAGMA busy_timeout = 5000` on every
 * connection of `bun:sqlite` and Bun's `SQL`. better-sqlite3 waits 5 seconds by default. Run `PRAGMA journal_mode = WAL`
 * once, before the processes start, so that readers and the writer do not stop each other. It stays in the file. The switch
 * itself does not wait, so it can fail in processes that start at once.
 *
 * A transaction of your own that is open across an `await` would take in what sessions write on the same connection.
 * Give sessions a connection of their own then, as with Kysely's `SqliteDialect`.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'
 * import { DatabaseSync } from 'node:sqlite'
 *
 * export const storage = createSQLiteSessionStorage<{ cart: string[] }>({
 *   database: new DatabaseSync('sessions.db', { timeout: 5000 }),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * await storage.setup()
 *
 * @example
 * // Beside Drizzle, which hands out the client of its driver.
 * import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'
 * import { drizzle } from 'drizzle-orm/better-sqlite3'
 *
 * const db = drizzle('sessions.db')
 * export const storage = createSQLiteSessionStorage({ database: db.$client })
 */
export function createSQLiteSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: SQLiteSessionStorageOptions<Data>,
): IndexedSessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createSQLiteStore(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/**
 * The store alone, without the core over it.
 *
 * @param options the database, and the table if it is not `sessions`
 * @returns `store`, and `maintenance` for its table
 * @throws SessionError `ERR_SESSION_CONFIG` if `table` is not a name
 *
 * @example
 * import { createSQLiteStore } from 'fetch-sessions/storage/sqlite'
 * import { DatabaseSync } from 'node:sqlite'
 *
 * const { maintenance } = createSQLiteStore({ database: new DatabaseSync(':memory:') })
 * export const migration = maintenance.sql.join(';\n')
 */
export function createSQLiteStore({
  database,
  table = 'sessions',
}: Pick<SQLiteSessionStorageOptions, 'database' | 'table'>): ReturnType<typeof createSqlStore> {
  assertClient(database, {
    option: 'database',
    expected:
      'an open database, such as `new DatabaseSync(file)` of `node:sqlite`, a client of `@libsql/client`, or a `new SQL(url)` of Bun',
    methods: [['prepare'], ['execute'], ['unsafe']],
  })
  return createSqlStore(queryOf(database), sqliteDialect, table)
}

function queryOf(database: SQLiteSessionStorageOptions['database']): SqlQuery {
  if ('prepare' in database) return preparedQueryOf(database)
  return async (sql, parameters) => {
    const rows =
      'execute' in database
        ? (await database.execute({ sql, args: [...parameters] })).rows
        : await database.unsafe(sql, [...parameters])
    return [...rows] as Record<string, unknown>[]
  }
}

function preparedQueryOf(database: SQLiteDatabaseLike): SqlQuery {
  const statements = new Map<string, ReturnType<SQLiteDatabaseLike['prepare']>>()
  return async (text, parameters) => {
    let statement = statements.get(text)
    if (statement === undefined) statements.set(text, (statement = database.prepare(text)))
    return (await rowsOf(statement, parameters)) as Record<string, unknown>[]
  }
}

/** `all()` of better-sqlite3 throws for statements that return no rows; `run()` is for those. */
function rowsOf(
  statement: {
    all(...parameters: SqlParameter[]): unknown[]
    reader?: boolean
    run?(...p: SqlParameter[]): unknown
  },
  parameters: readonly SqlParameter[],
): unknown[] {
  if (statement.reader !== false || statement.run === undefined) return statement.all(...parameters)
  statement.run(...parameters)
  return []
}
