import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { createMemoryStore } from '../../src/storage/memory.ts'
import { createRecord } from '../support/create-record.ts'
import { describe, expect, it } from 'vitest'

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000)

describe('createMemoryStore, by the heap of V8', () => {
  it('keeps nothing of what it has read or removed', async () => {
    const store = createMemoryStore()
    const keys = Array.from({ length: 100 }, (_, i) => `key${i}`)
    for (const key of keys) await createRecord(store, key, 'data', inSeconds(60))
    const before = liveBytes()
    for (let i = 0; i < 10_000; i++) for (const key of keys) await store.read(key)
    for (let i = 0; i < 100_000; i++) {
      await store.create('new', { data: `data${i}`, expires: inSeconds(60), user: `user${i}` })
      await store.delete('new')
    }
    // An iterator of a Map that waits for the next eviction would keep 50 MB of deleted entries.
    expect(liveBytes() - before).toBeLessThan(10_000_000)
    expect(await store.read('key0')).not.toBeNull() // so the store is still alive
  })
})

function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
