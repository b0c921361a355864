import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createDenoKvSessionStorage } from 'fetch-sessions/storage/deno-kv'
import { createDenoKvStore } from '../../src/storage/deno-kv.ts'
import type { DenoKvLike } from '../../src/storage/deno-kv.ts'
import { clientConformance } from '../conformance/client.ts'
import { storeConformance } from '../conformance/store.ts'
import { deno } from '../runtimes/commands.ts'
import { toCookie } from '../support/client.ts'
import { createRecord } from '../support/create-record.ts'
import { skipLoudly } from '../support/engine.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

interface Database extends DenoKvLike {
  delete(key: unknown[]): Promise<void>
  close(): void
}
interface WithDeno {
  Deno?: {
    openKv(path: string): Promise<Database>
    makeTempDir(): Promise<string>
    remove(path: string, options: { recursive: boolean }): Promise<void>
  }
}

const { Deno } = globalThis as WithDeno

/** A database in which something happens after an operation has listed entries, once. */
function interrupted(kv: DenoKvLike, happen: () => Promise<void>): DenoKvLike {
  let isFirst = true
  return {
    atomic: () => kv.atomic(),
    list(selector, options) {
      const entries = kv.list(selector, options)
      async function* all() {
        yield* entries
        if (!isFirst) return
        isFirst = false
        await happen()
      }
      return Object.assign(all(), { cursor: '' })
    },
  }
}

/** The keys of all entries. */
async function entriesOf(kv: DenoKvLike): Promise<unknown[]> {
  const keys: unknown[] = []
  for await (const { key } of kv.list({ prefix: [] }, { limit: 1000 })) keys.push(key)
  return keys
}

