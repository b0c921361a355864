import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStore } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { createClient } from '../../support/client.ts'
import type { Client } from '../../support/client.ts'
import type { App, CreateApp, Mount } from './app.ts'
import { at, COOKIE, cookieOf, requestWith, START } from './helpers.ts'

/** What a store is asked. */
export function describeStore(name: string, createApp: CreateApp): void {
  describe(`${name}, a store`, () => {
    const storeApp = (mount: Mount = {}): Client & App & { store: SessionStore } => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const app = createApp([{ storage, ...mount }], async ({ path, session }) => {
        if (path === '/set') session().set('n', Date.now())
        return new Response('', { status: path === '/500' ? 500 : 200 })
      })
      return { store, ...app, ...createClient(app.fetch) }
    }

    it('is asked nothing where no cookie came', async () => {
      const { store, get } = storeApp()
      const read = vi.spyOn(store, 'read')
      await get('/')
      expect(read).not.toHaveBeenCalled()
    })

    it('is not asked to renew what will not be renewed', async () => {
      const { store, get, fetch, ...client } = storeApp()
      await get('/set')
      at(900)
      const update = vi.spyOn(store, 'update')
      await get('/500')
      await get('/', { 'sec-purpose': 'prefetch' })
      await fetch(requestWith(cookieOf({ get, ...client }), '/', { method: 'HEAD' }))
      expect(update).not.toHaveBeenCalled()
      await get('/')
      expect(update).toHaveBeenCalledTimes(1)
    })

    it('keeps a record as long as the cookie that is out, and not longer', async () => {
      const { store, get } = storeApp()
      await get('/set')
      at(300)
      const update = vi.spyOn(store, 'update')
      expect((await get('/set')).headers.getSetCookie()).toEqual([])
      const [key = '', , change] = update.mock.calls[0] ?? []
      expect(change?.expires).toBeUndefined()
      expect((await store.read(key))?.expires).toEqual(new Date(START + 1000_000))
    })
  })
}
