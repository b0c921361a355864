import { createStoreSessionStorage } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { createClient } from '../../support/client.ts'
import type { CreateApp, Visit } from './app.ts'
import { at, bodies, COOKIE, gate, requestWith, signedIn } from './helpers.ts'
import type { Setup } from './helpers.ts'

async function count({ path, session }: Visit): Promise<Response> {
  if (path === '/untouched') return new Response('')
  const loaded = await session().load()
  if (path === '/read') return new Response(loaded.origin)
  loaded.set('n', Number(loaded.get('n') ?? 0) + 1)
  return new Response(String(session().get('n')))
}

/** The option `lazy`. */
export function describeLazy({ visit }: Setup): void {
  describe('a session with `lazy`', () => {
    it('is opened on demand', async () => {
      const app = visit(count, { lazy: true })
      expect(await bodies(app, '/', '/untouched', '/')).toEqual(['1', '', '2'])
    })

    it.each([false, true])(
      'is renewed only where it was loaded, with `debug: %s`',
      async (debug) => {
        vi.spyOn(console, 'debug').mockImplementation(() => {})
        const app = visit(count, { lazy: true, debug })
        await app.get('/')
        at(600)
        const { headers } = await app.get('/untouched')
        expect([headers.getSetCookie(), headers.get('vary')]).toEqual([[], null])
        const read = await app.get('/read')
        expect(read.headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=1000;')])
        at(1500)
        expect(await bodies(app, '/read')).toEqual(['resumed'])
      },
    )
  })
}

/** The option `lazy`, over a store. */
export function describeLazyStore(name: string, createApp: CreateApp): void {
  describe(`${name}, a store with \`lazy\``, () => {
    it.each([0, 900])('is asked nothing by a route that loads nothing, after %i s', async (age) => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const { get } = createClient(createApp([{ storage, lazy: true }], count).fetch)
      await get('/')
      at(age)
      const asked = (['read', 'create', 'update', 'delete'] as const).map((method) =>
        vi.spyOn(store, method).mockRejectedValue(new Error('connection lost')),
      )
      const response = await get('/untouched')
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
      for (const method of asked) expect(method).not.toHaveBeenCalled()
      expect((await get('/')).status).toBe(500)
    })

    it('makes a page private that is sent while the session is still being loaded', async () => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const cookie = await signedIn(storage, 'ada')
      const { read } = store
      const go = gate()
      vi.spyOn(store, 'read').mockImplementation(async (key) => (await go.passed, read(key)))
      let user: unknown
      const app = createApp([{ storage, lazy: true }], ({ session }) => {
        user = session()
          .load()
          .then((loaded) => loaded.get('user'))
        return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
      })
      const { headers } = await app.fetch(requestWith(cookie))
      expect([headers.get('vary'), headers.get('cache-control')]).toEqual([
        'Cookie',
        'private, max-age=60',
      ])
      go.open()
      expect(await user).toBe('ada')
    })

    it('fails a request in which a middleware within does not wait', async () => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const mounts = [
        { storage, lazy: true },
        { storage, key: 'inner' },
      ]
      const app = createApp(mounts, ({ session }) => new Response(session('inner').origin))
      const cookie = await signedIn(storage, 'ada')
      expect(await (await app.fetch(requestWith(cookie))).text()).toBe('resumed')
      vi.spyOn(store, 'read').mockRejectedValue(new Error('connection lost'))
      expect((await app.fetch(requestWith(cookie))).status).toBe(500)
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORAGE' })])
    })
  })
}
