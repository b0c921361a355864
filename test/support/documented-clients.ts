import { skipLoudly } from './engine.ts'
import type { Engine } from './engine.ts'
import { postgresProgram, postgresRemedy, startPostgres } from './postgres-server.ts'
import { redisProgram, redisRemedy, startRedis } from './redis-server.ts'
import { snippetsOf } from './snippets.ts'

/** A client of a database, as the guide says to open it. */
export interface DocumentedClient {
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
const postgres = {
  variable: 'DATABASE_URL',
  isAbsent: postgresProgram === undefined,
  start: startPostgres,
}
const redis = { variable: 'REDIS_URL', isAbsent: redisProgram === undefined, start: startRedis }

/** The clients of the guide whose server the tests may kill. */
export function documentedClients(suite: string): DocumentedClient[] {
  if (postgres.isAbsent) skipLoudly(`PostgreSQL, ${suite}`, postgresRemedy)
  if (redis.isAbsent) skipLoudly(`Redis, ${suite}`, redisRemedy)
  return Object.entries({
    'pg.ts': postgres,
    'postgres-js.ts': postgres,
    'node-redis.ts': redis,
    'ioredis.ts': redis,
  }).map(([file, server]) => ({ file, code: snippets.get(file) ?? '', ...server }))
}
