/**
 * Sessions in MySQL and MariaDB.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import { throwStorageError } from '../engine/storage-error.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import type { SqlSessionMaintenance } from './sql-store.ts'

/** @inline */
type Parameter = string | number | null

/** The part of a `Pool` or `Connection` of `mysql2/promise` that we call. */
interface MySQLClientLike {
  /** Runs one prepared statement, with `?` for its parameters. */
  execute(
    statement: { sql: string; rowsAsArray: boolean; nestTables: boolean },
    parameters: Parameter[],
  ): Promise<[unknown, unknown]>
}

/**
 * Options of {@link createMySQLSessionStorage}.
 *
 * @example
 * import type { MySQLSessionStorageOptions } from 'fetch-sessions/storage/mysql'
 * import mysql from 'mysql2/promise'
 *
 * export const options: MySQLSessionStorageOptions<{ cart: string[] }> = {
 *   client: mysql.createPool('mysql://shop@localhost/shop'),
 *   table: 'shop_sessions',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * }
 */
export interface MySQLSessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /**
   * A pool of `mysql2/promise`, or a connection if one is enough and no transaction is open on it; this package neither
   * opens nor closes it. Leave its `charset` at utf8mb4, the default of mysql2: another one loses characters.
   */
  client: MySQLClientLike
  /** The name of the table, at most 64 characters. Default: `sessions`. */
  table?: string | undefined
  /** Prefix of every key, at most 212 bytes, so that it fits into its column with the key. Default: none. */
  prefix?: string | undefined
}

/** That of a key is short enough for every index of InnoDB. */
const MAX_KEY_BYTES = 255
/** A SHA-256 in base64url. */
const HASH_BYTES = 43
const MAX_TABLE_LENGTH = 64
const PAGE = 100
const MAX_ATTEMPTS = 5

const DUPLICATE_ENTRY = 1062
const MISSING_TABLE = 1146
const DEADLOCK = 1213

/**
 * Keeps sessions in a table of a MySQL (8.0 or newer) or MariaDB (10.6 or newer) database. Call `setup()` once, or run its
 * `sql` as a migration, and `purgeExpired()` from time to time. Consistent; a logout holds at once, everywhere. It works at
 * every isolation level, since each operation is made of statements that commit on their own.
 *
 * A deadlock with another transaction is resolved by sending the statement again. A lock that another transaction holds for
 * too long fails the request, as `innodb_lock_wait_timeout` or `timeout` says, whichever is shorter.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createMySQLSessionStorage } from 'fetch-sessions/storage/mysql'
 * import mysql from 'mysql2/promise'
 *
 * export const storage = createMySQLSessionStorage<{ cart: string[] }>({
 *   client: mysql.createPool(process.env['DATABASE_URL'] ?? 'mysql://shop@localhost/shop'),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * await storage.setup()
 */
export function createMySQLSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: MySQLSessionStorageOptions<Data>,
): IndexedSessionStorage<Data, FlashData> & SqlSessionMaintenance {
  const { store, maintenance } = createMySQLStore(options)
  const { prefix = '' } = options
  if (bytesOf(prefix) > MAX_KEY_BYTES - HASH_BYTES) throw tooLong('`prefix`', prefix)
  return Object.assign(createStoreSessionStorage<Data, FlashData>(store, options), maintenance)
}

/**
 * The store alone, without the core over it.
 *
 * @param options the client, and the table if it is not `sessions`
 * @throws SessionError `ERR_SESSION_CONFIG` if `table` is not a name, or is too long
 *
 * @example
 * import { createMySQLStore } from 'fetch-sessions/storage/mysql'
 * import mysql from 'mysql2/promise'
 *
 * const client = mysql.createPool('mysql://shop@localhost/shop')
 * const { maintenance } = createMySQLStore({ client })
 * export const migration = maintenance.sql.join(';\n')
 */
