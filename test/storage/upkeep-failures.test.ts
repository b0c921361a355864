import { DatabaseSync } from 'node:sqlite'

import { createMySQLSessionStorage } from 'fetch-sessions/storage/mysql'
import { createPostgresSessionStorage } from 'fetch-sessions/storage/postgres'
import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { freePort } from '../support/free-port.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const cookie = { secrets: [SECRET] }
const FAILURE = {
  name: 'SessionError',
  code: 'ERR_SESSION_STORAGE',
  cause: expect.any(Error) as unknown,
}

describe.each(['setup', 'purgeExpired'] as const)('%s() fails as a request does', (method) => {
  it('if the file of SQLite is closed', async () => {
    const database = new DatabaseSync(':memory:')
    const storage = createSQLiteSessionStorage({ database, cookie })
    await storage.setup()
    database.close()
    await expect(storage[method]()).rejects.toMatchObject(FAILURE)
  })

  it('if no PostgreSQL listens', async () => {
    const client = new pg.Pool({ host: '127.0.0.1', port: await freePort() })
    const storage = createPostgresSessionStorage({ client, cookie })
    await expect(storage[method]()).rejects.toMatchObject(FAILURE)
    await client.end()
  })

  it('if no MySQL listens', async () => {
    const client = mysql.createPool({ host: '127.0.0.1', port: await freePort() })
    const storage = createMySQLSessionStorage({ client, cookie })
    await expect(storage[method]()).rejects.toMatchObject(FAILURE)
    await client.end()
  })
})
