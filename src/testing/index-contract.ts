import assert from 'node:assert/strict'

import { isIndexed } from '../engine/store.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { StoreSuite } from './store-suite.ts'

const [ADA, BOB] = ['a'.repeat(43), 'b'.repeat(43)]
const HOUR = 60 * 60 * 1000
/** More than any page has. */
const MANY = 1200

const fromNow = (milliseconds: number): Date => new Date(Date.now() + milliseconds)
const keyNumber = (n: number): string => String(n).padStart(43, 'k')

/** What a store with `keysOf` does, as its interface says. */
export function indexContract({ create: open, describe, it, indexed }: StoreSuite): void {
  it(`a store has ${indexed ? 'keysOf' : 'no keysOf'}, as the suite was told`, async () => {
    const message = 'give storeConformance() `indexed: true` for a store with keysOf'
    assert.equal(isIndexed(await open()), indexed, message)
  })
  if (!indexed) return
  const create = async (): Promise<IndexedSessionStore> => (await open()) as IndexedSessionStore

  describe('a store that looks up by user', () => {
    it('lists the records that were created for a user, and those alone', async () => {
      const store = await create()
      assert.deepEqual(await keysOf(store, ADA), [])
      const record = { data: 'data', expires: fromNow(HOUR) }
      await store.create(keyNumber(1), { ...record, user: ADA })
      await store.create(keyNumber(2), { ...record, user: BOB })
      await store.create(keyNumber(3), { ...record, user: ADA })
      await store.create(keyNumber(4), record)
      assert.deepEqual(await keysOf(store, ADA), [keyNumber(1), keyNumber(3)])
      assert.deepEqual(await keysOf(store, BOB), [keyNumber(2)])
    })

    it('lists nothing for a create that met another record', async () => {
      const store = await create()
      const record = { data: 'data', expires: fromNow(HOUR) }
      await store.create(keyNumber(1), { ...record, user: BOB })
      assert.equal(await store.create(keyNumber(1), { ...record, user: ADA }), null)
      assert.deepEqual(await keysOf(store, ADA), [])
      assert.deepEqual(await keysOf(store, BOB), [keyNumber(1)])
    })

    it('keeps a record in the list through updates that name its user', async () => {
      const store = await create()
      const key = keyNumber(1)
      let version = await store.create(key, { data: 'one', expires: fromNow(HOUR), user: ADA })
      for (const change of [
        { data: 'two' },
        { expires: fromNow(2 * HOUR) },
        { data: 'three', expires: fromNow(HOUR) },
      ]) {
        const answer = await store.update(key, String(version), { ...change, user: ADA })
        assert.equal(typeof answer, 'string')
        version = answer as string
        assert.deepEqual(await keysOf(store, ADA), [key])
      }
    })

    it('lists a record under the user that an update names, and under nobody without one', async () => {
      const store = await create()
      const key = keyNumber(1)
      const first = await store.create(key, { data: 'one', expires: fromNow(HOUR) })
      const second = await store.update(key, String(first), { data: 'two', user: ADA })
      assert.deepEqual(await keysOf(store, ADA), [key])
      const third = await store.update(key, String(second), { data: 'three', user: BOB })
      assert.deepEqual([await keysOf(store, ADA), await keysOf(store, BOB)], [[], [key]])
      await store.update(key, String(third), { data: 'four', expires: fromNow(HOUR) })
      assert.deepEqual([await keysOf(store, ADA), await keysOf(store, BOB)], [[], []])
      assert.equal((await store.read(key))?.data, 'four')
    })

    it('changes no list for an update that met another version', async () => {
      const store = await create()
      const key = keyNumber(1)
      await store.create(key, { data: 'one', expires: fromNow(HOUR), user: ADA })
      for (const user of [BOB, undefined]) {
        assert.equal(await store.update(key, 'another version', { data: 'two', user }), null)
        assert.deepEqual([await keysOf(store, ADA), await keysOf(store, BOB)], [[key], []])
      }
    })

    it('lists no record that is deleted or has expired', async () => {
      const store = await create()
      for (const n of [1, 2, 3]) {
        const expires = n === 2 ? fromNow(-HOUR) : fromNow(HOUR)
        await store.create(keyNumber(n), { data: 'data', expires, user: ADA })
      }
      await store.delete(keyNumber(3))
      assert.deepEqual(await keysOf(store, ADA), [keyNumber(1)])
    })

    it('lists a record that is created again under the same key', async () => {
      const store = await create()
      const record = { data: 'data', expires: fromNow(HOUR), user: ADA }
      await store.create(keyNumber(1), record)
      await store.delete(keyNumber(1))
      await store.create(keyNumber(1), record)
      assert.deepEqual(await keysOf(store, ADA), [keyNumber(1)])
    })

    it(`lists ${MANY} records in pages, while others come and go`, async () => {
      const store = await create()
      const record = { data: 'data', expires: fromNow(HOUR), user: ADA }
      const stay = Array.from({ length: MANY }, (_, n) => keyNumber(n))
      for (let from = 0; from < MANY; from += 50) {
        await Promise.all(stay.slice(from, from + 50).map((key) => store.create(key, record)))
      }
      const found: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const page = await store.keysOf(ADA, cursor)
        found.push(...page.keys)
        cursor = page.cursor
        await store.create(keyNumber(MANY + ++pages), record)
        await store.delete(keyNumber(MANY + pages - 1))
      } while (cursor !== undefined)
      assert.ok(pages > 1, 'all of them came in one page')
      const missing = stay.filter((key) => !found.includes(key))
      assert.deepEqual(missing, [])
    })
  })
}

async function keysOf(store: IndexedSessionStore, user: string): Promise<string[]> {
  const keys = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await store.keysOf(user, cursor)
    for (const key of page.keys) keys.add(key)
    cursor = page.cursor
  } while (cursor !== undefined)
  return [...keys].toSorted()
}
