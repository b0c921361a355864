import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStorage, SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }

/** A login that meets a logout, and takes back what it has created. */
async function login(store: SessionStore, storage: SessionStorage): Promise<string> {
  const session = await storage.getSession(
    toCookie(await storage.commitSession(await storage.getSession())),
  )
  session.regenerate()
  vi.spyOn(store, 'update').mockResolvedValueOnce(null)
  vi.spyOn(store, 'read').mockResolvedValueOnce(null)
  return storage.commitSession(session)
}

describe('createStoreSessionStorage', () => {
  it('shows the store a hash of the id only, and JSON', async () => {
    const store = createMemoryStore(10)
    const create = vi.spyOn(store, 'create')
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    session.set('n', 1)
    await storage.commitSession(session)
    const [key, record] = create.mock.calls[0] ?? []
    expect(session.id).toMatch(/^[\w-]{27}$/)
    expect(key).toBe(createHash('sha256').update(session.id).digest('base64url'))
    expect(JSON.parse(record?.data ?? '')).toEqual({
      createdAt: expect.any(Number),
      data: { n: 1 },
    })
  })

  it('never makes an unknown id its own', async () => {
    const storage = createStoreSessionStorage(createMemoryStore(10), {
      cookie: { protection: 'none' },
    })
    const chosen = Buffer.from(
      JSON.stringify([
        1,
        'id',
        '__session',
        0,
        Date.now(),
        Date.now() + 1000,
        0,
        'chosen-by-the-client',
      ]),
    ).toString('base64url')
    const session = await storage.getSession(`__session=${chosen}`)
    expect([session.origin, session.id]).toEqual(['unknown', ''])
    session.set('n', 1)
    await storage.commitSession(session)
    expect(session.id).not.toContain('chosen')
  })

  it('keeps what a sign-in sets to the value that it had, though the session ends meanwhile', async () => {
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: COOKIE })
    const session = await storage.getSession()
    session.signIn('ada')
    session.set('role', 'editor')
    session.set('cart', ['tea'])
    const again = await storage.getSession(toCookie(await storage.commitSession(session)))
    await storage.endSessions('ada')
    again.signIn('ada')
    again.set('role', 'editor')
    const cookie = toCookie(await storage.commitSession(again))
    expect((await storage.getSession(cookie)).data).toEqual({ role: 'editor' })
  })

  it('takes another id where one is taken', async () => {
    const store = createMemoryStore(10)
    const create = vi.spyOn(store, 'create').mockResolvedValueOnce(null)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    const keys = create.mock.calls.map(([key]) => key)
    expect(new Set(keys).size).toBe(2)
    expect((await storage.getSession(cookie)).id).toBe(session.id)
  })

  it.each([Infinity, 10])(
    'takes a client whose promises are not those of the language, with a timeout of %d seconds',
    async (timeout) => {
      const inner = createMemoryStore(10)
      const thenable = <T>(promise: Promise<T>): Promise<T> => {
        const foreign = {}
        Reflect.set(foreign, 'then', promise.then.bind(promise))
        return foreign as Promise<T>
      }
      const store: SessionStore = {
        read: (key) => thenable(inner.read(key)),
        create: (...args) => thenable(inner.create(...args)),
        update: (...args) => thenable(inner.update(...args)),
        delete: (key) => thenable(inner.delete(key)),
      }
      const storage = createStoreSessionStorage(store, { cookie: COOKIE, timeout })
      const session = await storage.getSession()
      session.set('n', 1)
      const cookie = toCookie(await storage.commitSession(session))
      const again = await storage.getSession(cookie)
      expect(again.get('n')).toBe(1)
      again.set('n', 2)
      await storage.commitSession(again)
      await storage.destroySession(await storage.getSession(cookie))
      expect((await storage.getSession(cookie)).origin).toBe('unknown')
    },
  )

  it.each([
    '',
    'null',
    '[]',
    '{"createdAt":1}',
    '{"createdAt":"1","data":{}}',
    '{"createdAt":9e15,"data":{}}',
    '{"createdAt":1e400,"data":{}}',
    '{"createdAt":1,"data":"text"}',
    '{"createdAt":1,"data":[]}',
    '{"createdAt":1,"user":{"id":"ada","authenticatedAt":9e15},"data":{}}',
    '{"createdAt":1,"user":{"id":"","authenticatedAt":1},"data":{}}',
    '{"createdAt":1,"user":{"id":"ada","authenticatedAt":1,"seenAt":9e15},"data":{}}',
    '{"createdAt":1,"user":{"id":"ada","authenticatedAt":1,"seenAt":"1"},"data":{}}',
    '{"createdAt":1,"user":{"id":"ada","authenticatedAt":1,"signedInAt":1e400},"data":{}}',
    '{"createdAt":1,"user":{"id":"ada","authenticatedAt":1,"device":7},"data":{}}',
    'not json',
  ])('calls a record invalid that holds no session: %j', async (data) => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    vi.spyOn(store, 'read').mockResolvedValue({
      data,
      version: '1',
      expires: new Date(Date.now() + 1000),
    })
    expect((await storage.getSession(cookie)).origin).toBe('invalid')
  })

  it('asks the store for what a commit takes, in an order that loses nothing', async () => {
    const store = createMemoryStore(10)
    const calls: string[] = []
    for (const name of ['read', 'create', 'update', 'delete'] as const) {
      const original = store[name] as (...args: unknown[]) => Promise<never>
      vi.spyOn(store, name).mockImplementation((...args: unknown[]) => {
        calls.push(name)
        return original(...args)
      })
    }
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    await storage.destroySession(await storage.getSession())
    expect(calls).toEqual([]) // nothing was stored
    const session = await storage.getSession()
    for (let i = 0; i < 3; i++) await storage.commitSession(session)
    expect(calls.splice(0)).toEqual(['create', 'update', 'update'])
    session.regenerate()
    await storage.commitSession(session)
    expect(calls.splice(0)).toEqual(['create', 'update']) // the new record, and the marker over the old one
    await storage.destroySession(session)
    expect(calls).toEqual(['update'])
  })

  it('keeps what is written, and a new id that is asked for, while a commit by hand is waiting', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    session.set('a', 1)
    const create = store.create.bind(store)
    vi.spyOn(store, 'create').mockImplementationOnce((...args) => {
      session.set('b', 2)
      session.regenerate()
      return create(...args)
    })
    const old = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(old)).data).toEqual({ a: 1 })
    expect(session.changed).toBe(true)
    const cookie = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(cookie)).data).toEqual({ a: 1, b: 2 })
    expect((await storage.getSession(old)).origin).toBe('unknown')
  })

  it('says so where no id is free', async () => {
    const store = createMemoryStore(10)
    vi.spyOn(store, 'create').mockResolvedValue(null)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    await expect(storage.commitSession(await storage.getSession())).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
      message: expect.stringContaining('create met another write'),
    })
  })

  it('gives up, and says so, where every attempt meets another write', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    await storage.commitSession(session)
    vi.spyOn(store, 'update').mockResolvedValue(null)
    session.set('n', 1)
    await expect(storage.commitSession(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
    })
  })

  it.each(['read', 'create', 'update', 'delete'] as const)(
    'fails with the cause where the store throws at %s, synchronously or not',
    async (method) => {
      const cause = new Error('connection lost')
      const store: SessionStore = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const session = await storage.getSession()
      const cookie = toCookie(await storage.commitSession(session))
      const created = await storage.getSession()
      const uses = {
        read: () => storage.getSession(cookie),
        create: () => storage.commitSession(created),
        update: () => storage.commitSession(session),
        delete: () => login(store, storage),
      }
      vi.spyOn(store, method).mockRejectedValueOnce(cause)
      await expect(uses[method]()).rejects.toMatchObject({
        code: 'ERR_SESSION_STORAGE',
        message: expect.stringContaining('connection lost'),
        cause,
      })
      vi.spyOn(store, method).mockRejectedValueOnce('a text')
      await expect(uses[method]()).rejects.toMatchObject({
        message: expect.stringContaining('a text'),
      })
      vi.spyOn(store, method).mockImplementationOnce(() => {
        throw cause
      })
      await expect(uses[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE', cause })
    },
  )
})