if (Deno === undefined) {
  skipLoudly('Deno KV', '`npm run test:runtimes -- deno`')
  testTypes()
} else {
  const open: Database[] = []
  async function openKv(path = ':memory:'): Promise<Database> {
    const kv = await Deno!.openKv(path)
    open.push(kv)
    return kv
  }
  const closeAll = (): void => {
    for (const kv of open.splice(0)) kv.close()
  }
  afterAll(closeAll)

  storeConformance('Deno KV', async () => createDenoKvStore(await openKv()), { indexed: true })

  describe('createDenoKvStore', () => {
    const HOUR = 3600_000
    const inAnHour = (): Date => new Date(Date.now() + HOUR)

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })
    afterEach(() => {
      vi.useRealTimers()
      closeAll()
    })

    it.each([0, 1, 29_999, 30_000, 30_001, 60_000, 390_000])(
      'keeps a record of %d characters of two bytes each, cut within one',
      async (length) => {
        const store = createDenoKvStore(await openKv())
        // A pair of surrogates starts at every odd place.
        const data = `€${'🎉'.repeat(length / 2)}`.slice(0, length)
        const first = await createRecord(store, 'key', data, inAnHour())
        expect(await store.read('key')).toMatchObject({ data, version: first })
        const later = new Date(Date.now() + 2 * HOUR)
        const renewed = (await store.update('key', first, { expires: later })) as string
        expect(await store.read('key')).toEqual({ data, version: renewed, expires: later })
      },
    )

    it('refuses a longer one, says why, and keeps what is there', async () => {
      const store = createDenoKvStore(await openKv())
      const data = 'x'.repeat(390_001)
      const version = await createRecord(store, 'key', 'short', inAnHour())
      for (const write of [
        () => store.create('another key', { data, expires: inAnHour() }),
        () => store.update('key', version, { data }),
      ]) {
        await expect(write()).rejects.toMatchObject({
          code: 'ERR_SESSION_STORAGE',
          message: expect.stringContaining('390001 characters: Deno KV keeps at most 390000'),
        })
      }
      expect(await store.read('key')).toMatchObject({ data: 'short', version })
    })

    it('leaves no entry of a longer record behind a shorter one, and none of a deleted one', async () => {
      const kv = await openKv()
      const store = createDenoKvStore(kv)
      const record = ['fetch-sessions', 'record', 'key']
      const long = 'x'.repeat(100_000)
      const first = await createRecord(store, 'key', long, inAnHour())
      expect(await entriesOf(kv)).toEqual([0, 1, 2, 3].map((n) => [...record, n]))
      const second = (await store.update('key', first, { data: 'x', user: 'ada' })) as string
      const ofAda = ['fetch-sessions', 'user', 'ada', 'key']
      expect(await entriesOf(kv)).toEqual([[...record, 0], ofAda])
      await store.update('key', second, { data: long, user: 'bob' })
      expect(await entriesOf(kv)).toHaveLength(5)
      expect(await entriesOf(kv)).not.toContainEqual(ofAda)
      await store.delete('key')
      expect(await entriesOf(kv)).toEqual([])
    })

    it('replaces all of an expired record that KV has not removed yet, with its place in the list', async () => {
      const kv = await openKv()
      const store = createDenoKvStore(kv)
      const expires = inAnHour()
      await store.create('key', { data: 'x'.repeat(100_000), expires, user: 'ada' })
      vi.setSystemTime(expires)
      expect(await store.keysOf('ada')).toEqual({ keys: [], cursor: undefined })
      await store.create('key', { data: 'new', expires: inAnHour(), user: 'bob' })
      expect(await entriesOf(kv)).toEqual([
        ['fetch-sessions', 'record', 'key', 0],
        ['fetch-sessions', 'user', 'bob', 'key'],
      ])
    })

    it('creates a record though KV removes an expired one under way', async () => {
      const kv = await openKv()
      const expires = inAnHour()
      const keys = [0, 1, 2, 3].map((n) => ['fetch-sessions', 'record', 'key', n])
      await createDenoKvStore(kv).create('key', { data: 'x'.repeat(100_000), expires })
      vi.setSystemTime(expires)
      const store = createDenoKvStore(
        interrupted(kv, async () => {
          for (const key of keys) await kv.delete(key)
        }),
      )
      const version = await createRecord(store, 'key', 'new', inAnHour())
      expect(await store.read('key')).toMatchObject({ data: 'new', version })
      expect(await entriesOf(kv)).toEqual(keys.slice(0, 1))
    })

    it('deletes all of a record that another request changes under way', async () => {
      const kv = await openKv()
      const store = createDenoKvStore(kv)
      const version = await createRecord(store, 'key', 'data', inAnHour())
      const change = { data: 'x'.repeat(100_000), user: 'ada' }
      const update = async (): Promise<void> => void (await store.update('key', version, change))
      await createDenoKvStore(interrupted(kv, update)).delete('key')
      expect(await entriesOf(kv)).toEqual([])
    })

    it('takes no part for its own that was left of an earlier record', async () => {
      const kv = await openKv()
      const store = createDenoKvStore(kv)
      const leave = (n: number) =>
        kv
          .atomic()
          .set(['fetch-sessions', 'record', 'key', n], 'left', { expireIn: HOUR }) as unknown as {
          commit(): Promise<unknown>
        }
      await leave(1).commit()
      expect(await store.read('key')).toBeNull()
      const version = await createRecord(store, 'key', 'new', inAnHour())
      expect(await store.read('key')).toMatchObject({ data: 'new', version })
      const long = 'x'.repeat(40_000)
      await store.update('key', version, { data: long })
      expect((await store.read('key'))?.data).toBe(long)
      // A part that has another versionstamp is of another write.
      await leave(1).commit()
      expect(await store.read('key')).toBeNull()
    })

    it('tells KV when to remove each entry, and again when it is renewed', async () => {
      const folder = await Deno.makeTempDir()
      const kv = await openKv(`${folder}/kv`)
      const store = createDenoKvStore(kv)
      await store.create('long', { data: 'x'.repeat(100_000), expires: inAnHour(), user: 'ada' })
      const version = await createRecord(store, 'renewed', 'data', inAnHour())
      const later = new Date(Date.now() + 2 * HOUR)
      await store.update('renewed', version, { expires: later, user: 'ada' })
      await store.create('expired', { data: 'data', expires: new Date(0), user: 'ada' })
      closeAll()
      // KV shows no expiry, but its file does.
      const { DatabaseSync } = await import('node:sqlite')
      const file = new DatabaseSync(`${folder}/kv`)
      const rows = file.prepare('SELECT k, expiration_ms FROM kv').all()
      file.close()
      const hoursLeft = (name: string): number[] =>
        rows
          .filter(({ k }) => new TextDecoder().decode(k as Uint8Array).includes(name))
          .map((row) => Math.round((Number(row['expiration_ms']) - Date.now()) / HOUR))
      expect(hoursLeft('long')).toEqual([1, 1, 1, 1, 1])
      expect(hoursLeft('renewed')).toEqual([2, 2])
      expect(hoursLeft('expired')).toEqual([0, 0])
      await Deno.remove(folder, { recursive: true })
    })

    it('keeps the sessions of several applications apart, by their prefixes, and in a file', async () => {
      const folder = await Deno.makeTempDir()
      const storageWith = async (prefix: string) =>
        createDenoKvSessionStorage({
          kv: await openKv(`${folder}/kv`),
          prefix,
          cookie: { secrets: [SECRET] },
        })
      const storage = await storageWith('shop:')
      const session = await storage.getSession()
      session.set('n', 1)
      const cookie = toCookie(await storage.commitSession(session))
      closeAll()
      expect((await (await storageWith('shop:')).getSession(cookie)).get('n')).toBe(1)
      expect((await (await storageWith('blog:')).getSession(cookie)).origin).toBe('unknown')
      closeAll()
      await Deno.remove(folder, { recursive: true })
    })
  })
}

/** Node can do this, and has the source beside it. */
function testTypes(): void {
  const program = deno()?.[0]
  if (program === undefined) skipLoudly('the types of Deno KV', 'npm rebuild deno')

  it.skipIf(program === undefined)('takes what Deno.openKv() gives, and no part of it', () => {
    mkdirSync('.vitest', { recursive: true })
    const folder = mkdtempSync('.vitest/deno-kv-')
    const file = join(folder, 'types.ts')
    writeFileSync(
      file,
      `import { createDenoKvSessionStorage, createDenoKvStore } from '../../src/storage/deno-kv.ts'
      const kv: Deno.Kv = await Deno.openKv()
      createDenoKvSessionStorage({ kv })
      createDenoKvStore(kv)
      // @ts-expect-error an operation of it
      createDenoKvStore(kv.atomic())`,
    )
    const args = ['check', '--unstable-kv', '--node-modules-dir=manual', file]
    const { status, stderr } = spawnSync(program ?? '', args, { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(status, stderr).toBe(0)
  })
}

clientConformance('createDenoKvStore', 'kv', (kv) => createDenoKvStore(kv))
