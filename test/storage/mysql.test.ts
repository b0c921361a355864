import callbackApi from 'mysql2'
import mysql from 'mysql2/promise'
import type { PoolOptions } from 'mysql2/promise'

import { createMySQLSessionStorage } from 'fetch-sessions/storage/mysql'
import { createMySQLStore } from '../../src/storage/mysql.ts'
import { clientConformance } from '../conformance/client.ts'
import { faultConformance } from '../conformance/faults.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { createRecord } from '../support/create-record.ts'
import { skipLoudly } from '../support/engine.ts'
import {
  createDatabase,
  mysqlProgram,
  mysqlRemedy,
  mysqlUrl,
  startMySQL,
} from '../support/mysql-server.ts'
import type { Database } from '../support/mysql-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isAbsent = mysqlProgram === undefined && mysqlUrl === undefined
if (isAbsent) skipLoudly('MySQL over TCP', mysqlRemedy)
else if (mysqlProgram === undefined) skipLoudly('MySQL that is killed', mysqlRemedy)

/** Pools as applications have them: as they come, and with every option that changes answers. */
const POOLS: Record<string, { options: PoolOptions; settings?: string[] }> = {
  mysql2: { options: {} },
  'mysql2 with other options': {
    options: {
      flags: ['-FOUND_ROWS'],
      rowsAsArray: true,
      nestTables: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      namedPlaceholders: true,
    },
    settings: [
      `SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'`,
      'SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    ],
  },
}

describe.skipIf(isAbsent)('MySQL over TCP', () => {
  let database: Database
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database?.drop())

  describe.each(Object.entries(POOLS))('%s', (name, { options, settings }) => {
    let client: mysql.Pool
    let tables = 0
    beforeAll(() => {
      client = database.open(options, settings)
    })

    storeConformance(
      name,
      async () => {
        const { store, maintenance } = createMySQLStore({
          client,
          table: `sessions ${name} ${++tables}`,
        })
        await maintenance.setup()
        return store
      },
      { indexed: true, races: name === 'mysql2' },
    )
    sqlConformance(
      name,
      (table) => createMySQLStore({ client, table: table && `${name} ${table}` }),
      {
        sample: undefined, // version 0.1 had no back end for MySQL
        run: (statement) => client.query(statement.replace('"', `\`${name} `).replace('"', '`')),
      },
    )
  })

  describe('createMySQLStore', () => {
    const expires = new Date(Date.now() + 3600_000)
    const loose = `SET SESSION sql_mode = ''`

    async function storeOver(client: mysql.Pool, table: string) {
      const { store, maintenance } = createMySQLStore({ client, table })
      await maintenance.setup()
      return { store, maintenance }
    }

    it('takes the name of any table, with backticks in it', async () => {
      const { store } = await storeOver(database.open(), '`; DROP TABLE x; -- ``')
      await store.create('key', { data: 'data', expires })
      expect(await store.read('key')).toMatchObject({ data: 'data' })
    })

    it.each(['', loose, `SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'`])(
      'keeps every character, and no quote ends the data: %s',
      async (settings) => {
        const { store } = await storeOver(
          database.open({}, settings === '' ? [] : [settings]),
          `text ${settings.length}`,
        )
        const data = '\0 🎉 \u{10FFFF} \\\' OR 1=1 -- "` \\0 \r\n ?'
        await store.create('key', { data, expires, user: 'user' })
        expect(await store.read('key')).toMatchObject({ data })
        const injection = "\\' OR 1=1 -- "
        await store.delete(injection)
        expect(await store.read(injection)).toBeNull()
        expect(await store.read('key')).not.toBeNull()
        expect(await store.keysOf('user')).toEqual({ keys: ['key'], cursor: undefined })
      },
    )

    it.each(['FOUND_ROWS', '-FOUND_ROWS'])(
      'counts a renewal to the expiry that the record has, with the flag %s',
      async (flag) => {
        const { store } = await storeOver(database.open({ flags: [flag] }), `flag ${flag}`)
        const first = await createRecord(store, 'key', 'data', expires)
        const second = await store.update('key', first, { expires })
        expect(await store.update('key', String(second), { data: 'data' })).not.toBeNull()
        expect(await store.update('key', String(second), { expires })).toBeNull()
      },
    )

    it('takes one connection, too', async () => {
      const connection = await database.open().getConnection()
      const { store, maintenance } = createMySQLStore({ client: connection, table: 'connected' })
      await maintenance.setup()
      await store.create('key', { data: 'data', expires })
      expect(await store.read('key')).toMatchObject({ data: 'data' })
      connection.release()
    })

    it('keeps keys and users apart that differ in case, accents or spaces at the end', async () => {
      const { store } = await storeOver(database.open(), 'bytes')
      const keys = ['key', 'KEY', 'kéy', 'key ', 'key\0', '🎉', '🎊']
      for (const key of keys) {
        expect(await store.create(key, { data: key, expires, user: key })).not.toBeNull()
      }
      for (const key of keys) {
        expect(await store.read(key)).toMatchObject({ data: key })
        expect((await store.keysOf(key)).keys).toEqual([key])
      }
    })

    it('refuses what has no room in its column, even if MySQL would cut it off', async () => {
      const { store } = await storeOver(database.open({}, [loose]), 'long')
      const longest = 'ü'.repeat(127) + 'x'
      await store.create(longest, { data: 'longest', expires, user: longest })
      expect((await store.keysOf(longest)).keys).toEqual([longest])
      const version = (await store.read(longest))?.version ?? ''
      const tooLong = `${longest}x`
      const record = { data: 'data', expires }
      for (const use of [
        () => store.read(tooLong),
        () => store.create(tooLong, record),
        () => store.create('key', { ...record, user: tooLong }),
        () => store.update(tooLong, version, record),
        () => store.update(longest, version, { ...record, user: tooLong }),
        () => store.delete(tooLong),
        () => store.keysOf(tooLong),
      ]) {
        await expect(use()).rejects.toMatchObject({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining('`prefix` of at most 212 bytes'),
        })
      }
      expect(await store.read(longest)).toMatchObject({ data: 'longest', version })
      expect(await store.read('key')).toBeNull()
    })

    it('replaces an expired record while others purge it', async () => {
      const { store, maintenance } = await storeOver(database.open(), 'replaced')
      const past = new Date(Date.now() - 1000)
      for (let i = 0; i < 50; i++) {
        await store.create('key', { data: 'old', expires: past })
        const [version] = await Promise.all([
          store.create('key', { data: 'new', expires }),
          maintenance.purgeExpired(),
        ])
        expect(await store.read('key')).toMatchObject({ data: 'new', version })
        await store.delete('key')
      }
    })

    it('looks up by index: the key, the user, and what has expired', async () => {
      const client = database.open()
      const { store } = await storeOver(client, 'plan')
      const users = Array.from({ length: 50 }, (_, n) => `user ${n}`)
      await Promise.all(
        users.flatMap((user) =>
          [1, 2, 3].map((n) =>
            store.create(`${user} ${n}`, { data: 'x'.repeat(500), expires, user }),
          ),
        ),
      )
      const usedIndex = async (where: string): Promise<unknown> => {
        const [rows] = await client.query<mysql.RowDataPacket[]>(
          `EXPLAIN SELECT * FROM plan WHERE ${where}`,
        )
        return rows[0]?.['key']
      }
      expect(await usedIndex("`key` = 'user 1 1' AND `expires` > 0")).toBe('PRIMARY')
      expect(
        await usedIndex("`owner` = 'user 1' AND `key` > '' AND `expires` > 0 ORDER BY `key`"),
      ).toBe('owner')
      expect(await usedIndex('`expires` <= 0 ORDER BY `expires`, `key` LIMIT 10')).toBe('expires')
    })
  })
})

