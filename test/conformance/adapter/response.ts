import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { Setup } from './helpers.ts'

/** What the response carries beside the cookie. */
export function describeResponse({ visit }: Setup): void {
  describe('the response', () => {
    it("keeps the handler's own cookies, and ends with the session's", async () => {
      const app = visit(({ session }) => {
        session().set('n', 1)
        const headers = new Headers({ 'content-type': 'text/plain' })
        headers.append('set-cookie', 'a=1; Path=/')
        headers.append('set-cookie', 'b=2; Path=/')
        return new Response('ok', { status: 201, statusText: 'Made', headers })
      })
      const response = await app.get('/')
      expect(response.headers.getSetCookie()).toEqual([
        'a=1; Path=/',
        'b=2; Path=/',
        expect.stringContaining('__session='),
      ])
      expect([response.status, await response.text()]).toEqual([201, 'ok'])
    })

    it('is copied where its headers are immutable', async () => {
      const immutable: Record<string, () => Promise<Response>> = {
        '/fetched': () => fetch('data:image/png,fetched'),
        '/redirect': async () => Response.redirect('https://app.example/next', 303),
      }
      const app = visit(async ({ path, session }) => {
        session().set('n', path)
        return immutable[path]?.() ?? new Response('?')
      })
      const fetched = await app.get('/fetched')
      expect(await fetched.text()).toBe('fetched')
      expect(fetched.headers.get('content-type')).toBe('image/png')
      expect(fetched.headers.getSetCookie()).toHaveLength(1)
      const redirect = await createClient(app.fetch).get('/redirect')
      expect([redirect.status, redirect.headers.get('location')]).toEqual([
        303,
        'https://app.example/next',
      ])
      expect(redirect.headers.getSetCookie()).toHaveLength(1)
    })
  })
}
