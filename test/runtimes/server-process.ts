import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { killed } from '../support/engine.ts'
import { SECRET } from '../support/secrets.ts'

export interface RunningServer {
  /** Its origin, on a port that it chose. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts a program that serves, and waits for the line in which it says its port.
 *
 * @throws Error where it ends before that, with what it wrote on stderr
 */
export async function startServer(
  command: readonly string[],
  program: string,
): Promise<RunningServer> {
  const [file = '', ...args] = command
  const child = spawn(file, [...args, program], {
    env: { ...process.env, NODE_ENV: 'development', SESSION_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
  const port = await new Promise<string>((found, fail) => {
    createInterface(child.stdout).on('line', (line) => {
      const match = /^port (\d+)$/.exec(line)
      if (match?.[1] !== undefined) found(match[1])
    })
    child.once('error', fail)
    child.once('exit', () => fail(new Error(`${file} ended before it served:\n${complaints}`)))
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => killed(child, 'SIGKILL') }
}
