import { storeConformance } from 'fetch-sessions/testing'
import type { SessionStore } from 'fetch-sessions'
import { brokenIndexes } from '../support/broken-indexes.ts'
import { brokenStores, goodStore, postponingStore } from '../support/broken-stores.ts'
import { coreMutants } from '../support/core-mutants.ts'
import { indexedStoreWith } from '../support/indexed-store.ts'
import { collectTests } from '../support/collect-tests.ts'
import { describe, expect, it } from 'vitest'

/** Runs tests of the suite without a runner, and gives the names of those that fail. */
async function failuresOf(
  create: () => SessionStore,
  names?: readonly string[],
  indexed = false,
): Promise<string[]> {
  const tests = collectTests((runner) => storeConformance(create, { ...runner, indexed }))
  const failures: string[] = []
  for (const { name, body } of tests) {
    if (names?.includes(name) ?? true) await body().catch(() => failures.push(name))
  }
  return failures
}

const namesOf = (options: { compares?: boolean; indexed?: boolean } = {}): string[] =>
  collectTests((runner) => storeConformance(goodStore, { ...runner, ...options })).map(
    ({ name }) => name,
  )

describe('storeConformance', () => {
  it('passes a store that keeps every promise', async () => {
    expect(await failuresOf(goodStore)).toEqual([])
  })

  it('passes a store that postpones every change of the expiry alone', async () => {
    expect(await failuresOf(postponingStore)).toEqual([])
  })

  it.each(Object.entries(brokenStores))('finds a store that %s', async (_, { create, fails }) => {
    expect((await failuresOf(create, fails)).toSorted()).toEqual(fails.toSorted())
  })

  it('passes an index that keeps every promise', async () => {
    expect(await failuresOf(() => indexedStoreWith(), undefined, true)).toEqual([])
  })

  it.each(Object.entries(brokenIndexes))(
    'finds an index that %s',
    async (_, { create, indexed = true, fails }) => {
      expect((await failuresOf(create, fails, indexed)).toSorted()).toEqual(fails.toSorted())
    },
  )

  it.each(Object.entries(coreMutants))('finds a core %s', async (_, { create, fails }) => {
    expect((await failuresOf(create, fails, true)).toSorted()).toEqual(fails.toSorted())
  })

  it.each([false, true])(
    'has no two tests of one name, and none that all of these stores pass: indexed %s',
    (indexed) => {
      const stores = [brokenStores, brokenIndexes, coreMutants].flatMap((all) => Object.values(all))
      const failing = new Set(stores.flatMap(({ fails }) => fails))
      const names = namesOf({ indexed })
      expect(names.filter((name) => !failing.has(name))).toEqual([])
      expect(new Set(names).size).toBe(names.length)
    },
  )

  it('asks less of an engine that cannot compare in one step', async () => {
    const names = namesOf({ compares: false })
    expect(names).toContain('updates only the version that was read')
    expect(names.filter((name) => /at once/.test(name))).toEqual([])
  })
})
