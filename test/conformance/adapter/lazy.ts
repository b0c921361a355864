import { expect, it } from 'vitest'

import { at, bodies } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** The option `lazy`. */
export function testLazy({ visit }: Setup): void {
  it('opens a session on demand with `lazy`', async () => {
    const app = visit(
      async ({ path, session }) => {
        if (path === '/untouched') return new Response('')
        const loaded = await session().load()
        loaded.set('n', Number(loaded.get('n') ?? 0) + 1)
        return new Response(String(session().get('n')))
      },
      { lazy: true },
    )
    expect(await bodies(app, '/', '/untouched', '/')).toEqual(['1', '', '2'])
    at(600)
    expect((await app.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
  })
}
