import assert from 'node:assert/strict'

import type { Postponed, RecordChange, SessionStore, StoredSession } from '../engine/store.ts'
import type { StoreSuite } from './store-suite.ts'

const KEY = 'k'.repeat(43)
const HOUR = 60 * 60 * 1000
/** More than the connections that a pool of a database has, so that some wait for others. */
const AT_ONCE = 20

const fromNow = (milliseconds: number): Date => new Date(Date.now() + milliseconds)

/** What a store does alone, as its interface says. */
export function storeContract({ create, describe, it, compares }: StoreSuite): void {
  describe('a store', () => {
    it('creates a record where nothing is stored, and only there', async () => {
      const store = await create()
      assert.equal(await store.read(KEY), null)
      const expires = fromNow(HOUR)
      const version = await createRecord(store, { data: 'one', expires })
      assert.deepEqual(await read(store), { data: 'one', version, expires })
      assert.equal(await store.create(KEY, { data: 'two', expires: fromNow(2 * HOUR) }), null)
      assert.deepEqual(await read(store), { data: 'one', version, expires })
    })

    it('updates only the version that was read', async () => {
      const store = await create()
      const first = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      const expires = fromNow(2 * HOUR)
      const second = await updateData(store, first, { data: 'two', expires })
      assert.notEqual(second, first)
      for (const change of changes()) assert.equal(await store.update(KEY, first, change), null)
      assert.deepEqual(await read(store), { data: 'two', version: second, expires })
    })

    it('updates nothing where nothing is stored', async () => {
      const store = await create()
      for (const change of changes()) assert.equal(await store.update(KEY, 'any', change), null)
      assert.equal(await store.read(KEY), null)
    })

    it('gives no version again to a record that is created anew', async () => {
      const store = await create()
      const first = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      await store.delete(KEY)
      const second = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      assert.notEqual(second, first)
      assert.equal(await store.update(KEY, first, { data: 'two' }), null)
    })

    it('leaves a deleted record deleted, and deletes a missing one', async () => {
      const store = await create()
      const version = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      await store.delete(KEY)
      await store.delete(KEY)
      assert.equal(await store.read(KEY), null)
      for (const change of changes()) assert.equal(await store.update(KEY, version, change), null)
      assert.equal(await store.read(KEY), null)
    })

    it('has nothing to read or to update once a record has expired', async () => {
      const store = await create()
      const first = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      const change = { data: 'two', expires: fromNow(-HOUR) }
      const ended = await updateData(store, first, change)
      assert.equal(await store.read(KEY), null)
      for (const version of [first, ended]) {
        for (const late of changes()) assert.equal(await store.update(KEY, version, late), null)
      }
      const expires = fromNow(HOUR)
      const anew = await createRecord(store, { data: 'two', expires })
      assert.deepEqual(await read(store), { data: 'two', version: anew, expires })
    })

    it('updates no expired record, even if nobody has read it since', async () => {
      for (const late of changes()) {
        const store = await create()
        const first = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
        const change = { data: 'two', expires: fromNow(-HOUR) }
        const ended = await updateData(store, first, change)
        assert.equal(await store.update(KEY, ended, late), null)
        assert.equal(await store.read(KEY), null)
        await store.delete(KEY)
      }
    })

    it('creates a record that has expired already, and then has nothing', async () => {
      const store = await create()
      await store.create(KEY, { data: 'one', expires: fromNow(-HOUR) })
      assert.equal(await store.read(KEY), null)
      await createRecord(store, { data: 'two', expires: fromNow(HOUR) })
      assert.equal((await read(store))?.data, 'two')
    })

    it('moves the expiry alone and returns the version from then on, or postpones it and changes nothing', async () => {
      const store = await create()
      const before = fromNow(HOUR)
      const first = await createRecord(store, { data: 'one', expires: before })
      const expires = fromNow(2 * HOUR)
      const answer = await store.update(KEY, first, { expires })
      const stored = isPostponed(answer)
        ? { version: first, expires: before }
        : { version: asVersion(answer), expires }
      assert.deepEqual(await read(store), { data: 'one', ...stored })
      const late = { expires: fromNow(3 * HOUR) }
      assert.equal(await store.update(KEY, 'another version', late), null)
      assert.deepEqual(await read(store), { data: 'one', ...stored })
      await updateData(store, stored.version, { data: 'two', expires })
    })

    it('changes the data alone, and keeps the expiry to the millisecond', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const first = await createRecord(store, { data: 'one', expires })
      const second = await updateData(store, first, { data: 'two' })
      assert.deepEqual(await read(store), { data: 'two', version: second, expires })
    })

    it('changes the data and the expiry together, and postpones neither', async () => {
      const store = await create()
      const first = await createRecord(store, { data: 'one', expires: fromNow(2 * HOUR) })
      const expires = fromNow(HOUR)
      const second = await updateData(store, first, { data: 'two', expires })
      assert.deepEqual(await read(store), { data: 'two', version: second, expires })
    })

    it('keeps text of any kind', async () => {
      const store = await create()
      const data = JSON.stringify({ text: 'ü 🎉 \'"\\ \u0000 \u2028', long: 'x'.repeat(100_000) })
      const first = await createRecord(store, { data, expires: fromNow(HOUR) })
      assert.equal((await read(store))?.data, data)
      await updateData(store, first, { data: `${data}, changed` })
      assert.equal((await read(store))?.data, `${data}, changed`)
    })

    it('keeps keys apart that differ only in the case of a letter', async () => {
      const store = await create()
      await createRecord(store, { data: 'small', expires: fromNow(HOUR) })
      const other = KEY.toUpperCase()
      assert.equal(await store.read(other), null)
      assert.notEqual(await store.create(other, { data: 'large', expires: fromNow(HOUR) }), null)
      await store.delete(other)
      assert.equal((await read(store))?.data, 'small')
    })

    if (!compares) return

    it('lets one of many win that create a record at once', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const versions = await atOnce((i) => store.create(KEY, { data: `data ${i}`, expires }))
      assert.deepEqual(await read(store), { ...onlyWinner(versions), expires })
    })

    it('lets one of many win that update a version at once', async () => {
      const store = await create()
      const expires = fromNow(HOUR)
      const first = await createRecord(store, { data: 'one', expires })
      const versions = await atOnce((i) => store.update(KEY, first, { data: `data ${i}` }))
      assert.deepEqual(await read(store), { ...onlyWinner(versions), expires })
    })

    it('leaves a record deleted that is deleted and updated at once', async () => {
      const store = await create()
      const version = await createRecord(store, { data: 'one', expires: fromNow(HOUR) })
      const change = { data: 'two', expires: fromNow(HOUR) }
      await atOnce<unknown>((i) =>
        i === AT_ONCE / 2 ? store.delete(KEY) : store.update(KEY, version, change),
      )
      assert.equal(await store.read(KEY), null)
    })
  })
}

