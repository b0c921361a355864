import { SessionError } from '../errors.ts'
import { createStoreSessionStorage } from '../session-store.ts'
import type { SessionStore, StoreSessionStorageOptions } from '../session-store.ts'
import type { SessionStorage } from '../session-storage.ts'
import type { SessionData } from '../session.ts'
import { createSqlStore } from '../sql-store.ts'
import type { SqlDialect, SqlSessionMaintenance } from '../sql-store.ts'

type Parameter = string | number

/** What is used of a `Pool` or `Client` of `pg`, and of PGlite. */
export interface PostgresClientLike {
  query(text: string, parameters: Parameter[]): Promise<{ rows: unknown[] }>
}

/** What is used of `postgres` (postgres.js). */
export interface PostgresJSLike {
  unsafe(text: string, parameters: Parameter[]): PromiseLike<Iterable<unknown>>
}

export interface PostgresSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** A pool, or a client where one connection is enough; this package neither opens nor closes it. */
  client: PostgresClientLike | PostgresJSLike
  /** Default: `sessions`. */
  table?: string | undefined
}

const MAX_IDENTIFIER_BYTES = 63

const dialect: SqlDialect = {
  parameter: (n) => `$${n}`,
  bigint: 'BIGINT',
  skipLocked: 'FOR UPDATE SKIP LOCKED',
}

/**
 * Keeps sessions in a table of a PostgreSQL database. Call `setup()` once, or run its `sql` as a migration, and
 * `purgeExpired()` from time to time. Consistent; a logout holds at once, everywhere. Made for READ COMMITTED, the default:
 * above it, requests at once on one session fail with the engine's serialization errors.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createPostgresSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: PostgresSessionStorageOptions<Data>,
): SessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createPostgresStore(options)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/** The store alone, without the core over it. */
export function createPostgresStore({
  client,
  table = 'sessions',
}: Pick<PostgresSessionStorageOptions, 'client' | 'table'>): {
  store: SessionStore
  maintenance: SqlSessionMaintenance
} {
  // PostgreSQL cuts longer names off, and then two tables are one.
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
