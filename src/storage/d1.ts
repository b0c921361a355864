/**
 * Sessions in D1.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import { createSqlStore, sqliteDialect } from './sql-store.ts'
import type { SqlSessionMaintenance } from './sql-store.ts'

/**
 * The part of a D1 binding that we call.
 *
 * @example
 * import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
 *
 * export interface Env {
 *   DB: D1DatabaseLike
 *   SESSION_SECRET: string
 * }
 */
export interface D1DatabaseLike {
  /** Prepares a statement with `?` for each parameter. */
  prepare(query: string): {
    /** Binds the parameters. */
    bind(...parameters: (string | number | null)[]): {
      /** Runs the statement and returns its rows. */
      all<Row = Record<string, unknown>>(): Promise<{ results: Row[] }>
    }
  }
}

/**
 * Options of {@link createD1SessionStorage}.
 *
 * @example
 * import type { D1DatabaseLike, D1SessionStorageOptions } from 'fetch-sessions/storage/d1'
 *
 * export const optionsFor = (env: { DB: D1DatabaseLike }): D1SessionStorageOptions => ({
 *   database: env.DB,
 *   table: 'shop_sessions',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export interface D1SessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /** The binding. */
  database: D1DatabaseLike
  /** The name of the table. Default: `sessions`. */
  table?: string | undefined
}

/**
 * Keeps sessions in a table of a D1 database, for Workers. Run `setup()` or the statements of `sql` as a migration, and
 * `purgeExpired()` in a cron trigger. Consistent: every read and write goes to the primary; a logout holds at once.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createD1SessionStorage } from 'fetch-sessions/storage/d1'
 * import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * export default new Hono<{ Bindings: { DB: D1DatabaseLike } }>().use(
 *   session({
 *     storage: (env: { DB: D1DatabaseLike }) => createD1SessionStorage({ database: env.DB }),
 *   }),
 * )
 */
export function createD1SessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: D1SessionStorageOptions<Data>,
): IndexedSessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createD1Store(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/**
 * The store alone, without the core over it.
 *
 * @param options the binding, and the table if it is not `sessions`
 * @throws SessionError `ERR_SESSION_CONFIG` if `table` is not a name
 *
 * @example
 * import { createD1Store } from 'fetch-sessions/storage/d1'
 * import type { D1DatabaseLike } from 'fetch-sessions/storage/d1'
 *
 * export const migration = (database: D1DatabaseLike): string =>
 *   createD1Store({ database }).maintenance.sql.join(';\n')
 */
export function createD1Store({
  database,
  table = 'sessions',
}: Pick<D1SessionStorageOptions, 'database' | 'table'>): {
  /** The store. */
  store: IndexedSessionStore
  /** The upkeep of its table. */
  maintenance: SqlSessionMaintenance
} {
  assertClient(database, {
    option: 'database',
    expected: 'the binding of a D1 database, such as `env.DB`',
    methods: [['prepare']],
    binding: 'd1_databases',
  })
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
