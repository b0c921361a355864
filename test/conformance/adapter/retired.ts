import { createMemorySessionStorage } from 'fetch-sessions'
import { beforeEach, describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { Client } from '../../support/client.ts'
import type { CreateApp } from './app.ts'
import { at, COOKIE, cookieOf, gate, requestWith } from './helpers.ts'

/** Requests that arrive with an id from before a login or a logout, or are still under way then. */
export function describeRetired(name: string, createApp: CreateApp): void {
  describe(`${name}, an id that a login or a logout has retired`, () => {
    let client: Client
    /** What the browser sent before. */
    let before: string
    let loaded: ReturnType<typeof gate>
    let go: ReturnType<typeof gate>
    let fetch: (request: Request) => Promise<Response>

    beforeEach(async () => {
      loaded = gate()
      go = gate()
      const storage = createMemorySessionStorage({ cookie: COOKIE })
      ;({ fetch } = createApp([{ storage }], async ({ path, request, session }) => {
        const current = session()
        if (new URL(request.url).searchParams.has('slow')) {
          loaded.open()
          await go.passed
        }
        if (path === '/login') {
          current.regenerate()
          current.set('user', 'ada')
        }
        if (path === '/write') current.set('written', true)
        if (path === '/logout') current.destroy()
        if (path === '/logout') return new Response('bye')
        return Response.json([current.origin, current.get('user') ?? null])
      }))
      client = createClient(fetch)
      await client.get('/write')
      before = cookieOf(client)
    })

    const ask = async (cookie: string, path = '/'): Promise<unknown> =>
      (await fetch(requestWith(cookie, path))).json()

    /** Another tab asks, with the cookie from before, while the first one does something else. */
    async function overlap(path: string, meanwhile: () => Promise<unknown>): Promise<Response> {
      const late = fetch(requestWith(before, `${path}?slow`))
      await loaded.passed
      await meanwhile()
      go.open()
      return late
    }

    describe('by a login', () => {
      it('is unknown, and no cookie is sent over that of the login, not even by a write', async () => {
        await client.get('/login')
        for (const path of ['/', '/write']) {
          const response = await fetch(requestWith(before, path))
          expect(await response.json()).toEqual(['unknown', null])
          expect(response.headers.getSetCookie()).toEqual([])
        }
        expect(await ask(cookieOf(client))).toEqual(['resumed', 'ada'])
      })

      it('is left alone by a write that was under way', async () => {
        const response = await overlap('/write', () => client.get('/login'))
        expect(response.headers.getSetCookie()).toEqual([])
        expect(await ask(cookieOf(client))).toEqual(['resumed', 'ada'])
        expect(await ask(before)).toEqual(['unknown', null])
      })

      it('logs in again: the first answer may have been lost', async () => {
        await fetch(requestWith(before, '/login'))
        await client.get('/login')
        expect(client.cookies.get('__session')).not.toBe(before)
        expect(await ask(cookieOf(client))).toEqual(['resumed', 'ada'])
      })

      it('gives both of two logins at once a session', async () => {
        const slow = await overlap('/login', () => client.get('/login'))
        const [cookie = ''] = slow.headers.getSetCookie()[0]?.split(';') ?? []
        expect(cookie).not.toBe('')
        for (const each of [cookie, cookieOf(client)]) {
          expect(await ask(each)).toEqual(['resumed', 'ada'])
        }
      })

      it('logs out the session of the login, wherever the logout was then', async () => {
        await overlap('/logout', () => client.get('/login'))
        expect(await ask(cookieOf(client))).toEqual(['unknown', null])
      })

      it('logs out every session that began under it', async () => {
        const logins = [await client.get('/login'), await fetch(requestWith(before, '/login'))]
        await fetch(requestWith(before, '/logout'))
        for (const login of logins) {
          const [cookie = ''] = login.headers.getSetCookie()[0]?.split(';') ?? []
          expect(await ask(cookie)).toEqual(['unknown', null])
        }
      })

      it('is forgotten after 15 seconds', async () => {
        await client.get('/login')
        at(16)
        const response = await fetch(requestWith(before, '/write'))
        expect(response.headers.getSetCookie()).toHaveLength(1)
        await fetch(requestWith(before, '/logout'))
        expect(await ask(cookieOf(client))).toEqual(['resumed', 'ada'])
      })
    })

    describe('by a logout', () => {
      it.each(['/write', '/login'])('drops what was under way: %s', async (path) => {
        const response = await overlap(path, () => client.get('/logout'))
        expect(response.headers.getSetCookie()).toEqual([])
        expect(await ask(before)).toEqual(['unknown', null])
      })

      it('logs in: that comes later', async () => {
        await fetch(requestWith(before, '/logout'))
        await client.get('/login')
        expect(await ask(cookieOf(client))).toEqual(['resumed', 'ada'])
      })
    })
  })
}
