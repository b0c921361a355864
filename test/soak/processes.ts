import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { Application, Reply } from './application.ts'
import type { ToProcess } from './process.ts'
import type { Places } from './storages.ts'

type FromProcess =
  | { readonly kind: 'open'; readonly backEnds: readonly string[] }
  | { readonly kind: 'reply'; readonly number: number; readonly reply: Reply }

/** A process of the application, with a clock of its own. */
export interface ApplicationProcess extends Application {
  readonly backEnds: readonly string[]
  shiftClock(milliseconds: number): void
  stop(): Promise<void>
}

/** @param onDeath is told if the process ends by itself, which it must not, whatever its databases do */
export async function startProcess(
  places: Places,
  onDeath: (why: string) => void,
): Promise<ApplicationProcess> {
  const child = fork(fileURLToPath(new URL('process.ts', import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const tell = (message: ToProcess): void => {
    if (child.connected) child.send(message)
  }
  const waiting = new Map<number, (reply: Reply) => void>()
  let isStopped = false
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  const backEnds = await new Promise<readonly string[]>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      const why = `a process of the application ended with ${code ?? signal}`
      reject(new Error(why))
      if (!isStopped) onDeath(why)
      for (const answer of waiting.values()) answer({ code: 'DEAD', message: why })
    })
    child.on('message', (message: FromProcess) => {
      if (message.kind === 'open') return resolve(message.backEnds)
      waiting.get(message.number)?.(message.reply)
      waiting.delete(message.number)
    })
    tell({ kind: 'open', places })
  })

  let visits = 0
  return {
    backEnds,
    visit: (visit) =>
      new Promise((resolve) => {
        if (!child.connected) return resolve({ code: 'DEAD', message: 'the process has ended' })
        const number = ++visits
        waiting.set(number, resolve)
        tell({ kind: 'visit', number, visit })
      }),
    shiftClock: (milliseconds) => tell({ kind: 'shift', milliseconds }),
    async stop() {
      isStopped = true
      if (!child.connected) return
      tell({ kind: 'close' })
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}
