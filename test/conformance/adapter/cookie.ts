import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import { COOKIE, countVisits } from './helpers.ts'
import type { Setup } from './helpers.ts'

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
