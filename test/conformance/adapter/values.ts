import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import { bodies, countVisits } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** What a handler reads and writes. */
export function describeValues({ visit }: Setup): void {
  describe('values', () => {
    it('count the visits of one client, and of each client alone', async () => {
      const app = visit(countVisits)
      const other = createClient(app.fetch)
      expect(await bodies(app, '/', '/', '/')).toEqual(['1', '2', '3'])
      expect(await bodies(other, '/')).toEqual(['1'])
    })

    it('cost nothing where nobody looks: the very response goes out, without headers', async () => {
      const sent = new Response('untouched')
      const app = visit(({ path, session }) => {
        if (path === '/start') session().set('n', 1)
        return path === '/start' ? new Response() : sent
      })
      await app.get('/start')
      const response = await app.get('/')
      expect(response.headers.getSetCookie()).toEqual([])
      expect(response.headers.get('vary')).toBeNull()
      expect(response.headers.get('cache-control')).toBeNull()
      expect(response).toBe(sent)
    })

    it('are not written where they were only read', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/start') session().set('n', { deep: 1 })
        return Response.json(session().get('n'))
      })
      await app.get('/start')
      const response = await app.get('/')
      expect(await response.json()).toEqual({ deep: 1 })
      expect(response.headers.getSetCookie()).toEqual([])
    })

    it('are saved where only something inside of them changed', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/start') session().set('cart', { items: [] })
        const cart = session().get('cart') as { items: string[] }
        if (path === '/add') cart.items.push('tea')
        return Response.json(cart.items)
      })
      await bodies(app, '/start', '/add', '/add')
      expect(await (await app.get('/')).json()).toEqual(['tea', 'tea'])
    })

    it('of an empty cookie header start anew', async () => {
      const app = visit(({ session }) => new Response(session().origin))
      expect(await bodies(app, '/')).toEqual(['new'])
    })
  })
}
