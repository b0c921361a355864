import { resolve } from 'node:path'

/*
 * A process of an application: it opens the storage of a snippet, and visits when it is told to. Run by Node itself, with
 * the built package.
 */

type Storage = import('fetch-sessions').SessionStorage & { setup?(): Promise<void> }

const { storage } = (await import(resolve(process.argv[2] ?? ''))) as { storage: Storage }
await storage.setup?.()

/** A new session, and a request that comes back to it. */
async function visit(): Promise<void> {
  const session = await storage.getSession()
  session.set('visits', 1)
  const [cookie] = (await storage.commitSession(session)).split(';')
  const { origin } = await storage.getSession(cookie)
  if (origin !== 'resumed') throw new Error(`the session that was acknowledged is ${origin}`)
}

process.on('message', (id: number) => {
  visit().then(
    () => process.send?.({ id, outcome: 'ok' }),
    (error: { code?: unknown }) => process.send?.({ id, outcome: error.code ?? String(error) }),
  )
})
process.send?.('ready')
