import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { Setup } from './helpers.ts'

/** A handler that returns the same Response object every time. */
export function describeConstants({ visit }: Setup): void {
  describe('one Response object that answers everybody', () => {
    it('never carries the cookie of one visitor to another', async () => {
      const constant = new Response(null, { status: 303, headers: { location: '/' } })
      const app = visit(({ path, session }) => {
        if (path !== '/untouched') session().set('user', path)
        return constant
      })
      const tokens: string[] = []
      for (const path of ['/ada', '/eve', '/untouched']) {
        const response = await createClient(app.fetch).get(path)
        expect(response.status).toBe(303)
        expect(response.headers.getSetCookie()).toHaveLength(path === '/untouched' ? 0 : 1)
        tokens.push(...response.headers.getSetCookie())
      }
      expect(new Set(tokens).size).toBe(2)
    })

    it('is told from others where it has a type, and where others copy it', async () => {
      const constant = new Response(null, { headers: { 'content-type': 'text/plain' } })
      const app = visit(({ path, session }) => {
        if (path !== '/untouched') session().set('user', path)
        return constant
      })
      await createClient(app.fetch).get('/ada')
      const eve = await createClient(app.fetch).get('/eve')
      const nobody = await createClient(app.fetch).get('/untouched')
      expect(eve.headers.getSetCookie()).toHaveLength(1)
      expect(nobody.headers.getSetCookie()).toEqual([])
      expect(constant.headers.getSetCookie()).toEqual([])
    })
  })
}
