import { execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { findProgram, killed, launch } from './engine.ts'
import { freePort } from './free-port.ts'
import { pingRedis, redisProgram } from './redis-server.ts'

const run = promisify(execFile)

export const redisCli = findProgram('redis-cli')

export interface RedisCluster {
  readonly ports: readonly number[]
  /** Runs a command on the node with this number. */
  command(node: number, ...command: string[]): Promise<string>
  stop(): Promise<void>
}

/** Three nodes on free loopback ports, each the primary of a third of the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-redis-cluster-'))
  const children: ChildProcess[] = []
  const ports: number[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => killed(child, 'SIGKILL')))
    await rm(folder, { recursive: true, force: true })
  }
  const command = async (node: number, ...words: string[]): Promise<string> => {
    const { stdout } = await run(redisCli ?? 'redis-cli', ['-p', `${ports[node]}`, ...words])
    return stdout.trim()
  }
  try {
    for (const name of ['one', 'two', 'three']) {
      const dir = join(folder, name)
      await mkdir(dir)
      const port = await freePort()
      const at = ['--port', `${port}`, '--cluster-port', `${await freePort()}`]
      const args = [...at, '--bind', '127.0.0.1', '--dir', dir, '--save', '']
      const ready = (): Promise<void> => pingRedis(port)
      children.push(
        await launch(
          redisProgram ?? 'redis-server',
          [...args, '--cluster-enabled', 'yes', '--cluster-node-timeout', '30000'],
          ready,
        ),
      )
      ports.push(port)
    }
    const nodes = ports.map((port) => `127.0.0.1:${port}`)
    await run(redisCli ?? 'redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'])
    for (const node of ports.keys()) await untilWhole(() => command(node, 'cluster', 'info'))
  } catch (error) {
    await stop()
    throw error
  }
  return { ports, command, stop }
}

/** A node hears of the slots of the others a moment after redis-cli has assigned them. */
async function untilWhole(info: () => Promise<string>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const state = await info()
    if (state.includes('cluster_state:ok')) return
    if (attempt >= 200) throw new Error(`the cluster is not whole:\n${state}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
