import { describe, expect, it } from 'vitest'

import { bodies } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** Messages for the next request. */
export function describeFlash({ visit }: Setup): void {
  describe('flash', () => {
    it('is there after the redirect, and gone on reload', async () => {
      const app = visit(({ path, session }) => {
        if (path !== '/save') return new Response(String(session().get('notice')))
        session().flash('notice', 'Saved')
        return new Response(null, { status: 303, headers: { location: '/' } })
      })
      expect((await app.get('/save')).status).toBe(303)
      expect(await bodies(app, '/', '/')).toEqual(['Saved', 'undefined'])
    })

    it('is left alone by a prefetch', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/save') session().flash('notice', 'Saved')
        return new Response(path === '/save' ? '' : String(session().get('notice')))
      })
      await app.get('/save')
      const prefetch = await app.get('/', { 'sec-purpose': 'prefetch;prerender' })
      expect(await prefetch.text()).toBe('Saved')
      expect(prefetch.headers.getSetCookie()).toEqual([])
      expect(await bodies(app, '/', '/')).toEqual(['Saved', 'undefined'])
    })
  })
}