export function createMySQLStore({
  client,
  table: tableName = 'sessions',
}: Pick<MySQLSessionStorageOptions, 'client' | 'table'>): {
  /** The store. */
  store: IndexedSessionStore
  /** The upkeep of its table. */
  maintenance: SqlSessionMaintenance
} {
  assertPromiseClient(client)
  const table = quoteTable(tableName)

  // VARBINARY, because text is compared without case and without spaces at its end. InnoDB, because MyISAM loses writes.
  const sql = [
    `CREATE TABLE IF NOT EXISTS ${table} (
  \`key\` VARBINARY(${MAX_KEY_BYTES}) NOT NULL,
  \`data\` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  \`version\` CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  \`expires\` BIGINT NOT NULL,
  \`owner\` VARBINARY(${MAX_KEY_BYTES}),
  PRIMARY KEY (\`key\`),
  INDEX \`expires\` (\`expires\`),
  INDEX \`owner\` (\`owner\`, \`key\`)
) ENGINE=InnoDB`,
  ]
  const select = `SELECT \`data\`, \`version\`, \`expires\` FROM ${table} WHERE \`key\` = ? AND \`expires\` > ?`
  const insert = `INSERT INTO ${table} (\`key\`, \`data\`, \`version\`, \`expires\`, \`owner\`) VALUES (?, ?, ?, ?, ?)`
  const removeExpired = `DELETE FROM ${table} WHERE \`key\` = ? AND \`expires\` <= ?`
  const remove = `DELETE FROM ${table} WHERE \`key\` = ?`
  const list = `SELECT \`key\` FROM ${table} WHERE \`owner\` = ? AND \`key\` > ? AND \`expires\` > ?
ORDER BY \`key\` LIMIT ${PAGE}`

  /**
   * Sends a statement with its parameters beside it. `query()` of mysql2 would write them into the text, and with the SQL
   * mode NO_BACKSLASH_ESCAPES the data of a visitor could leave their quotes.
   */
  async function run(text: string, parameters: Parameter[] = []): Promise<unknown> {
    const statement = { sql: text, rowsAsArray: false, nestTables: false } // whatever the pool's options say
    for (let attempt = 1; ; attempt++) {
      try {
        const [result] = await client.execute(statement, parameters)
        return result
      } catch (cause) {
        const { errno } = Object(cause) as { errno?: unknown }
        // InnoDB has undone the statement, which is a transaction of its own.
        if (errno === DEADLOCK && attempt < MAX_ATTEMPTS) continue
        if (errno === MISSING_TABLE) throw missingTable(tableName, cause)
        throw cause
      }
    }
  }

  async function rows(
    text: string,
    parameters: Parameter[],
  ): Promise<readonly Record<string, unknown>[]> {
    return (await run(text, parameters)) as Record<string, unknown>[]
  }

  async function countAffected(text: string, parameters: Parameter[]): Promise<number> {
    return ((await run(text, parameters)) as { affectedRows: number }).affectedRows
  }

  /** Whether nothing was stored under the key. */
  async function isInserted(row: Parameter[]): Promise<boolean> {
    try {
      await run(insert, row)
      return true
    } catch (error) {
      if (Object(error).errno === DUPLICATE_ENTRY) return false
      throw error
    }
  }

  const store: IndexedSessionStore = {
    async read(key) {
      const [row] = await rows(select, [checked(key), Date.now()])
      return row === undefined
        ? null
        : {
            data: String(row['data']),
            version: String(row['version']),
            expires: new Date(Number(row['expires'])),
          }
    },
    async create(key, { data, expires, user }) {
      const version = crypto.randomUUID()
      const row = [checked(key), data, version, expires.getTime(), checkedUser(user)]
      if (await isInserted(row)) return version
      // An expired record counts as nothing. An UPDATE of it would miss a record that is purged meanwhile.
      await run(removeExpired, [key, Date.now()])
      return (await isInserted(row)) ? version : null
    },
    async update(key, expected, { data, expires, user }) {
      // Always new: without the flag FOUND_ROWS, a row that gets the values that it has does not count as affected.
      const version = crypto.randomUUID()
      const columns = ['`version` = ?', '`owner` = ?']
      const values: Parameter[] = [version, checkedUser(user)]
      if (data !== undefined) {
        columns.push('`data` = ?')
        values.push(data)
      }
      if (expires !== undefined) {
        columns.push('`expires` = ?')
        values.push(expires.getTime())
      }
      const update = `UPDATE ${table} SET ${columns.join(', ')} WHERE \`key\` = ? AND \`version\` = ? AND \`expires\` > ?`
      const affected = await countAffected(update, [...values, checked(key), expected, Date.now()])
      return affected === 1 ? version : null
    },
    async delete(key) {
      await run(remove, [checked(key)])
    },
    async keysOf(user, cursor = '') {
      const found = await rows(list, [checked(user), cursor, Date.now()])
      const keys = found.map((row) => String(row['key'])) // of a Buffer
      return { keys, cursor: keys.length < PAGE ? undefined : keys.at(-1) }
    },
  }
  const maintenance = {
    sql,
    migration: [],
    async setup() {
      for (const statement of sql) await run(statement).catch(throwStorageError)
    },
    async purgeExpired({ limit = 1000 }: { limit?: number } = {}) {
      // MySQL takes no limit among the parameters of mysql2, which sends numbers as DOUBLE.
      const purge = `DELETE FROM ${table} WHERE \`expires\` <= ? ORDER BY \`expires\`, \`key\` LIMIT ${Math.trunc(limit)}`
      return countAffected(purge, [Date.now()]).catch(throwStorageError)
    },
  }
  return { store, maintenance }
}

/** The callback API has the same methods, but their answers would be missed. */
function assertPromiseClient(client: unknown): void {
  const expected = 'a `Pool` or `Connection` of `mysql2/promise`'
  assertClient(client, { option: 'client', expected, methods: [['execute']] })
  if (typeof Object(client).promise !== 'function') return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    '`client` has the callback API of `mysql2`. Write `client: pool.promise()`, or create it with `mysql2/promise`.',
  )
}

function missingTable(name: string, cause: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `The table ${JSON.stringify(name)} does not exist: call \`await storage.setup()\` once, or run the statements of \`storage.sql\` as a migration.`,
    { cause },
  )
}

function quoteTable(name: string): string {
  if (name === '' || name.includes('\0') || name.length > MAX_TABLE_LENGTH) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`table\` is ${JSON.stringify(name)}: write the name of a table, such as "sessions", of at most ${MAX_TABLE_LENGTH} characters.`,
    )
  }
  return `\`${name.replaceAll('`', '``')}\``
}

/** A key or user that its column has room for. Without a strict SQL mode, MySQL would cut it off. */
function checked(text: string): string {
  if (bytesOf(text) > MAX_KEY_BYTES) throw tooLong('The key', text)
  return text
}

function checkedUser(user: string | undefined): string | null {
  return user === undefined ? null : checked(user)
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

function tooLong(what: string, text: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `${what} has ${bytesOf(text)} bytes: write a \`prefix\` of at most ${MAX_KEY_BYTES - HASH_BYTES} bytes.`,
  )
}
