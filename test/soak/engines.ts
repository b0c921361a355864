import { skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { mysqlProgram, mysqlRemedy, startMySQL } from '../support/mysql-server.ts'
import { postgresProgram, postgresRemedy, startPostgres } from '../support/postgres-server.ts'
import { redisCli, startRedisCluster } from '../support/redis-cluster.ts'
import type { RedisCluster } from '../support/redis-cluster.ts'
import { redisProgram, redisRemedy, startRedis } from '../support/redis-server.ts'
import type { Random } from './random.ts'

/** An engine that the soak kills and starts. */
export class MortalEngine {
  readonly backEnd: string
  readonly engine: Engine
  restarts = 0
  #isAway = false
  #backAt = -Infinity

  constructor(backEnd: string, engine: Engine) {
    this.backEnd = backEnd
    this.engine = engine
  }

  /** A client notices a lost connection within its timeout of 5 seconds, and the next one then connects. */
  isOutage(startedAt: number): boolean {
    return this.#isAway || startedAt < this.#backAt + 10_000
  }

  /** Kills it, as a power cut would, and starts it a moment later. */
  async restart(away: number): Promise<void> {
    this.#isAway = true
    await this.engine.kill()
    await new Promise((resolve) => setTimeout(resolve, away))
    await this.engine.start()
    this.#backAt = performance.now()
    this.#isAway = false
    this.restarts++
  }
}

export interface Engines {
  readonly mortal: readonly MortalEngine[]
  readonly cluster: RedisCluster | undefined
  urlOf(backEnd: string): string | undefined
  stop(): Promise<void>
}

/** Starts the engines that this machine has, and says which it lacks. */
export async function startEngines(): Promise<Engines> {
  const programs = [
    ['PostgreSQL', postgresProgram, startPostgres, postgresRemedy],
    ['MariaDB', mysqlProgram, startMySQL, mysqlRemedy],
    ['Redis', redisProgram, startRedis, redisRemedy],
  ] as const
  const mortal: MortalEngine[] = []
  for (const [backEnd, program, start, remedy] of programs) {
    if (program === undefined) skipLoudly(`${backEnd}, in the soak test`, remedy)
    else mortal.push(new MortalEngine(backEnd, await start()))
  }
  const hasCluster = redisProgram !== undefined && redisCli !== undefined
  if (!hasCluster) {
    skipLoudly('Redis Cluster, in the soak test', `${redisRemedy}; it takes redis-cli too`)
  }
  const cluster = hasCluster ? await startRedisCluster() : undefined
  return {
    mortal,
    cluster,
    urlOf: (name) => mortal.find(({ backEnd }) => backEnd === name)?.engine.url,
    async stop() {
      await Promise.all(mortal.map(({ engine }) => engine.stop()))
      await cluster?.stop()
    },
  }
}

/** Kills one engine after the other, with a pause in which everything works. */
export async function restartAgainAndAgain(
  engines: readonly MortalEngine[],
  random: Random,
  isOver: () => boolean,
  pause: (milliseconds: number) => Promise<void>,
): Promise<void> {
  while (!isOver() && engines.length > 0) {
    for (const engine of engines) {
      await pause(4_000 + random.below(6_000))
      if (isOver()) return
      await engine.restart(random.below(2_000))
    }
  }
}
