import type { Miniflare } from 'miniflare'
import type { IndexedSessionStore } from 'fetch-sessions'
import { createDurableObjectStore } from 'fetch-sessions/storage/durable-object'
import type { DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'

import { startWorkerd } from '../support/workerd.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const HOUR = 60 * 60 * 1000
const [ADA, BOB] = ['ada', 'bob']
const fromNow = (milliseconds: number): Date => new Date(Date.now() + milliseconds)

let workerd: Miniflare
let objects: DurableObjectNamespaceLike
beforeAll(async () => {
  workerd = await startWorkerd()
  objects = (await workerd.getDurableObjectNamespace(
    'OPEN_SESSIONS',
  )) as unknown as DurableObjectNamespaceLike
})
afterAll(() => workerd?.dispose())

/** What the store has asked since it was made: the object, and the name of the operation. */
let asked: string[]
/** What happens before an operation reaches its object. */
let before: (question: string) => Promise<void> | void
let store: IndexedSessionStore
let prefix: string
let stores = 0
beforeEach(() => {
  asked = []
  before = () => {}
  prefix = `${++stores}:`
  store = createDurableObjectStore<string>({
    idFromName: (name) => name,
    get: (name) => ({
      async fetch(url, init) {
        const question = `${name} ${(JSON.parse(String(init.body)) as { name: string }).name}`
        asked.push(question)
        await before(question)
        return objects.get(objects.idFromName(prefix + name)).fetch(url, init)
      },
    }),
  })
})

interface Content {
  readonly values: Record<string, unknown>
  readonly alarm: number | null
}
const EMPTY: Content = { values: {}, alarm: null }

async function look(name: string): Promise<Content> {
  const object = objects.get(objects.idFromName(prefix + name))
  return (await (await object.fetch('https://session.invalid/look', {})).json()) as Content
}

async function fill(name: string, record: unknown): Promise<void> {
  const object = objects.get(objects.idFromName(prefix + name))
  const body = JSON.stringify(record)
  await object.fetch('https://session.invalid/fill', { method: 'POST', body })
}

describe('the list of a user in a Durable Object', () => {
  it('is written before the record, and a removal after it', async () => {
    const version = await store.create('key', { data: 'one', expires: fromNow(HOUR), user: ADA })
    expect(asked.splice(0)).toEqual(['ada:sessions enter', 'key create'])
    const expires = fromNow(2 * HOUR)
    const second = await store.update('key', String(version), { data: 'two', expires, user: ADA })
    expect(asked.splice(0)).toEqual(['ada:sessions enter', 'key update'])
    const third = await store.update('key', String(second), { data: 'three', expires, user: BOB })
    expect(asked.splice(0)).toEqual(['bob:sessions enter', 'key update', 'ada:sessions leave'])
    await store.update('key', String(third), { data: 'four' })
    expect(asked.splice(0)).toEqual(['key update', 'bob:sessions leave'])
    await store.create('other', { data: 'one', expires, user: ADA })
    asked = []
    await store.delete('other')
    expect(asked).toEqual(['other delete', 'ada:sessions leave'])
    for (const user of [ADA, BOB]) expect((await look(`${user}:sessions`)).values).toEqual({})
  })

  it('is not asked for a record of nobody, nor for new data of the same user', async () => {
    const version = await store.create('key', { data: 'one', expires: fromNow(HOUR), user: ADA })
    asked = []
    await store.update('key', String(version), { data: 'two', user: ADA })
    const other = await store.create('other', { data: 'one', expires: fromNow(HOUR) })
    await store.update('other', String(other), { data: 'two', expires: fromNow(HOUR) })
    await store.delete('other')
    expect(asked).toEqual(['key update', 'other create', 'other update', 'other delete'])
    expect(await store.keysOf(ADA)).toEqual({ keys: ['key'] })
  })

  it('takes in a record to which new data gives a user', async () => {
    const version = await store.create('key', { data: 'one', expires: fromNow(HOUR) })
    asked = []
    expect(await store.update('key', String(version), { data: 'two', user: ADA })).not.toBeNull()
    expect(asked).toEqual(['key update', 'ada:sessions enter', 'key update'])
    expect(await store.keysOf(ADA)).toEqual({ keys: ['key'] })
    expect(await store.read('key')).toMatchObject({ data: 'two' })
  })

  it('has a record to its end, even if that moves while the record gets its user', async () => {
    const version = String(await store.create('key', { data: 'one', expires: fromNow(HOUR) }))
    const expires = fromNow(2 * HOUR)
    before = async (question) => {
      if (question !== 'ada:sessions enter') return
      before = () => {}
      expect(await store.update('key', version, { expires })).toBe(version)
    }
    expect(await store.update('key', version, { data: 'two', user: ADA })).not.toBeNull()
    const [entry] = Object.values((await look('ada:sessions')).values)
    expect(entry).toMatchObject({ expires: expires.getTime() })
    expect(await store.read('key')).toMatchObject({ data: 'two', expires })
  })

  it('lacks no record if a write fails, and shows none that was not written', async () => {
    const down = new Error('down')
    const failAt = (failing: string): void => {
      before = (question) => {
        if (question === failing) throw down
      }
    }
    const record = { data: 'one', expires: fromNow(HOUR), user: ADA }
    failAt('ada:sessions enter')
    await expect(store.create('key', record)).rejects.toThrow(down)
    expect(await store.read('key')).toBeNull()
    failAt('key create')
    await expect(store.create('key', record)).rejects.toThrow(down)
    expect(Object.keys((await look('ada:sessions')).values)).toEqual(['entry:key'])
    expect(await store.keysOf(ADA)).toEqual({ keys: [] })
    before = () => {}
    await store.create('key', record)
    failAt('ada:sessions leave')
    await expect(store.delete('key')).rejects.toThrow(down)
    expect(await store.keysOf(ADA)).toEqual({ keys: [] })
  })

  it('keeps a record that is created again while its removal is still on the way', async () => {
    const record = { data: 'one', expires: fromNow(HOUR), user: ADA }
    await store.create('key', record)
    before = async (question) => {
      if (question !== 'ada:sessions leave') return
      before = () => {}
      expect(await store.create('key', record)).not.toBeNull()
    }
    await store.delete('key')
    expect(await store.keysOf(ADA)).toEqual({ keys: ['key'] })
  })

  it('keeps a record whose expiry another request failed to shorten', async () => {
    await store.create('key', { data: 'one', expires: fromNow(HOUR), user: ADA })
    const change = { expires: fromNow(-HOUR), user: ADA }
    expect(await store.update('key', 'another version', change)).toBeNull()
    expect(await store.keysOf(ADA)).toEqual({ keys: ['key'] })
  })

  it('shows no record whose shortened life has ended', async () => {
    const version = await store.create('key', { data: 'one', expires: fromNow(HOUR), user: ADA })
    await store.update('key', String(version), { expires: fromNow(-1), user: ADA })
    expect(await store.keysOf(ADA)).toEqual({ keys: [] })
  })

  it('is pruned by its alarm, and emptied at the end', async () => {
    const expires = fromNow(HOUR)
    await store.create('long', { data: 'one', expires, user: ADA })
    await store.create('short', { data: 'one', expires: fromNow(500), user: ADA })
    await store.create('only', { data: 'one', expires: fromNow(500), user: BOB })
    const names = async (): Promise<string[]> => Object.keys((await look('ada:sessions')).values)
    await expect.poll(names, { timeout: 60_000 }).toEqual(['entry:long'])
    expect((await look('ada:sessions')).alarm).toBeGreaterThanOrEqual(expires.getTime())
    await expect.poll(() => look('bob:sessions'), { timeout: 60_000 }).toEqual(EMPTY)
    await expect.poll(() => look('only'), { timeout: 60_000 }).toEqual(EMPTY)
  })
})

describe('a record of version 0.1', () => {
  it('is read, gets a user, and goes', async () => {
    const expires = fromNow(HOUR)
    await fill('key', { data: 'one', version: 'v1', expires: expires.getTime() })
    expect(await store.read('key')).toEqual({ data: 'one', version: 'v1', expires })
    const renewed = fromNow(2 * HOUR)
    expect(await store.update('key', 'v1', { expires: renewed })).toBe('v1')
    expect(await store.update('key', 'v1', { data: 'two', user: ADA })).not.toBeNull()
    expect(await store.read('key')).toMatchObject({ data: 'two', expires: renewed })
    expect(await store.keysOf(ADA)).toEqual({ keys: ['key'] })
    await store.delete('key')
    expect(await look('key')).toEqual(EMPTY)
    expect(await store.keysOf(ADA)).toEqual({ keys: [] })
  })
})
