import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { storeConformance } from '../conformance/store.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

storeConformance('memory', () => createMemoryStore(1000))

describe('createMemorySessionStorage', () => {
  it('keeps at most `maxRecords`: the oldest go first', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] }, maxRecords: 3 })
    const cookies: string[] = []
    for (let i = 0; i < 5; i++) {
      const session = await storage.getSession()
      session.set('n', i)
      cookies.push(toCookie(await storage.commitSession(session)))
      // Used again, the first is not the oldest.
      const first = await storage.getSession(cookies[0])
      expect(first.origin).toBe('resumed')
      await storage.commitSession(first)
      cookies[0] = toCookie(await storage.commitSession(first))
    }
    const origins = await Promise.all(
      cookies.map(async (c) => (await storage.getSession(c)).origin),
    )
    expect(origins).toEqual(['resumed', 'unknown', 'unknown', 'resumed', 'resumed'])
  })

  it('keeps many where nothing is said', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const commit = async (): Promise<string> =>
      toCookie(await storage.commitSession(await storage.getSession()))
    const first = await commit()
    for (let i = 0; i < 2000; i++) await commit()
    expect((await storage.getSession(first)).origin).toBe('resumed')
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses %d records', (maxRecords) => {
    expect(() => createMemorySessionStorage({ maxRecords })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })

  it('forgets expired records though nobody asks for them', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = createMemoryStore(1000)
    await store.create('living', { data: '{}', expires: new Date(Date.now() + 5000) })
    const reads = vi.spyOn(Map.prototype, 'delete')
    for (let i = 0; i < 100; i++)
      await store.create(`old${i}`, { data: '{}', expires: new Date(Date.now() + 1000) })
    vi.setSystemTime(Date.now() + 1000)
    reads.mockClear()
    await store.create('new', { data: '{}', expires: new Date(Date.now() + 1000) })
    expect(reads.mock.calls.filter(([key]) => String(key).startsWith('old'))).toHaveLength(100)
    vi.useRealTimers()
  })

  it('keeps text, not references', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const session = await storage.getSession()
    const cart = ['tea']
    session.set('cart', cart)
    const cookie = toCookie(await storage.commitSession(session))
    cart.push('unsaved')
    expect((await storage.getSession(cookie)).get('cart')).toEqual(['tea'])
  })
})