describe('createMySQLStore', () => {
  const refusal = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
  const client = { execute: async (): Promise<[unknown, unknown]> => [[], []] }

  it('gives up on a deadlock that comes again and again', async () => {
    let calls = 0
    const deadlocked = {
      execute: async (): Promise<[unknown, unknown]> => {
        calls++
        throw Object.assign(new Error('Deadlock found'), { errno: 1213 })
      },
    }
    const { store } = createMySQLStore({ client: deadlocked })
    await expect(store.delete('key')).rejects.toMatchObject({ errno: 1213 })
    expect(calls).toBe(5)
  })

  it('refuses a name that is too long for MySQL', () => {
    expect(() => createMySQLStore({ client, table: 'ü'.repeat(65) })).toThrow(refusal)
    expect(() => createMySQLStore({ client, table: 'ü'.repeat(64) })).not.toThrow()
  })

  it('refuses a prefix that leaves no room for the key, when it is created', () => {
    const cookie = { secrets: ['32 random characters in real life'] }
    const create = (prefix: string) => () => createMySQLSessionStorage({ client, cookie, prefix })
    expect(create('x'.repeat(213))).toThrow('`prefix` has 213 bytes')
    expect(create('ü'.repeat(107))).toThrow(refusal)
    expect(create('x'.repeat(212))).not.toThrow()
  })

  it('refuses the callback API, and says how to get the other one', async () => {
    const pool = callbackApi.createPool({ host: '127.0.0.1', port: 1 })
    // @ts-expect-error the callback API
    expect(() => createMySQLStore({ client: pool })).toThrow('Write `client: pool.promise()`')
    expect(() => createMySQLStore({ client: pool.promise() })).not.toThrow()
    pool.end(() => {})
  })
})

describe.skipIf(mysqlProgram === undefined)('MySQL that fails', () => {
  faultConformance('mysql2', startMySQL, async (url) => {
    const pool = mysql.createPool({ uri: url, connectTimeout: 1000 })
    const { store, maintenance } = createMySQLStore({ client: pool })
    await maintenance.setup()
    return { store, close: () => pool.end() }
  })
})

clientConformance('createMySQLStore', 'client', (client) => createMySQLStore({ client }))
