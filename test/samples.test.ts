import {
  createCookieSessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { CookieOptions, Session, SessionStorage } from 'fetch-sessions'
import { createMemoryStore } from '../src/storage/memory.ts'
import withoutUsers from './samples/0.1.json' with { type: 'json' }
import signedIn from './samples/signed-in.json' with { type: 'json' }
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

// Tokens and records as earlier versions have written them. Never change one: add a file for a new form.

const VALUES = { cart: ['tea'], 'ü "': { n: 1 }, __flash_notice__: 'hello' }
const ADA = { userId: 'ada@example.com', authenticatedAt: new Date(signedIn.now) }

/** The cookie options with which a sample was written, by the first word of its name. */
function cookieOf(name: string, secret: string): CookieOptions {
  if (name.startsWith('plain')) return { protection: 'none' }
  return { secrets: [secret], protection: name.startsWith('signed') ? 'signed' : 'encrypted' }
}

function storageFor(name: string, cookie: CookieOptions): SessionStorage {
  if (name.endsWith('cookie')) return createCookieSessionStorage({ cookie })
  return createSessionStorage({
    cookie,
    createData: async () => 'another id',
    readData: async (id) => (id === 'id-of-a-row' ? VALUES : null),
    updateData: async () => true,
    deleteData: async () => {},
  })
}

describe.each([
  ['0.1', withoutUsers, { userId: undefined, authenticatedAt: undefined }],
  ['the first version with users', signedIn, ADA],
])('what %s has written', (_, { now, secret, tokens, records, marker }, user) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: now + 1000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const expectWhole = (session: Session): void => {
    expect(session).toMatchObject({ origin: 'resumed', ...user })
    expect(session.data).toEqual(VALUES)
  }

  it.each(Object.entries(tokens))('is read: %s', async (name, token) => {
    const storage = storageFor(name, cookieOf(name, secret))
    const session = await storage.getSession(`__session=${token}`)
    expect(session.origin).toBe('resumed')
    expectWhole(session)
  })

  it('is read by a site that has begun to encrypt: signed tokens', async () => {
    const signed = Object.entries(tokens).filter(([name]) => name.startsWith('signed'))
    const cookie = { secrets: [secret], acceptSigned: true }
    for (const [name, token] of signed) {
      expectWhole(await storageFor(name, cookie).getSession(`__session=${token}`))
    }
    expect(signed).toHaveLength(tokens === withoutUsers.tokens ? 2 : 0)
  })

  it.each(Object.entries(records))('is read: %s', async (name, { token, key, data, expires }) => {
    const store = createMemoryStore(10)
    await store.create(key, { data, expires: new Date(expires) })
    const cookie = cookieOf(name, secret)
    const encryptAtRest = data.startsWith('sealed:')
    const storage = createStoreSessionStorage(store, { cookie, encryptAtRest })
    const session = await storage.getSession(`__session=${token}`)
    expectWhole(session)
    expect(session.createdAt).toEqual(new Date(now))
    session.set('n', 1)
    await storage.commitSession(session)
    const next = await storage.getSession(`__session=${token}`)
    expect([next.get('n'), next.userId]).toEqual([1, user.userId])
  })

  it('is read: a marker', async () => {
    const store = createMemoryStore(10)
    const { token, key, data, expires } = marker
    await store.create(key, { data, expires: new Date(expires) })
    const storage = createStoreSessionStorage(store, { cookie: { secrets: [secret] } })
    const session = await storage.getSession(`__session=${token}`)
    expect(session.origin).toBe(data.includes('revoked') ? 'revoked' : 'unknown')
    await storage.destroySession(session)
    expect((await store.read(key))?.data).toMatch(/^retired:\{"logouts":[12],"begun":\[\]/)
  })
})