/** One change of each form. */
function changes(): RecordChange[] {
  const [data, expires] = ['changed', fromNow(HOUR)]
  return [{ data, expires }, { data }, { expires }]
}

/** Creates a record where nothing is stored, and holds the store to the form of its answer. */
async function createRecord(
  store: SessionStore,
  record: Parameters<SessionStore['create']>[1],
): Promise<string> {
  return asVersion(await store.create(KEY, record))
}

/** Changes the data of the stored version, which no store may postpone. */
async function updateData(
  store: SessionStore,
  version: string,
  change: RecordChange & { readonly data: string },
): Promise<string> {
  const answer = await store.update(KEY, version, change)
  assert.ok(!isPostponed(answer), 'only a change of the expiry alone may be postponed')
  return asVersion(answer)
}

function isPostponed(answer: string | Postponed | null): answer is Postponed {
  return typeof answer === 'object' && answer?.postponed === true
}

function asVersion(answer: string | Postponed | null): string {
  const isVersion = typeof answer === 'string' && answer !== ''
  assert.ok(isVersion, `a write must return the new version, a text that is not empty: ${answer}`)
  return answer
}

/** The members of a record that the interface names; a store may keep more. */
async function read(store: SessionStore): Promise<StoredSession | null> {
  const record = await store.read(KEY)
  return record && { data: record.data, version: record.version, expires: record.expires }
}

function onlyWinner(answers: readonly (string | Postponed | null)[]): {
  data: string
  version: string
} {
  const winners = answers.flatMap((answer, i) =>
    answer === null ? [] : [{ data: `data ${i}`, version: asVersion(answer) }],
  )
  assert.equal(winners.length, 1, `${winners.length} of ${answers.length} writes at once have won`)
  return winners[0] as { data: string; version: string }
}

function atOnce<T>(operation: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, (_, i) => operation(i)))
}
