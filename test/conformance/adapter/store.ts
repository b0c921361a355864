import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStore } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { createClient } from '../../support/client.ts'
import type { Client } from '../../support/client.ts'
import type { CreateApp, Mount } from './app.ts'
import { at, COOKIE, START } from './helpers.ts'

/** What a store is asked. */
export function describeStore(name: string, createApp: CreateApp): void {
  describe(`${name}, a store`, () => {
    const storeApp = (mount: Mount = {}): Client & { store: SessionStore } => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const { fetch } = createApp([{ storage, ...mount }], async ({ path, session }) => {
        if (path === '/set') (await session().load()).set('n', Date.now())
        return new Response('', { status: path === '/500' ? 500 : 200 })
      })
      return { store, ...createClient(fetch) }
    }

    it('is asked nothing with `lazy` for a renewal that will not be', async () => {
      const { store, get } = storeApp({ lazy: true })
      await get('/set')
      at(900)
      const read = vi.spyOn(store, 'read')
      await get('/500')
      await get('/', { 'sec-purpose': 'prefetch' })
      expect(read).not.toHaveBeenCalled()
      await get('/')
      expect(read).toHaveBeenCalledTimes(1)
    })

    it('keeps a record as long as the cookie that is out, and not longer', async () => {
      const { store, get } = storeApp()
      await get('/set')
      at(300)
      const write = vi.spyOn(store, 'write')
      expect((await get('/set')).headers.getSetCookie()).toEqual([])
      const [key = '', , expires] = write.mock.calls[0] ?? []
      expect(expires).toBeNull()
      expect((await store.read(key))?.expires).toEqual(new Date(START + 1000_000))
    })
  })
}
