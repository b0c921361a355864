import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
import fc from 'fast-check'

import type { SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { storeConformance } from '../conformance/store.ts'
import { toCookie } from '../support/client.ts'
import { createRecord } from '../support/create-record.ts'
import { SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

storeConformance('memory', () => createMemoryStore(2000), { indexed: true })

describe('createMemorySessionStorage', () => {
  it('evicts expired sessions before sessions that are alive', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = createMemorySessionStorage({
      cookie: { secrets: [SECRET] },
      maxRecords: 1000,
      idleTimeout: 60,
    })
    const visit = async (maxAge?: number): Promise<string> => {
      const options = maxAge === undefined ? {} : { maxAge }
      return toCookie(await storage.commitSession(await storage.getSession(), options))
    }
    const long: string[] = []
    for (let i = 0; i < 10; i++) long.push(await visit(365 * 86_400))
    for (let i = 0; i < 900; i++) await visit()
    vi.setSystemTime(Date.now() + 600_000)
    for (let i = 0; i < 105; i++) await visit()
    for (const cookie of long) {
      expect((await storage.getSession(cookie)).origin).toBe('resumed')
    }
    vi.useRealTimers()
  })

  it('keeps many where nothing is said', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const commit = async (): Promise<string> =>
      toCookie(await storage.commitSession(await storage.getSession()))
    const first = await commit()
    for (let i = 0; i < 2000; i++) await commit()
    expect((await storage.getSession(first)).origin).toBe('resumed')
  })

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d records', (maxRecords) => {
    const message = `\`maxRecords\` is ${maxRecords}: write a whole number of sessions, at least 1.`
    const refusal = expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message })
    expect(() => createMemorySessionStorage({ maxRecords })).toThrow(refusal)
    expect(() => createMemoryStore(maxRecords)).toThrow(refusal)
  })

  it.each([0, 256, 1000.5, Number.NaN])('refuses %d bytes', (maxBytes) => {
    const message = `\`maxBytes\` is ${maxBytes}: write a whole number of bytes, at least 1000.`
    const refusal = expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message })
    expect(() => createMemorySessionStorage({ maxBytes })).toThrow(refusal)
    expect(() => createMemoryStore(10, maxBytes)).toThrow(refusal)
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

describe('createMemoryStore', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000)

  /** The keys that have a record, which is a use of each. */
  async function kept(store: SessionStore, keys: readonly string[]): Promise<string[]> {
    const found = await Promise.all(keys.map((key) => store.read(key)))
    return keys.filter((_, i) => found[i] !== null)
  }

  it.each<[string, (store: SessionStore, version: string) => Promise<unknown>]>([
    ['reading', (store) => store.read('a')],
    ['a change of data', (store, version) => store.update('a', version, { data: 'new' })],
    [
      'a change of expiry',
      (store, version) => store.update('a', version, { expires: inSeconds(9) }),
    ],
  ])('evicts the least recently used record; %s counts as use', async (_, use) => {
    const store = createMemoryStore(3)
    const version = await createRecord(store, 'a', 'data', inSeconds(60))
    await createRecord(store, 'b', 'data', inSeconds(1))
    await createRecord(store, 'c', 'data', inSeconds(60))
    await use(store, version)
    await createRecord(store, 'd', 'data', inSeconds(60))
    expect(await kept(store, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd'])
    await createRecord(store, 'e', 'data', inSeconds(60))
    expect(await kept(store, ['a', 'b', 'c', 'd', 'e'])).toEqual(['c', 'd', 'e'])
  })

  it('evicts by the expiry that a record has now, not by one that it had', async () => {
    const store = createMemoryStore(2)
    const longer = await createRecord(store, 'longer', 'data', inSeconds(1))
    await store.update('longer', longer, { expires: inSeconds(60) })
    const shorter = await createRecord(store, 'shorter', 'data', inSeconds(60))
    await store.update('shorter', shorter, { expires: inSeconds(1) })
    vi.setSystemTime(Date.now() + 1000)
    await createRecord(store, 'new', 'data', inSeconds(60))
    expect(await kept(store, ['longer', 'shorter', 'new'])).toEqual(['longer', 'new'])
  })

  it('forgets all expired records at the next write, even if nobody asks for them', async () => {
    const store = createMemoryStore(1000)
    await createRecord(store, 'living', 'data', inSeconds(5))
    const deletes = vi.spyOn(Map.prototype, 'delete')
    for (let i = 0; i < 100; i++) await createRecord(store, `old${i}`, 'data', inSeconds(1))
    vi.setSystemTime(Date.now() + 1000)
    deletes.mockClear()
    await createRecord(store, 'new', 'data', inSeconds(1))
    expect(deletes.mock.calls.filter(([key]) => String(key).startsWith('old'))).toHaveLength(100)
  })

  it('keeps the records that a simple model keeps, whatever is done to them', async () => {
    const operation = fc.record({
      name: fc.constantFrom('read', 'create', 'renew', 'delete'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      user: fc.constantFrom(undefined, 'ada', 'bob'),
      life: fc.integer({ min: 0, max: 50 }),
      pause: fc.integer({ min: 0, max: 10 }),
    })
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 100 }), async (run) => {
      const store = createMemoryStore(3)
      /** The least recently used record first. */
      let model: { key: string; user: string | undefined; version: string; end: number }[] = []
      for (const { name, key, user, life, pause } of run) {
        vi.setSystemTime(Date.now() + pause)
        const expires = new Date(Date.now() + life)
        const found = model.find((record) => record.key === key && record.end > Date.now())
        model = model.filter((record) => record !== found)
        if (name === 'delete') {
          await store.delete(key)
          continue
        }
        if (found !== undefined) model.push(found)
        for (const one of ['ada', 'bob']) {
          const living = model.filter((record) => record.user === one && record.end > Date.now())
          const keys = living.map((record) => record.key).toSorted()
          expect((await store.keysOf(one)).keys.toSorted()).toEqual(keys)
        }
        if (name === 'read') {
          expect((await store.read(key))?.version).toBe(found?.version)
          continue
        }
        const answer =
          name === 'create'
            ? await store.create(key, { data: 'data', expires, user })
            : await store.update(key, found?.version ?? '', { expires, user })
        expect(answer !== null).toBe((found === undefined) === (name === 'create'))
        if (answer === null) continue
        model = model.filter((record) => record.key !== key && record.end > Date.now())
        const end = expires.getTime()
        if (end <= Date.now()) continue
        if (model.length === 3) {
          const first = model.find((record) => record.user === undefined) ?? model[0]
          model = model.filter((record) => record !== first)
        }
        model.push({ key, user, version: answer as string, end })
      }
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it('takes 100,000 writes beyond its limit in seconds', async () => {
    const store = createMemoryStore(50_000)
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) {
      await store.create(`key${i}`, { data: 'data', expires: inSeconds(i % 5000) })
    }
    // It takes about a second. If the cost grew with the number of records, it would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it('takes 100,000 changes of the expiry of few records without growing', async () => {
    const store = createMemoryStore(50_000)
    let version = await createRecord(store, 'key', 'data', inSeconds(60))
    // The queue of expiries is made anew, by sorting the records, after about 1,000 changes.
    const sort = vi.spyOn(Array.prototype, 'sort')
    for (let i = 0; i < 100_000; i++) {
      version = (await store.update('key', version, { expires: inSeconds(61 + i) })) as string
    }
    expect(sort.mock.calls.length).toBeGreaterThan(90)
    expect(sort.mock.calls.length).toBeLessThan(110)
  })
})
