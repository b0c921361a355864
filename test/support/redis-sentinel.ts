import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killed, launch } from './engine.ts'
import { freePort } from './free-port.ts'
import { pingRedis, redisProgram } from './redis-server.ts'

export interface RedisSentinel {
  /** What clients call the primary. */
  readonly name: string
  readonly port: number
  stop(): Promise<void>
}

/** A sentinel on a free loopback port that watches the Redis of `url`. */
export async function startRedisSentinel(url: string): Promise<RedisSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-redis-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const primary = new URL(url)
  // A sentinel writes to its configuration, and takes no other.
  await writeFile(
    file,
    `bind 127.0.0.1
port ${port}
dir ${folder}
sentinel monitor sessions ${primary.hostname} ${primary.port} 1
`,
  )
  let child: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (child !== undefined) await killed(child, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const args = [file, '--sentinel']
    child = await launch(redisProgram ?? 'redis-server', args, () => pingRedis(port))
  } catch (error) {
    await stop()
    throw error
  }
  return { name: 'sessions', port, stop }
}
