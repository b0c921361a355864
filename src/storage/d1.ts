import { createStoreSessionStorage } from '../session-store.ts'
import type { SessionStore, StoreSessionStorageOptions } from '../session-store.ts'
import type { SessionStorage } from '../session-storage.ts'
import type { SessionData } from '../session.ts'
import { createSqlStore, sqliteDialect } from '../sql-store.ts'
import type { SqlSessionMaintenance } from '../sql-store.ts'

/** What is used of a D1 binding. */
export interface D1DatabaseLike {
  prepare(query: string): {
    bind(...parameters: (string | number)[]): {
      all<Row = Record<string, unknown>>(): Promise<{ results: Row[] }>
    }
  }
}

export interface D1SessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  database: D1DatabaseLike
  /** Default: `sessions`. */
  table?: string | undefined
}

/**
 * Keeps sessions in a table of a D1 database, for Workers. Run `setup()` or the statements of `sql` as a migration, and
 * `purgeExpired()` in a cron trigger. Consistent: every read and write goes to the primary; a logout holds at once.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createD1SessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: D1SessionStorageOptions<Data>): SessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createD1Store(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/** The store alone, without the core over it. */
export function createD1Store({
  database,
  table = 'sessions',
}: Pick<D1SessionStorageOptions, 'database' | 'table'>): {
  store: SessionStore
  maintenance: SqlSessionMaintenance
} {
  return createSqlStore(
    async (text, parameters) => {
      const { results } = await database
        .prepare(text)
        .bind(...parameters)
        .all()
      return results
    },
    sqliteDialect,
    table,
  )
}
