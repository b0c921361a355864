import { everyInterleaving } from '../../src/testing/interleave.ts'
import type { Request } from '../../src/testing/interleave.ts'
import { goodStore } from '../support/broken-stores.ts'
import { describe, expect, it } from 'vitest'

/** A request of that many reads, which notes each. */
const reads =
  (name: string, count: number, notes: string[]): Request =>
  async (store) => {
    for (let i = 0; i < count; i++) {
      await store.read(name)
      notes.push(name)
    }
  }

describe('everyInterleaving', () => {
  it.each([
    [1, 1, 2],
    [2, 2, 6],
    [3, 3, 20],
    [1, 4, 5],
    [0, 2, 1],
  ])('runs %d and %d operations in all %d orders, each once', async (a, b, count) => {
    const seen: string[] = []
    const orders = await everyInterleaving(
      async () => {
        const notes: string[] = []
        const requests = [reads('a', a, notes), reads('b', b, notes)]
        return { base: goodStore(), requests, outcome: async () => notes.join('') }
      },
      (notes) => seen.push(notes),
    )
    expect([orders, new Set(seen).size]).toEqual([count, count])
    expect(seen.every((notes) => notes.length === a + b)).toBe(true)
  })

  it('waits for a request that waits for something else than the store', async () => {
    const slow: Request = async (store) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      await store.read('a')
    }
    const orders = await everyInterleaving(
      async () => ({ base: goodStore(), requests: [slow, slow], outcome: async () => 0 }),
      () => undefined,
    )
    expect(orders).toBe(2)
  })

  it('says in which order the check has failed', async () => {
    const racing = everyInterleaving(
      async () => {
        const notes: string[] = []
        const requests = [reads('a', 1, notes), reads('b', 2, notes)]
        return { base: goodStore(), requests, outcome: async () => notes.join('') }
      },
      (notes) => {
        if (notes === 'bab') throw new Error('not like this')
      },
    )
    await expect(racing).rejects.toThrow('With operations by request 2, 1, 1: not like this')
  })

  it('fails where a request does', async () => {
    const failing: Request = async (store) => {
      await store.read('a')
      throw new Error('the handler failed')
    }
    const racing = everyInterleaving(
      async () => ({
        base: goodStore(),
        requests: [failing, reads('b', 2, [])],
        outcome: async () => 0,
      }),
      () => undefined,
    )
    await expect(racing).rejects.toThrow('the handler failed')
  })
})
