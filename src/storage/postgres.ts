/**
 * Sessions in PostgreSQL.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import { createSqlStore } from './sql-store.ts'
import type { SqlDialect, SqlParameter, SqlSessionMaintenance } from './sql-store.ts'

/** The part of a `Pool` or `Client` of `pg`, and of PGlite, that we call. */
interface PostgresClientLike {
  /** Runs one statement, with `$1`, `$2`… for its parameters. */
  query(text: string, parameters: SqlParameter[]): Promise<{ rows: unknown[] }>
}

/** The part of `postgres` (postgres.js) and of Bun's `SQL` that we call. */
interface PostgresJSLike {
  /** Runs one statement, with `$1`, `$2`… for its parameters. It only gets the statements of this package. */
  unsafe(text: string, parameters: SqlParameter[]): PromiseLike<Iterable<unknown>>
}

/**
 * Options of {@link createPostgresSessionStorage}.
 *
 * @example
 * import type { PostgresSessionStorageOptions } from 'fetch-sessions/storage/postgres'
 * import postgres from 'postgres'
 *
 * export const options: PostgresSessionStorageOptions<{ cart: string[] }> = {
 *   client: postgres(),
 *   table: 'shop_sessions',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface PostgresSessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /** A pool, or a client if one connection is enough; this package neither opens nor closes it. */
  client: PostgresClientLike | PostgresJSLike
  /** The name of the table, at most 55 bytes, since PostgreSQL cuts names off at 63. Default: `sessions`. */
  table?: string | undefined
}

const MAX_IDENTIFIER_BYTES = 63

const dialect: SqlDialect = {
  parameter: (n) => `$${n}`,
  bigint: 'BIGINT',
  skipLocked: 'FOR UPDATE SKIP LOCKED',
  addColumn: 'ADD COLUMN IF NOT EXISTS',
  isMissingTable: (error) => stateOf(error) === '42P01', // undefined_table
  isMissingOwner: (error) =>
    stateOf(error) === '42703' && String(Object(error).message).includes('owner'), // undefined_column
  // IF NOT EXISTS looks before it makes. A process that has made the same in between causes one of these: unique_violation
  // in the catalog, duplicate_table, duplicate_object (the type of the table's rows) or duplicate_column.
  isAlreadyThere: (error) => ['23505', '42P07', '42710', '42701'].includes(stateOf(error)),
}

/** The SQLSTATE: `code`, but Bun has it in `errno`. */
function stateOf(error: unknown): string {
  const { code, errno } = Object(error) as { code?: unknown; errno?: unknown }
  return String(typeof errno === 'string' ? errno : code)
}

/**
 * Keeps sessions in a table of a PostgreSQL database. Call `setup()` once, or run its `sql` as a migration, and
 * `purgeExpired()` from time to time. Consistent; a logout holds at once, everywhere. Made for READ COMMITTED, the default:
 * at a higher isolation level, simultaneous requests of one session fail with the engine's serialization errors.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createPostgresSessionStorage } from 'fetch-sessions/storage/postgres'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
 * pool.on('error', console.error) // otherwise a lost connection ends the process
 *
 * export const storage = createPostgresSessionStorage<{ cart: string[] }>({
 *   client: pool,
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * await storage.setup()
 *
 * @example
 * // Beside Drizzle, which hands out the client of its driver.
 * import { createPostgresSessionStorage } from 'fetch-sessions/storage/postgres'
 * import { drizzle } from 'drizzle-orm/node-postgres'
 *
 * const db = drizzle('postgres://localhost/shop')
 * export const storage = createPostgresSessionStorage({ client: db.$client })
 *
 * @example
 * // Beside Kysely, which keeps its client to itself: share the pool.
 * import { createPostgresSessionStorage } from 'fetch-sessions/storage/postgres'
 * import { Kysely, PostgresDialect } from 'kysely'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool()
 * export const db = new Kysely<{ products: { name: string } }>({ dialect: new PostgresDialect({ pool }) })
 * export const storage = createPostgresSessionStorage({ client: pool })
 */
export function createPostgresSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: PostgresSessionStorageOptions<Data>,
): IndexedSessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createPostgresStore(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/**
 * The store alone, without the core over it.
 *
 * @param options the client, and the table if it is not `sessions`
 * @throws SessionError `ERR_SESSION_CONFIG` if `table` is not a name, or is too long
 *
 * @example
 * import { createPostgresStore } from 'fetch-sessions/storage/postgres'
 * import postgres from 'postgres'
 *
 * const { maintenance } = createPostgresStore({ client: postgres() })
 * export const migration = maintenance.sql.join(';\n')
 */
export function createPostgresStore({
  client,
  table = 'sessions',
}: Pick<PostgresSessionStorageOptions, 'client' | 'table'>): {
  /** The store. */
  store: IndexedSessionStore
  /** The upkeep of its table. */
  maintenance: SqlSessionMaintenance
} {
  assertClient(client, {
    option: 'client',
    expected:
      'a `Pool` or `Client` of `pg`, a `postgres(url)` of postgres.js, a `new SQL(url)` of Bun, or a `PGlite`',
    methods: [['query'], ['unsafe']],
  })
  // PostgreSQL cuts longer names off, and two tables could become one.
  if (new TextEncoder().encode(`${table}_expires`).length > MAX_IDENTIFIER_BYTES) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`table\` is "${table}": write a name of at most ${MAX_IDENTIFIER_BYTES - '_expires'.length} bytes.`,
    )
  }
  return createSqlStore(
    async (text, parameters) => {
      const answer =
        'unsafe' in client
          ? await client.unsafe(text, [...parameters])
          : (await client.query(text, [...parameters])).rows
      return [...answer] as Record<string, unknown>[]
    },
    dialect,
    table,
  )
}
