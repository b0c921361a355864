import { describe, expect, it } from 'vitest'

import { bodies, cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** Requests of which nobody sees the answer. */
const PEEKS: readonly RequestInit[] = [
  { method: 'HEAD' },
  { headers: { 'sec-purpose': 'prefetch' } },
  { headers: { 'sec-purpose': 'prefetch;prerender' } },
  { headers: { 'x-sec-purpose': 'prefetch' } },
  { headers: { purpose: 'prefetch' } },
  { headers: { purpose: 'preview' } },
  { headers: { 'x-purpose': 'preview' } },
  { headers: { 'x-moz': 'Prefetch' } },
]

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

    const save = () =>
      visit(({ path, session }) => {
        if (path === '/save') session().flash('notice', 'Saved')
        return new Response(path === '/save' ? '' : String(session().get('notice')))
      })

    it.each(PEEKS)('is left for the visit by %o', async (init) => {
      const app = save()
      await app.get('/save')
      const peek = await app.fetch(requestWith(cookieOf(app), '/', init))
      if (init.method !== 'HEAD') expect(await peek.text()).toBe('Saved')
      expect(peek.headers.getSetCookie()).toEqual([])
      expect(await bodies(app, '/', '/')).toEqual(['Saved', 'undefined'])
    })

    it.each([{ purpose: 'navigation' }, { 'sec-purpose': 'x-prefetch' }])(
      'is given once to a request that is no prefetch, whatever it says: %o',
      async (headers) => {
        const app = save()
        await app.get('/save')
        expect(await (await app.get('/', headers as Record<string, string>)).text()).toBe('Saved')
        expect(await bodies(app, '/')).toEqual(['undefined'])
      },
    )
  })
}
