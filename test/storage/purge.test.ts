import { spawnSync } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'

import { purgeAll, startPurging } from 'fetch-sessions/storage/purge'
import type { PurgeableStorage } from 'fetch-sessions/storage/purge'
import { createSQLiteSessionStorage, createSQLiteStore } from 'fetch-sessions/storage/sqlite'
import { createMemorySessionStorage } from 'fetch-sessions'
import { SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const HOUR = 3_600_000
const cookie = { secrets: [SECRET] }

let database: DatabaseSync

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  database = new DatabaseSync(':memory:')
  await createSQLiteStore({ database }).maintenance.setup()
})
afterEach(() => {
  vi.useRealTimers()
  database.close()
})

/** A storage with records that have just expired. */
async function expired(records: number, living = 0) {
  const { store } = createSQLiteStore({ database })
  database.exec('BEGIN')
  for (let i = 0; i < records + living; i++) {
    const expires = new Date(Date.now() + (i < records ? 0 : 100 * HOUR))
    await store.create(crypto.randomUUID(), { data: 'data', expires })
  }
  database.exec('COMMIT')
  return createSQLiteSessionStorage({ database, cookie })
}

const rows = (): unknown =>
  database.prepare('SELECT count(*) AS count FROM sessions').get()?.['count']

/** A storage that takes until `finish` is called. */
function slowStorage() {
  let finish: (deleted: number) => void = () => {}
  const deleted = new Promise<number>((resolve) => (finish = resolve))
  return { storage: storageThat(() => deleted), finish }
}

/** A storage that only counts, or fails. */
const storageThat = (
  purgeExpired: PurgeableStorage['purgeExpired'],
): PurgeableStorage & { purgeExpired: ReturnType<typeof vi.fn> } => ({
  purgeExpired: vi.fn(purgeExpired),
})

describe('purgeAll', () => {
  it('deletes all that has expired in batches of 1000, and nothing else', async () => {
    const storage = await expired(2500, 3)
    const limits: (number | undefined)[] = []
    const purging = purgeAll({
      purgeExpired: (options) => {
        limits.push(options.limit)
        return storage.purgeExpired(options)
      },
    })
    await vi.runAllTimersAsync()
    expect(await purging).toBe(2500)
    expect([limits, rows()]).toEqual([[1000, 1000, 1000], 3])
    expect(await purgeAll(storage)).toBe(0)
  })

  it('gives requests their turn between two batches', async () => {
    const storage = await expired(1500)
    vi.useRealTimers()
    const turns: string[] = []
    const deleted = await purgeAll({
      purgeExpired(options) {
        turns.push('batch')
        setTimeout(() => turns.push('request'), 0)
        return storage.purgeExpired(options)
      },
    })
    expect(deleted).toBe(1500)
    expect(turns).toEqual(['batch', 'request', 'batch'])
  })

  it.each([
    [
      'a storage that expires by itself',
      createMemorySessionStorage({ cookie }),
      /an object without `purgeExpired\(\)`/,
    ],
    ['nothing', undefined, /`storage` is undefined/],
    ['a promise', Promise.resolve(), /`storage` is a promise. Await it first/],
  ])('refuses %s', async (_, storage, message) => {
    const error = expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(message),
    })
    await expect(purgeAll(storage as never)).rejects.toEqual(error)
    expect(() => startPurging(storage as never)).toThrow(error)
  })
})

describe('startPurging', () => {
  it('purges after a random part of an hour, and every hour from then on', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.25)
    const storage = await expired(1)
    const stop = startPurging(storage)
    await vi.advanceTimersByTimeAsync(HOUR / 4 - 1)
    expect(rows()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(rows()).toBe(0)
    await expired(2)
    await vi.advanceTimersByTimeAsync(HOUR - 1)
    expect(rows()).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(rows()).toBe(0)
    stop()
  })

  it('spreads ten processes that start together', () => {
    const delays = vi.spyOn(globalThis, 'setTimeout')
    const storage = storageThat(async () => 0)
    const stops = Array.from({ length: 10 }, () => startPurging(storage, { every: 10_000 }))
    const seconds = delays.mock.calls.map(([, delay = NaN]) => delay / 1000)
    expect(new Set(seconds.map(Math.floor)).size).toBeGreaterThan(1)
    for (const delay of seconds) expect(delay >= 0 && delay < 10_000).toBe(true)
    for (const stop of stops) stop()
  })

  it('passes an error on and tries again, also where the table is made later', async () => {
    database.exec('DROP TABLE sessions')
    const { maintenance } = createSQLiteStore({ database })
    const onError = vi.fn()
    const stop = startPurging(maintenance, { every: 60, onError })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })]])
    await maintenance.setup()
    await expired(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([onError.mock.calls.length, rows()]).toEqual([1, 0])
    stop()
  })

  it('prints an error where nobody asks for it', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const cause = new Error('gone')
    const stop = startPurging(
      storageThat(() => Promise.reject(cause)),
      { every: 60 },
    )
    await vi.advanceTimersByTimeAsync(60_000)
    expect(printed.mock.calls).toEqual([[cause]])
    stop()
  })

  it('never runs twice at once', async () => {
    const { storage, finish } = slowStorage()
    const stop = startPurging(storage, { every: 60 })
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    expect(storage.purgeExpired).toHaveBeenCalledTimes(1)
    finish(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(storage.purgeExpired).toHaveBeenCalledTimes(2)
    stop()
  })

  it('stops, before a run and between two batches', async () => {
    const storage = await expired(1)
    startPurging(storage)()
    await vi.advanceTimersByTimeAsync(5 * HOUR)
    expect(rows()).toBe(1)

    const { storage: slow, finish } = slowStorage()
    const stop = startPurging(slow, { every: 60 })
    await vi.advanceTimersByTimeAsync(60_000)
    stop()
    finish(1000)
    await vi.advanceTimersByTimeAsync(5 * HOUR)
    expect(slow.purgeExpired).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([0, -1, NaN, Infinity, 2 ** 31 / 1000])('refuses %s seconds', (every) => {
    expect(() =>
      startPurging(
        storageThat(async () => 0),
        { every },
      ),
    ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('lets the process end', () => {
    const code = `
      import { startPurging } from './src/storage/purge.ts'
      startPurging({ purgeExpired: async () => 0 })`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect([status, stderr]).toEqual([0, ''])
  })
})
