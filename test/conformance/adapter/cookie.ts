import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import { COOKIE, countVisits } from './helpers.ts'
import type { Setup } from './helpers.ts'

let lanCookies = 0

/** When the cookie is Secure. */
export function describeCookie({ storageWith, visit }: Setup): void {
  describe('the cookie', () => {
    it.each([
      ['http://localhost:8787', false],
      ['http://shop.localhost', false],
      ['http://127.0.0.1:3000', false],
      ['http://[::1]:3000', false],
      ['https://localhost', true],
      ['http://app.example', true],
      ['http://localhost.app.example', true],
      ['http://mylocalhost', true],
      ['http://127.0.0.1.example', true],
    ])('from %s is Secure: %s', async (origin, secure) => {
      const app = visit(countVisits)
      const response = await createClient(app.fetch, origin).get('/')
      expect(/; Secure/.test(response.headers.getSetCookie()[0] ?? '')).toBe(secure)
    })

    it('stays Secure behind a proxy that speaks https', async () => {
      const app = visit(countVisits)
      const client = createClient(app.fetch, 'http://localhost')
      const response = await client.get('/', { 'x-forwarded-proto': 'https' })
      expect(response.headers.getSetCookie()[0]).toContain('; Secure')
    })

    it('stays Secure in production, where a loopback host is the last hop of a proxy', async () => {
      vi.stubEnv('NODE_ENV', 'production')
      const app = visit(countVisits)
      const response = await createClient(app.fetch, 'http://localhost').get('/')
      expect(response.headers.getSetCookie()[0]).toContain('; Secure')
    })

    it.each([{ 'x-forwarded-proto': 'HTTPS' }, { forwarded: 'for=192.0.2.1;proto=https' }])(
      'stays Secure behind a proxy that says %o',
      async (headers) => {
        const client = createClient(visit(countVisits).fetch, 'http://localhost')
        const response = await client.get('/', headers as Record<string, string>)
        expect(response.headers.getSetCookie()[0]).toContain('; Secure')
      },
    )

    describe('over plain http from another machine, which browsers refuse', () => {
      const lan = 'http://192.168.0.7:3000'

      it('warns once, and says in every debug line that it is not stored', async () => {
        const name = `lan-${++lanCookies}` // a warning is given once in a process
        const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
        const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
        const storage = storageWith({ cookie: { ...COOKIE, name } })
        const app = visit(countVisits, { storage, debug: true })
        for (let i = 0; i < 2; i++) {
          const { headers } = await createClient(app.fetch, lan).get('/')
          expect(headers.getSetCookie()[0]).toContain('; Secure')
        }
        expect(warn.mock.calls.flat()).toEqual([
          expect.stringContaining('browsers will not store this cookie'),
        ])
        expect(warn.mock.calls.flat().join()).toContain(name)
        expect(debug.mock.calls.flat()).toEqual(
          Array(2).fill(expect.stringContaining('not stored, since this is plain http')),
        )
      })

      it.each([
        ['where no cookie is sent', lan, {}, '/untouched', undefined],
        ['behind a proxy that speaks https', lan, { 'x-forwarded-proto': 'https' }, '/', undefined],
        ['on this machine', 'http://localhost:3000', {}, '/', undefined],
        ['in production, where a proxy is before it', lan, {}, '/', 'production'],
      ])('does not warn %s', async (_, origin, headers, path, mode) => {
        if (mode !== undefined) vi.stubEnv('NODE_ENV', mode)
        const name = `lan-${++lanCookies}`
        const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
        const storage = storageWith({ cookie: { ...COOKIE, name } })
        const app = visit((now) => (now.path === '/' ? countVisits(now) : new Response()), {
          storage,
        })
        await createClient(app.fetch, origin).get(path, headers as Record<string, string>)
        expect(warn.mock.calls.flat().join()).not.toContain(name)
      })
    })

    it('is cleared without Secure where it was set without', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/logout') session().destroy()
        else session().set('n', 1)
        return new Response()
      })
      const client = createClient(app.fetch, 'http://localhost')
      await client.get('/')
      const [cleared] = (await client.get('/logout')).headers.getSetCookie()
      expect(cleared).toContain('__session=; Max-Age=0')
      expect(cleared).not.toContain('Secure')
    })

    it('stays Secure where browsers demand it of the name', async () => {
      const storage = storageWith({ cookie: { ...COOKIE, name: '__Host-session' } })
      const app = visit(countVisits, { storage })
      const response = await createClient(app.fetch, 'http://localhost').get('/')
      expect(response.headers.getSetCookie()[0]).toContain('; Secure')
    })
  })
}
