import { createStoreSessionStorage } from '../session-store.ts'
import type { StoreSessionStorageOptions } from '../session-store.ts'
import type { SessionStorage } from '../session-storage.ts'
import type { SessionData } from '../session.ts'
import { createSqlStore, sqliteDialect } from '../sql-store.ts'
import type { SqlQuery, SqlSessionMaintenance } from '../sql-store.ts'

type Parameter = string | number

/** What is used of `node:sqlite`, `better-sqlite3`, `bun:sqlite` and `libsql`. */
export interface SQLiteDatabaseLike {
  prepare(sql: string): { all(...parameters: Parameter[]): unknown[] }
}

/** What is used of `@libsql/client`. */
export interface LibSQLClientLike {
  execute(statement: { sql: string; args: Parameter[] }): Promise<{ rows: readonly unknown[] }>
}

export interface SQLiteSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** An open database; this package neither opens nor closes it. */
  database: SQLiteDatabaseLike | LibSQLClientLike
  /** Default: `sessions`. */
  table?: string | undefined
}

/**
 * Keeps sessions in a table of an SQLite database (3.35 or newer), for the processes of one machine. Call `setup()` once,
 * or run its `sql` as a migration, and `purgeExpired()` from time to time. Consistent; a logout holds at once.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createSQLiteSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: SQLiteSessionStorageOptions<Data>,
): SessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createSQLiteStore(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/** The store alone, without the core over it. */
export function createSQLiteStore({
  database,
  table = 'sessions',
}: Pick<SQLiteSessionStorageOptions, 'database' | 'table'>): ReturnType<typeof createSqlStore> {
  const query = 'prepare' in database ? queryOf(database) : remoteQueryOf(database)
  return createSqlStore(query, sqliteDialect, table)
}

function queryOf(database: SQLiteDatabaseLike): SqlQuery {
  const statements = new Map<string, ReturnType<SQLiteDatabaseLike['prepare']>>()
  return async (text, parameters) => {
    let statement = statements.get(text)
    if (statement === undefined) statements.set(text, (statement = database.prepare(text)))
    return (await rowsOf(statement, parameters)) as Record<string, unknown>[]
  }
}

/** `all()` of better-sqlite3 refuses statements that give no rows; its `run()` is for those. */
function rowsOf(
  statement: {
    all(...parameters: Parameter[]): unknown[]
    reader?: boolean
    run?(...p: Parameter[]): unknown
  },
  parameters: readonly Parameter[],
): unknown[] {
  if (statement.reader !== false || statement.run === undefined) return statement.all(...parameters)
  statement.run(...parameters)
  return []
}

function remoteQueryOf(client: LibSQLClientLike): SqlQuery {
  return async (sql, parameters) => {
    const { rows } = await client.execute({ sql, args: [...parameters] })
    return rows as Record<string, unknown>[]
  }
}
