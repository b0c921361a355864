// A process of the application, which `processes.ts` forks: it opens its storages and serves what comes over IPC.
import { createApplication } from './application.ts'
import type { Application, Visit } from './application.ts'
import { installClock, shiftClock } from './clock.ts'
import { openStorages } from './storages.ts'
import type { OpenStorages, Places } from './storages.ts'

export type ToProcess =
  | { readonly kind: 'open'; readonly places: Places }
  | { readonly kind: 'shift'; readonly milliseconds: number }
  | { readonly kind: 'visit'; readonly number: number; readonly visit: Visit }
  | { readonly kind: 'close' }

let open: OpenStorages | undefined
let application: Application | undefined
installClock()

async function receive(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'open':
      open = await openStorages(message.places)
      application = createApplication(open.storages)
      process.send?.({ kind: 'open', backEnds: [...open.storages.keys()] })
      return
    case 'shift':
      shiftClock(message.milliseconds)
      return
    case 'visit': {
      const reply = await application?.visit(message.visit)
      process.send?.({ kind: 'reply', number: message.number, reply })
      return
    }
    case 'close':
      await open?.close()
      process.exit(0)
  }
}

// Without the one that has forked it, nobody would end it.
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToProcess) => void receive(message))
