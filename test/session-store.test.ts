import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../src/storage/memory.ts'
import { createHash } from 'node:crypto'
import { toCookie } from './support/client.ts'
import { SECRET } from './support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }

describe('createStoreSessionStorage', () => {
  it('shows the store a hash of the id only, and JSON', async () => {
    const store = createMemoryStore(10)
    const write = vi.spyOn(store, 'write')
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    session.set('n', 1)
    await storage.commitSession(session)
    const [key, data] = write.mock.calls[0] ?? []
    expect(session.id).toMatch(/^[\w-]{27}$/)
    expect(key).toBe(createHash('sha256').update(session.id).digest('base64url'))
    expect(JSON.parse(data ?? '')).toEqual({ createdAt: expect.any(Number), data: { n: 1 } })
  })

  it('never makes an unknown id its own', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: { secrets: [] } })
    const chosen = Buffer.from(
      JSON.stringify([1, 'id', '__session', 0, Date.now() + 1000, 0, 'chosen-by-the-client']),
    ).toString('base64url')
    const session = await storage.getSession(`__session=${chosen}`)
    expect([session.origin, session.id]).toEqual(['unknown', ''])
    session.set('n', 1)
    await storage.commitSession(session)
    expect(session.id).not.toContain('chosen')
  })

  it('takes another id where one is taken', async () => {
    const store = createMemoryStore(10)
    const random = vi.spyOn(crypto, 'getRandomValues')
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const fill = (byte: number) => (array: unknown) => (array as Uint8Array).fill(byte) as never
    random.mockImplementationOnce(fill(1))
    const one = await storage.getSession()
    await storage.commitSession(one)
    random.mockImplementationOnce(fill(1)).mockImplementationOnce(fill(2))
    const two = await storage.getSession()
    await storage.commitSession(two)
    expect(two.id).not.toBe(one.id)
  })

  it.each(['', 'null', '{}', '{"createdAt":1}', '{"createdAt":"1","data":{}}', 'not json'])(
    'calls a record invalid that holds no session: %j',
    async (data) => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const session = await storage.getSession()
      const cookie = toCookie(await storage.commitSession(session))
      vi.spyOn(store, 'read').mockResolvedValue({ data, version: '1' })
      expect((await storage.getSession(cookie)).origin).toBe('invalid')
    },
  )

  it('gives up, and says so, where every attempt meets another write', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    await storage.commitSession(session)
    vi.spyOn(store, 'write').mockResolvedValue(null)
    session.set('n', 1)
    await expect(storage.commitSession(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
    })
  })

  it.each(['read', 'write', 'delete'] as const)(
    'fails with the cause where the store throws at %s, synchronously or not',
    async (method) => {
      const cause = new Error('connection lost')
      const store: SessionStore = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const session = await storage.getSession()
      const cookie = toCookie(await storage.commitSession(session))
      const uses = {
        read: () => storage.getSession(cookie),
        write: () => storage.commitSession(session),
        delete: () => storage.destroySession(session),
      }
      vi.spyOn(store, method).mockRejectedValueOnce(cause)
      await expect(uses[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE', cause })
      vi.spyOn(store, method).mockImplementationOnce(() => {
        throw cause
      })
      await expect(uses[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE', cause })
    },
  )

  it('clears the cookie of a session that was deleted meanwhile, by hand', async () => {
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    await storage.destroySession(await storage.getSession(cookie))
    session.set('n', 1)
    expect(await storage.commitSession(session)).toContain('__session=; Max-Age=0')
  })
})
