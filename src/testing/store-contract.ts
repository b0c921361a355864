import assert from 'node:assert/strict'

import type { SessionStore, StoredSession } from '../engine/session-store.ts'
import type { StoreSuite } from './store-suite.ts'

const KEY = 'k'.repeat(43)
const HOUR = 60 * 60 * 1000
/** More than the connections that a pool of a database has, so that some wait for others. */
const AT_ONCE = 20

const fromNow = (milliseconds: number): Date => new Date(Date.now() + milliseconds)

/** What a store does alone, as its interface says. */
export function storeContract({ create, describe, it, compares }: StoreSuite): void {
  describe('a store', () => {
    it('writes where nothing is, and only there', async () => {
      const store = await create()
      assert.equal(await store.read(KEY), null)
      const expires = fromNow(HOUR)
      const version = await write(store, 'one', expires, null)
      assert.deepEqual(await read(store), { data: 'one', version, expires })
      assert.equal(await store.write(KEY, 'two', fromNow(HOUR), null), null)
      assert.deepEqual(await read(store), { data: 'one', version, expires })
    })

    it('replaces only the version that was read', async () => {
      const store = await create()
      const first = await write(store, 'one', fromNow(HOUR), null)
      const expires = fromNow(2 * HOUR)
      const second = await write(store, 'two', expires, first)
      assert.notEqual(second, first)
      assert.equal(await store.write(KEY, 'three', fromNow(HOUR), first), null)
      assert.deepEqual(await read(store), { data: 'two', version: second, expires })
    })

    it('gives no version again to a record that was made anew', async () => {
      const store = await create()
      const first = await write(store, 'one', fromNow(HOUR), null)
      await store.delete(KEY)
      const second = await write(store, 'one', fromNow(HOUR), null)
      assert.notEqual(second, first)
      assert.equal(await store.write(KEY, 'two', fromNow(HOUR), first), null)
    })

    it('leaves a deleted record deleted, and deletes what is not there', async () => {
      const store = await create()
      const version = await write(store, 'one', fromNow(HOUR), null)
      await store.delete(KEY)
      await store.delete(KEY)
      assert.equal(await store.read(KEY), null)
      assert.equal(await store.write(KEY, 'two', fromNow(HOUR), version), null)
      assert.equal(await store.write(KEY, null, fromNow(HOUR), version), null)
      assert.equal(await store.read(KEY), null)
    })

    it('has nothing where a record has expired, to read or to replace', async () => {
      const store = await create()
      const version = await write(store, 'one', fromNow(HOUR), null)
      const ended = await store.write(KEY, null, fromNow(-HOUR), version)
      assert.equal(await store.read(KEY), null)
      for (const expected of [version, ended ?? version]) {
        assert.equal(await store.write(KEY, 'two', fromNow(HOUR), expected), null)
        assert.equal(await store.write(KEY, null, fromNow(HOUR), expected), null)
      }
      const expires = fromNow(HOUR)
      const anew = await write(store, 'two', expires, null)
      assert.deepEqual(await read(store), { data: 'two', version: anew, expires })
    })

    it('replaces nothing that has expired, though nobody has read it since', async () => {
      const store = await create()
      const version = await write(store, 'one', fromNow(HOUR), null)
      const ended = await store.write(KEY, null, fromNow(-HOUR), version)
      assert.equal(await store.write(KEY, 'two', fromNow(HOUR), ended ?? version), null)
      assert.equal(await store.read(KEY), null)
    })

    it('takes a record that has expired already, and then has nothing', async () => {
      const store = await create()
      await store.write(KEY, 'one', fromNow(-HOUR), null)
      assert.equal(await store.read(KEY), null)
      await write(store, 'two', fromNow(HOUR), null)
      assert.equal((await read(store))?.data, 'two')
    })

    it('moves the expiry alone, and gives the version that is good from then on', async () => {
      const store = await create()
      const first = await write(store, 'one', fromNow(HOUR), null)
      const expires = fromNow(2 * HOUR)
      const renewed = await write(store, null, expires, first)
      assert.deepEqual(await read(store), { data: 'one', version: renewed, expires })
      assert.equal(await store.write(KEY, null, fromNow(3 * HOUR), 'another version'), null)
      assert.deepEqual(await read(store), { data: 'one', version: renewed, expires })
      await write(store, 'two', fromNow(HOUR), renewed)
    })

    it('changes the data alone, and keeps the expiry to the millisecond', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const first = await write(store, 'one', expires, null)
      const second = await write(store, 'two', null, first)
      assert.deepEqual(await read(store), { data: 'two', version: second, expires })
    })

    it('keeps text of any kind', async () => {
      const store = await create()
      const data = JSON.stringify({ text: 'ü 🎉 \'"\\ \u0000 \u2028', long: 'x'.repeat(100_000) })
      await write(store, data, fromNow(HOUR), null)
      assert.equal((await read(store))?.data, data)
    })

    it('keeps keys apart that differ in the case of a letter only', async () => {
      const store = await create()
      await write(store, 'small', fromNow(HOUR), null)
      const other = KEY.toUpperCase()
      assert.equal(await store.read(other), null)
      assert.notEqual(await store.write(other, 'large', fromNow(HOUR), null), null)
      await store.delete(other)
      assert.equal((await read(store))?.data, 'small')
    })

    if (!compares) return

    it('lets one of many win that make a record at once', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const versions = await atOnce((i) => store.write(KEY, `data ${i}`, expires, null))
      assert.deepEqual(await read(store), { ...onlyWinner(versions), expires })
    })

    it('lets one of many win that replace a version at once', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const first = await write(store, 'one', expires, null)
      const versions = await atOnce((i) => store.write(KEY, `data ${i}`, null, first))
      assert.deepEqual(await read(store), { ...onlyWinner(versions), expires })
    })

    it('leaves a record deleted that was deleted and written at once', async () => {
      const store = await create()
      const version = await write(store, 'one', fromNow(HOUR), null)
      await atOnce<unknown>((i) =>
        i === AT_ONCE / 2
          ? store.delete(KEY)
          : store.write(KEY, `data ${i}`, fromNow(HOUR), version),
      )
      assert.equal(await store.read(KEY), null)
    })
  })
}

/** Writes, and holds the store to the form of its answer. */
async function write(
  store: SessionStore,
  data: string | null,
  expires: Date | null,
  expected: string | null,
): Promise<string> {
  const version = await store.write(KEY, data, expires, expected)
  const isVersion = typeof version === 'string' && version !== ''
  assert.ok(isVersion, `write() must give the new version, a text that is not empty: ${version}`)
  return version
}

/** What the interface names of a record; a store may keep more. */
async function read(store: SessionStore): Promise<StoredSession | null> {
  const record = await store.read(KEY)
  return record && { data: record.data, version: record.version, expires: record.expires }
}

function onlyWinner(versions: readonly (string | null)[]): { data: string; version: string } {
  const winners = versions.flatMap((version, i) =>
    version === null ? [] : [{ data: `data ${i}`, version }],
  )
  assert.equal(winners.length, 1, `${winners.length} of ${versions.length} writes at once have won`)
  return winners[0] as { data: string; version: string }
}

function atOnce<T>(operation: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, (_, i) => operation(i)))
}
