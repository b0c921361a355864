import { storeConformance } from 'fetch-sessions/testing'
import type { SessionStore } from 'fetch-sessions'
import { brokenStores, goodStore, postponingStore } from '../support/broken-stores.ts'
import { collectTests } from '../support/collect-tests.ts'
import { describe, expect, it } from 'vitest'

/** Runs the suite without a runner, and gives the names of the tests that fail. */
async function failuresOf(create: () => SessionStore): Promise<string[]> {
  const tests = collectTests((runner) => storeConformance(create, runner))
  const failures: string[] = []
  for (const { name, body } of tests) await body().catch(() => failures.push(name))
  return failures
}

const namesOf = (options: { compares?: boolean } = {}): string[] =>
  collectTests((runner) => storeConformance(goodStore, { ...runner, ...options })).map(
    ({ name }) => name,
  )

describe('storeConformance', () => {
  const failures = new Map<string, Promise<string[]>>()
  const failuresWith = (name: string): Promise<string[]> => {
    const { create = goodStore } = brokenStores[name] ?? {}
    if (!failures.has(name)) failures.set(name, failuresOf(create))
    return failures.get(name) ?? Promise.reject(new Error(name))
  }

  it('passes a store that keeps every promise', async () => {
    expect(await failuresOf(goodStore)).toEqual([])
  })

  it('passes a store that postpones every change of the expiry alone', async () => {
    expect(await failuresOf(postponingStore)).toEqual([])
  })

  it.each(Object.entries(brokenStores))('finds a store that %s', async (name, { fails }) => {
    expect(await failuresWith(name)).toEqual(expect.arrayContaining(fails))
  })

  it('has no test that all of these stores pass', async () => {
    const found = await Promise.all(Object.keys(brokenStores).map(failuresWith))
    const names = new Set(namesOf())
    for (const name of found.flat()) names.delete(name)
    expect([...names]).toEqual([])
  })

  it('asks less of an engine that cannot compare in one step', async () => {
    const names = namesOf({ compares: false })
    expect(names).toContain('updates only the version that was read')
    expect(names.filter((name) => /at once/.test(name))).toEqual([])
  })
})
