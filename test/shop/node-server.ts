import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { root } from './build.ts'
import type { RunningShop } from './scenarios.ts'

export type Variables = Readonly<Record<string, string>>

export interface RunningServer extends RunningShop {
  /** Asks the server to end and gives its exit code. */
  stop(): Promise<number | null>
  /** All that the server has written to stderr, once it has ended. */
  readonly errors: Promise<string>
}

/** Every server that was started, so that none outlives a test that fails. */
const servers: ChildProcess[] = []

export function killServers(): void {
  for (const server of servers) server.kill('SIGKILL')
}

const inherited = ['SESSION_SECRET', 'SESSION_STORAGE', 'REDIS_URL', 'DATABASE_URL', 'SQLITE_FILE']

export function startServer(own: Variables) {
  const env = { ...process.env }
  for (const name of inherited) delete env[name]
  // Port 0 is any that is free.
  Object.assign(env, { PORT: '0', NODE_ENV: 'production', ...own })
  const server = spawn(process.execPath, ['examples/node/server.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
  servers.push(server)
  const exited: Promise<number | null> = once(server, 'exit').then(([code]) => code)
  return { server, exited, errors: text(server.stderr) }
}

export async function openServer(own: Variables): Promise<RunningServer> {
  const { server, exited, errors } = startServer(own)
  const url = await addressIn(server.stdout, /open at (http:\S+)/)
  if (url === undefined) throw new Error(`The server ended before it was open: ${await errors}`)
  return {
    url,
    errors,
    stop() {
      server.kill('SIGTERM')
      return exited
    },
  }
}

/** The address that a server writes when it can be reached, or `undefined` where it ends without one. */
export async function addressIn(
  output: NodeJS.ReadableStream,
  announcement: RegExp,
): Promise<string | undefined> {
  for await (const line of createInterface({ input: output })) {
    const address = announcement.exec(line)?.[1]
    if (address !== undefined) return address
  }
  return undefined
}
