import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findProgram, killed, launch } from './engine.ts'
import type { Engine } from './engine.ts'
import { freePort } from './free-port.ts'

export const redisProgram = findProgram('redis-server')
export const redisUrl = process.env['REDIS_URL']
export const redisRemedy =
  '`apt-get install redis-server`, put redis-server on the PATH, or set REDIS_URL'

/** A Redis of one's own on a free loopback port, which writes every command to disk before it answers. */
export async function startRedis(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-redis-'))
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
  const run = () =>
    launch(redisProgram ?? 'redis-server', [...args, ...durable], () => pingRedis(port))
  let child = await run()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => killed(child, 'SIGKILL'),
    async start() {
      child = await run()
    },
    async stop() {
      await killed(child, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Rejects unless a Redis that is ready answers. */
export function pingRedis(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('error', reject)
    socket.once('data', (answer) => {
      socket.destroy()
      // A Redis that is still reading its file answers -LOADING.
      if (answer.toString().startsWith('+PONG')) resolve()
      else reject(new Error(answer.toString()))
    })
  })
}
