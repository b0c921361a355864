import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A database server that the tests own, and may kill. */
export interface Engine {
  readonly url: string
  /** As a power cut would: no shutdown, no goodbye. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends it for good and removes what it kept. */
  stop(): Promise<void>
}

/** A server that somebody else has started, and nobody here may stop. */
export function foreignEngine(url: string): Engine {
  const refuse = (): Promise<void> => Promise.reject(new Error('this server is not ours to stop'))
  return { url, kill: refuse, start: refuse, stop: async () => {} }
}

/** The path of a program, looked for on the PATH and then in other folders. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter)
  return [...path, ...folders].map((folder) => join(folder, name)).find((file) => existsSync(file))
}

/** Starts a server and waits until it can be reached. */
export async function launch(
  command: string,
  args: readonly string[],
  isReady: () => Promise<unknown>,
  user: { uid?: number; gid?: number } = {},
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: 'ignore', ...user })
  for (let attempt = 0; ; attempt++) {
    if (child.exitCode !== null) throw new Error(`${command} ended with code ${child.exitCode}`)
    try {
      await isReady()
      return child
    } catch (error) {
      if (attempt >= 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

export function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

/** Says in one line which suite does not run here, and how to make it. */
export function skipLoudly(suite: string, remedy: string): void {
  console.warn(`\nSKIPPED: ${suite}. To run it: ${remedy}\n`)
}
