import type { Miniflare } from 'miniflare'
import { createDurableObjectStore } from '../../src/storage/durable-object.ts'
import type { DurableObjectNamespaceLike } from '../../src/storage/durable-object.ts'
import { clientConformance } from '../conformance/client.ts'
import { storeConformance } from '../conformance/store.ts'
import { startWorkerd } from '../support/workerd.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let workerd: Miniflare
let namespace: DurableObjectNamespaceLike

beforeAll(async () => {
  workerd = await startWorkerd()
  namespace = (await workerd.getDurableObjectNamespace(
    'SESSIONS',
  )) as unknown as DurableObjectNamespaceLike
})
afterAll(() => workerd?.dispose())

let stores = 0
storeConformance(
  'Durable Objects',
  () => {
    const name = `${++stores}:`
    return createDurableObjectStore({
      idFromName: (key) => namespace.idFromName(name + key),
      get: (id) => namespace.get(id),
    })
  },
  // test/runtimes/bindings/ has the races: inside workerd an operation takes a tenth of the time.
  { indexed: true, races: false },
)

describe('SessionObject', () => {
  it('is emptied by its alarm when the session ends', async () => {
    const store = createDurableObjectStore(namespace)
    await store.create('short', { data: 'data', expires: new Date(Date.now() + 50) })
    const object = namespace.get(namespace.idFromName('short'))
    // For a reader with this clock nothing has expired yet, so only the alarm can have removed the record.
    const body = JSON.stringify({ name: 'read', now: 0 })
    const read = async (): Promise<unknown> =>
      (await object.fetch('https://session.invalid/', { method: 'POST', body })).json()
    await expect.poll(read, { timeout: 20_000 }).toBeNull()
  })
})

clientConformance(
  'createDurableObjectStore',
  'namespace',
  createDurableObjectStore,
  'durable_objects.bindings',
)
