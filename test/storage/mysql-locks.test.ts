import type mysql from 'mysql2/promise'

import { createMySQLStore } from '../../src/storage/mysql.ts'
import { skipLoudly } from '../support/engine.ts'
import { createDatabase, mysqlProgram, mysqlRemedy, mysqlUrl } from '../support/mysql-server.ts'
import type { Database } from '../support/mysql-server.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = mysqlProgram === undefined && mysqlUrl === undefined
if (isAbsent) skipLoudly('the locks of MySQL', mysqlRemedy)

describe.skipIf(isAbsent)('MySQL, a lock of another transaction', () => {
  let database: Database
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database?.drop())
  const expires = new Date(Date.now() + 3600_000)

  let other: mysql.PoolConnection
  // Otherwise a test that fails would leave its locks behind.
  afterEach(() => other.destroy())

  /** A store whose errors of the engine are noted, and a transaction of somebody else's. */
  async function setUp(table: string, settings: readonly string[] = []) {
    const errors: unknown[] = []
    const pool = database.open({}, settings)
    const client: Pick<mysql.Pool, 'execute'> = {
      execute: (...parameters: Parameters<mysql.Pool['execute']>) =>
        pool.execute(...parameters).catch((error: { errno: number }) => {
          errors.push(error.errno)
          throw error
        }),
    } as Pick<mysql.Pool, 'execute'>
    const { store, maintenance } = createMySQLStore({ client, table })
    await maintenance.setup()
    other = await database.open().getConnection()
    await other.beginTransaction()
    return { store, maintenance, errors, pool }
  }

  async function waiting(pool: mysql.Pool, count: number): Promise<void> {
    const text = `SELECT COUNT(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`
    for (;;) {
      const [rows] = await pool.query<mysql.RowDataPacket[]>(text)
      if (Number(rows[0]?.['n']) >= count) return
      // The table is only made anew for one who has not read it for 100 ms.
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  }

  it('is a deadlock with a purge: the purge is done again', async () => {
    const { store, maintenance, errors, pool } = await setUp('deadlocked purge')
    for (const n of [1, 2]) {
      await store.create(`key ${n}`, { data: 'data', expires: new Date(n) })
    }
    // A transaction that has written more is not the one that InnoDB undoes.
    for (let n = 0; n < 20; n++) {
      await other.query('INSERT INTO `deadlocked purge` VALUES (?, ?, ?, ?, NULL)', [
        `other ${n}`,
        'data',
        'version',
        expires.getTime(),
      ])
    }
    await other.query('SELECT * FROM `deadlocked purge` WHERE `key` = ? FOR UPDATE', ['key 2'])
    const purged = maintenance.purgeExpired()
    await waiting(pool, 1)
    await other.query('SELECT * FROM `deadlocked purge` WHERE `key` = ? FOR UPDATE', ['key 1'])
    await other.commit()
    expect(await purged).toBe(2)
    expect(errors).toEqual([1213])
  })

  it('is a deadlock of two that create one record: one wins, and neither fails', async () => {
    const { store, errors, pool } = await setUp('deadlocked create')
    const version = await store.create('key', { data: 'old', expires })
    await other.query('DELETE FROM `deadlocked create` WHERE `key` = ?', ['key'])
    const created = [1, 2].map((n) => store.create('key', { data: `data ${n}`, expires }))
    await waiting(pool, 2)
    await other.commit()
    const versions = await Promise.all(created)
    expect(versions.filter((each) => each === null)).toHaveLength(1)
    expect(versions).toContain((await store.read('key'))?.version)
    expect(versions).not.toContain(version)
    expect(errors).toContain(1213)
  })

  it('fails a write that waits too long, and changes nothing', async () => {
    const { store, errors } = await setUp('locked', ['SET SESSION innodb_lock_wait_timeout = 1'])
    const version = (await store.create('key', { data: 'old', expires })) ?? ''
    await other.query('SELECT * FROM `locked` FOR UPDATE')
    await expect(store.update('key', version, { data: 'new' })).rejects.toMatchObject({
      code: 'ER_LOCK_WAIT_TIMEOUT',
    })
    expect(errors).toEqual([1205])
    // Readers do not wait.
    expect(await store.read('key')).toMatchObject({ data: 'old', version })
    await other.rollback()
    expect(await store.update('key', version, { data: 'new' })).not.toBeNull()
  })
})
