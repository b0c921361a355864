import { createStoreSessionStorage } from 'fetch-sessions'
import type { IndexedSessionStore, Session, SessionStorage } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { visit } from '../support/visit.ts'
import { describe, expect, it } from 'vitest'

/** A store that notes its operations, and a storage over it. */
function counted(): { storage: SessionStorage; operations: string[] } {
  const store = createMemoryStore(100)
  const operations: string[] = []
  const noted: IndexedSessionStore = {
    read: (key) => (operations.push('read'), store.read(key)),
    create: (...args) => (operations.push('create'), store.create(...args)),
    update: (...args) => (operations.push('update'), store.update(...args)),
    delete: (key) => (operations.push('delete'), store.delete(key)),
    keysOf: (...args) => (operations.push('keysOf'), store.keysOf(...args)),
  }
  const storage = createStoreSessionStorage(noted, { cookie: { secrets: [SECRET], maxAge: 1000 } })
  return { storage, operations }
}

async function start(storage: SessionStorage, use: (session: Session) => void): Promise<string> {
  const session = await storage.getSession()
  use(session)
  return toCookie(await storage.commitSession(session))
}

/** What one request asks of the store, one operation after the other. */
describe('the operations of a request', () => {
  it.each<[string, (session: Session) => unknown, string]>([
    ['reads', (session) => session.get('n'), 'read'],
    ['writes', (session) => session.set('n', 2), 'read update'],
    ['signs in', (session) => session.signIn('ada'), 'read read create update'],
    ['signs in as another user', (session) => session.signIn('bob'), 'read read create update'],
    ['authenticates again', (session) => session.reauthenticate(), 'read create update'],
    ['asks for a new id', (session) => session.regenerate(), 'read create update'],
    ['signs out and goes on', (session) => session.signOut(), 'read create update'],
    ['ends the session', (session) => session.destroy(), 'read update'],
  ])('that %s', async (_, use, expected) => {
    const { storage, operations } = counted()
    const cookie = await start(storage, (session) => {
      session.set('n', 1)
      session.signIn('ada')
    })
    operations.length = 0
    await visit({ storage, cookie }, use)
    expect(operations.join(' ')).toBe(expected)
  })

  it('that signs in without a cookie', async () => {
    const { storage, operations } = counted()
    await start(storage, (session) => session.signIn('ada'))
    expect(operations).toEqual(['create'])
  })
})
