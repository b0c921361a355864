import type { Miniflare } from 'miniflare'
import { createKVSessionStorage } from 'fetch-sessions/storage/kv'
import { createKVStore } from '../../src/storage/kv.ts'
import type { KVNamespaceLike } from '../../src/storage/kv.ts'
import { clientConformance } from '../conformance/client.ts'
import { storeConformance } from '../conformance/store.ts'
import { toCookie } from '../support/client.ts'
import { createRecord } from '../support/create-record.ts'
import { SECRET } from '../support/secrets.ts'
import { startWorkerd } from '../support/workerd.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

interface Namespace extends KVNamespaceLike {
  list(options?: { prefix: string }): Promise<{ keys: { name: string; expiration: number }[] }>
}

let workerd: Miniflare
let kv: Namespace

beforeAll(async () => {
  workerd = await startWorkerd()
  kv = (await workerd.getKVNamespace('KV')) as unknown as Namespace
})
afterAll(() => workerd?.dispose())

async function empty(): Promise<void> {
  const { keys } = await kv.list()
  await Promise.all(keys.map(({ name }) => kv.delete(name)))
}

storeConformance(
  'Workers KV',
  async () => {
    await empty()
    return createKVStore(kv)
  },
  { compares: false },
)

describe('createKVSessionStorage', () => {
  beforeEach(empty)

  it('clamps the expiration to 60 seconds from now, the least that KV takes', async () => {
    const storage = createKVSessionStorage({ kv, cookie: { secrets: [SECRET], maxAge: 5 } })
    await storage.commitSession(await storage.getSession())
    const { keys } = await kv.list({ prefix: 'session:' })
    const left = (keys[0]?.expiration ?? 0) - Date.now() / 1000
    expect(left).toBeGreaterThan(55)
    expect(left).toBeLessThan(62)
  })

  it('says how long KV is to keep a session', async () => {
    const storage = createKVSessionStorage({ kv, cookie: { secrets: [SECRET], maxAge: 3600 } })
    const session = await storage.getSession()
    await storage.commitSession(session)
    const { keys } = await kv.list()
    const expected = (session.expiresAt?.getTime() ?? 0) / 1000
    expect(Math.abs((keys[0]?.expiration ?? 0) - expected)).toBeLessThan(5)
  })

  describe('where KV refuses a second write within a second', () => {
    /** The real namespace, after the answer that it gives in production to writes that come too fast. */
    function busy(refusals: number): KVNamespaceLike {
      let left = refusals
      return {
        getWithMetadata: (key) => kv.getWithMetadata(key),
        delete: (key) =>
          left-- > 0 ? Promise.reject(new Error('KV DELETE failed: 429')) : kv.delete(key),
        put: (key, value, options) =>
          left-- > 0
            ? Promise.reject(new Error('KV PUT failed: 429 Too Many Requests'))
            : kv.put(key, value, options),
      }
    }
    const soon = new Date(Date.now() + 3600_000)

    it('tries a change again, a few times', async () => {
      const store = createKVStore(busy(3), 1)
      const version = await store.create('key', { data: 'data', expires: soon })
      expect(await store.read('key')).toMatchObject({ data: 'data', version })
    })

    it('tries a delete again too, and fails where that does not help', async () => {
      await createKVStore(kv).create('key', { data: 'data', expires: soon })
      await createKVStore(busy(3), 1).delete('key')
      expect(await createKVStore(kv).read('key')).toBeNull()
      await expect(createKVStore(busy(4), 1).delete('key')).rejects.toThrow('one per second')
    })

    it('does not bring back what was deleted while it waited', async () => {
      const version = await createRecord(createKVStore(kv), 'key', 'data', soon)
      const refusing = busy(1)
      const store = createKVStore(
        {
          ...refusing,
          put: (...args) =>
            refusing.put(...args).catch(async (error: unknown) => {
              await kv.delete('key')
              throw error
            }),
        },
        1,
      )
      expect(await store.update('key', version, { data: 'late', expires: soon })).toBeNull()
      expect(await store.read('key')).toBeNull()
    })

    it('fails the request where that does not help', async () => {
      const store = createKVStore(busy(4), 1)
      await expect(store.create('key', { data: 'data', expires: soon })).rejects.toThrow(
        'one per second',
      )
    })

    it('fails at once for any other reason', async () => {
      const store = createKVStore({
        ...busy(0),
        put: () => Promise.reject(new Error('KV PUT failed: 500')),
      })
      await expect(store.create('key', { data: 'data', expires: soon })).rejects.toThrow('500')
    })

    it('puts a renewal off: the session goes on as it is, and the next request tries again', async () => {
      const storage = createKVSessionStorage({ kv, cookie: { secrets: [SECRET] } })
      const cookie = toCookie(await storage.commitSession(await storage.getSession()))
      const [name = ''] = (await kv.list()).keys.map((key) => key.name)
      const { version } = (await kv.getWithMetadata(name)).metadata as { version: string }
      expect(await createKVStore(busy(1), 1).update(name, version, { expires: soon })).toEqual({
        postponed: true,
      })
      expect((await storage.getSession(cookie)).origin).toBe('resumed')
    })
  })
})

clientConformance('createKVStore', 'kv', createKVStore, 'kv_namespaces')
