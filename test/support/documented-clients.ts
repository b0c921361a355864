import { skipLoudly } from './engine.ts'
import type { Engine } from './engine.ts'
import { mysqlProgram, mysqlRemedy, startMySQL } from './mysql-server.ts'
import { openssl, postgresProgram, postgresRemedy, startPostgres } from './postgres-server.ts'
import { redisProgram, redisRemedy, startRedis } from './redis-server.ts'
import { snippetsOf } from './snippets.ts'

/** A client of a database, as the guide says to open it. */
export interface DocumentedClient {
  readonly name: string
  /** The file of the snippet. */
  readonly file: string
  readonly code: string
  /** The variable that the snippet gets its URL from. */
  readonly variable: string
  readonly isAbsent: boolean
  readonly start: () => Promise<Engine>
}

const snippets = new Map(
  snippetsOf('docs/guide/operating.md').map(({ name, code }) => [name, code]),
)

async function startPostgresWithTls(): Promise<Engine> {
  const engine = await startPostgres({ tls: true })
  return { ...engine, url: `${engine.url}?sslmode=require` }
}

const postgres = {
  variable: 'DATABASE_URL',
  isAbsent: postgresProgram === undefined,
  start: startPostgres,
}
const postgresWithTls = {
  ...postgres,
  isAbsent: postgres.isAbsent || openssl === undefined,
  start: startPostgresWithTls,
}
const mysql = { variable: 'DATABASE_URL', isAbsent: mysqlProgram === undefined, start: startMySQL }
const redis = { variable: 'REDIS_URL', isAbsent: redisProgram === undefined, start: startRedis }

/** The clients of the guide whose server the tests may kill. */
export function documentedClients(suite: string): DocumentedClient[] {
  if (postgres.isAbsent) skipLoudly(`PostgreSQL, ${suite}`, postgresRemedy)
  else if (openssl === undefined) skipLoudly(`PostgreSQL with TLS, ${suite}`, 'install openssl')
  if (mysql.isAbsent) skipLoudly(`MySQL, ${suite}`, mysqlRemedy)
  if (redis.isAbsent) skipLoudly(`Redis, ${suite}`, redisRemedy)
  const client = (name: string, file: string, server: typeof postgres): DocumentedClient => ({
    name,
    file,
    code: snippets.get(file) ?? '',
    ...server,
  })
  return [
    client('pg', 'pg.ts', postgres),
    client('postgres.js', 'postgres-js.ts', postgres),
    // It handles the sockets that we give it otherwise.
    client('postgres.js with TLS', 'postgres-js.ts', postgresWithTls),
    client('mysql2', 'mysql2.ts', mysql),
    client('node-redis', 'node-redis.ts', redis),
    client('ioredis', 'ioredis.ts', redis),
  ]
}
