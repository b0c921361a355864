import {
  createMemorySessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { createClient } from '../../support/client.ts'
import type { CreateApp, Visit } from './app.ts'
import { at, COOKIE, countVisits } from './helpers.ts'

function countOrRead(visit: Visit): Response {
  return visit.path === '/read'
    ? new Response(String(visit.session().get('visits')))
    : countVisits(visit)
}

/** A storage that cannot answer, or whose record is gone. */
export function describeStorageFailure(name: string, createApp: CreateApp): void {
  describe(`${name}, a storage that fails`, () => {
    const cause = new Error('connection lost')

    it.each([
      ['read', '/'],
      ['update', '/'],
      ['update', '/logout'],
      ['create', '/login'],
    ] as const)('at %s fails the request, with its cause: %s', async (broken, path) => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const app = createApp([{ storage }], (visit) => {
        if (visit.path === '/logout') visit.session().destroy()
        if (visit.path === '/login') visit.session().regenerate()
        return visit.path === '/logout' ? new Response('bye') : countVisits(visit)
      })
      const client = createClient(app.fetch)
      await client.get('/')
      vi.spyOn(store, broken).mockRejectedValue(cause)
      const response = await client.get(path)
      expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORAGE', cause })])
    })

    it('at a logout leaves the error of a handler that threw what it is, and is reported', async () => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const broken = new Error('broken')
      const app = createApp([{ storage }], (visit) => {
        if (visit.path === '/') return countVisits(visit)
        visit.session().destroy()
        throw broken
      })
      const client = createClient(app.fetch)
      await client.get('/')
      const log = vi.spyOn(console, 'error').mockImplementation(() => {})
      vi.spyOn(store, 'update').mockRejectedValue(cause)
      expect((await client.get('/logout')).status).toBe(500)
      // Routers that have made a page of the first error by then hand on the second.
      const errors = [...app.errors, ...log.mock.calls.flat()]
      expect(errors).toContain(broken)
      expect(errors).toContainEqual(expect.objectContaining({ code: 'ERR_SESSION_STORAGE', cause }))
    })

    it.each(['throws', 'postpones'])(
      'at a renewal answers the request, and renews at the next: it %s',
      async (how) => {
        const store = createMemoryStore(10)
        const storage = createStoreSessionStorage(store, { cookie: COOKIE })
        const app = createApp([{ storage }], countOrRead)
        const client = createClient(app.fetch)
        await client.get('/')
        at(600)
        const update = vi.spyOn(store, 'update')
        if (how === 'throws') update.mockRejectedValueOnce(cause)
        else update.mockResolvedValueOnce({ postponed: true })
        for (const renewals of [0, 1]) {
          const response = await client.get('/read')
          expect([response.status, await response.text()]).toEqual([200, '1'])
          expect(response.headers.getSetCookie()).toHaveLength(renewals)
        }
        expect(app.errors).toEqual([])
      },
    )

    it('refuses a write that comes while it is still writing', async () => {
      const store = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      let late: unknown
      const app = createApp([{ storage }], ({ session }) => {
        const current = session()
        current.set('a', 1)
        const create = store.create.bind(store)
        vi.spyOn(store, 'create').mockImplementationOnce(async (...args) => {
          try {
            current.set('b', 2)
          } catch (error) {
            late = error
          }
          return create(...args)
        })
        return new Response('ok')
      })
      expect((await createClient(app.fetch).get('/')).status).toBe(200)
      expect(late).toMatchObject({ code: 'ERR_SESSION_CLOSED' })
    })

    it('of which the record is deleted under way does not bring it back', async () => {
      const storage = createMemorySessionStorage({ cookie: COOKIE })
      const app = createApp([{ storage }], async ({ path, session }) => {
        if (path === '/slow') await client.get('/logout')
        if (path === '/logout') session().destroy()
        else session().set('n', path)
        return new Response('ok')
      })
      const client = createClient(app.fetch)
      await client.get('/start')
      const token = client.cookies.get('__session') ?? ''
      const slow = await client.get('/slow')
      // The browser may hold the cookie of another login by now, so this response leaves it alone.
      expect([slow.status, slow.headers.getSetCookie()]).toEqual([200, []])
      const { origin } = await storage.getSession(`__session=${token}`)
      expect(origin).toBe('unknown')
    })

    it('answers a strategy that says that its record is gone', async () => {
      const storage = createSessionStorage({
        cookie: COOKIE,
        createData: async () => 'id-1',
        readData: async () => ({ n: 1 }),
        updateData: async () => false,
        deleteData: async () => {},
      })
      const app = createApp([{ storage }], countVisits)
      const client = createClient(app.fetch)
      await client.get('/')
      expect((await client.get('/')).headers.getSetCookie()).toEqual([])
    })
  })
}
