import { createMemorySessionStorage, createMemoryStore } from 'fetch-sessions/storage/memory'

import type { SessionStore } from 'fetch-sessions'
import { SECRET } from '../support/secrets.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const HOUR = 60 * 60 * 1000
const expires = new Date(Date.now() + HOUR)
const user = 'ada'

let warn: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})

const named = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}`)

async function fill(store: SessionStore, keys: readonly string[], owner?: string): Promise<void> {
  for (const key of keys) await store.create(key, { data: 'data', expires, user: owner })
}

/** The keys that have a record, which is a use of each. */
async function kept(store: SessionStore, keys: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const key of keys) if ((await store.read(key)) !== null) found.push(key)
  return found
}

describe('a full createMemoryStore', () => {
  it.each([
    ['users who are signed in and active', user, 100],
    ['users who are signed in and away', user, 0],
    ['visitors who are active', undefined, 100],
  ])('loses none of 1,000 %s to 100,000 anonymous writes', async (_, owner, rounds) => {
    const store = createMemoryStore()
    const keys = named('user', 1000)
    await fill(store, keys, owner)
    for (let i = 0; i < 100; i++) {
      await fill(store, named(`visitor${i}-`, 1000))
      if (i < rounds) expect(await kept(store, keys)).toHaveLength(1000)
    }
    expect(await kept(store, keys)).toHaveLength(1000)
    // What had to go was the oldest of the others.
    const visitors = named('visitor0-', 1000)
    expect(await kept(store, visitors)).toEqual([])
  })

  it('leaves a tenth to those without a user, so that they can sign in', async () => {
    const store = createMemoryStore(100)
    const users = named('user', 100)
    await fill(store, users, user)
    await fill(store, named('visitor', 1000))
    expect(await kept(store, users)).toEqual(users.slice(10))
    expect(await kept(store, named('visitor', 1000))).toEqual(named('visitor', 1000).slice(-10))
    // And the rest to the users, however many visitors there were.
    const more = named('more', 100)
    await fill(store, more, user)
    expect(await kept(store, [...users, ...more])).toHaveLength(91)
  })

  it.each([undefined, user])('never evicts what was just written, here by %s', async (owner) => {
    for (const other of [undefined, user]) {
      for (const [maxRecords, maxBytes] of [
        [1, 10_000],
        [10, 1000],
      ]) {
        const store = createMemoryStore(maxRecords, maxBytes)
        await fill(store, ['one'], other)
        await fill(store, ['two'], owner)
        expect(await kept(store, ['one', 'two'])).toEqual(['two'])
      }
    }
  })

  it('lists no record that was evicted', async () => {
    const store = createMemoryStore(3)
    await fill(store, named('key', 5), user)
    expect(await store.keysOf(user)).toEqual({ keys: ['key2', 'key3', 'key4'], cursor: undefined })
  })
})

describe('maxBytes', () => {
  const record = { data: 'x'.repeat(248), expires } // 1,000 bytes under a key of 2 characters

  it('evicts the least recently used records, by create and by update', async () => {
    const store = createMemoryStore(100, 3000)
    for (const key of ['k0', 'k1', 'k2']) expect(await store.create(key, record)).not.toBeNull()
    expect(await kept(store, ['k1', 'k0', 'k2'])).toHaveLength(3)
    await store.create('k3', record)
    expect(await kept(store, ['k1', 'k0', 'k2', 'k3'])).toEqual(['k0', 'k2', 'k3'])
    const { version } = (await store.read('k0')) ?? { version: '' }
    await store.update('k0', version, { data: `${record.data}x` })
    expect(await kept(store, ['k2', 'k3', 'k0'])).toEqual(['k3', 'k0'])
  })

  it('counts what is there now, not what was replaced or removed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = createMemoryStore(100, 3000)
    await store.create('k0', record)
    for (let i = 0; i < 100; i++) {
      const { version = '' } = (await store.read('k0')) ?? {}
      await store.update('k0', version, { data: record.data, user: i % 3 === 0 ? user : undefined })
      await store.create('k1', record)
      await store.delete('k1')
      await store.create('k2', { ...record, expires: new Date(Date.now() + 10) })
      vi.setSystemTime(Date.now() + 20)
    }
    await store.create('k3', record)
    await store.create('k4', record)
    expect(await kept(store, ['k0', 'k3', 'k4'])).toHaveLength(3)
    vi.useRealTimers()
  })

  it('refuses a record that exceeds it alone, and keeps all others', async () => {
    const store = createMemoryStore(100, 3000)
    const version = await store.create('k0', record)
    await store.create('k1', record)
    const huge = 'x'.repeat(1500)
    const refusal = {
      name: 'SessionError',
      code: 'ERR_SESSION_STORAGE',
      message:
        'A session of 3504 bytes exceeds `maxBytes`, which is 3000: keep less in the session, or raise `maxBytes`.',
    }
    await expect(store.create('k2', { data: huge, expires, user })).rejects.toMatchObject(refusal)
    await expect(store.update('k0', String(version), { data: huge })).rejects.toMatchObject(refusal)
    expect(await kept(store, ['k0', 'k1', 'k2'])).toEqual(['k0', 'k1'])
    expect((await store.read('k0'))?.version).toBe(version)
    expect((await store.keysOf(user)).keys).toEqual([])
  })

  it('is an option of the storage, whose error reaches the application', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] }, maxBytes: 2000 })
    const session = await storage.getSession()
    session.set('text', 'x'.repeat(2000))
    const message = expect.stringContaining('`maxBytes`, which is 2000')
    const refusal = { code: 'ERR_SESSION_STORAGE', message }
    await expect(storage.commitSession(session)).rejects.toMatchObject(refusal)
  })

  it('may be infinite', async () => {
    const store = createMemoryStore(10, Infinity)
    expect(await store.create('key', { data: 'x'.repeat(10_000_000), expires })).not.toBeNull()
  })
})

describe('the warning of an eviction', () => {
  it('comes once, and names the option to raise', async () => {
    const store = createMemoryStore(7)
    await fill(store, named('key', 7))
    expect(warn).not.toHaveBeenCalled()
    await fill(store, named('more', 7))
    const text =
      'the memory storage is full (`maxRecords` is 7) and evicts sessions that have not expired. Raise `maxRecords`'
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(text))
    const small = createMemoryStore(100, 1001)
    await fill(small, named('key', 3))
    const other = 'the memory storage is full (`maxBytes` is 1001)'
    expect(warn).toHaveBeenCalledTimes(2)
    expect(warn).toHaveBeenLastCalledWith(expect.stringContaining(other))
  })

  it('does not come for sessions that have expired', async () => {
    const store = createMemoryStore(8)
    const past = new Date(Date.now() - 1)
    for (const key of named('key', 20)) await store.create(key, { data: 'data', expires: past })
    expect(warn).not.toHaveBeenCalled()
  })
})
