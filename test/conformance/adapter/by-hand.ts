import { describe, expect, it } from 'vitest'

import { bodies, cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** `commitSession()` and `destroySession()` on the session of the middleware. */
export function describeByHand({ storageWith, visit }: Setup): void {
  describe('a handler that commits by hand', () => {
    const serve = () => {
      const storage = storageWith()
      return visit(
        async ({ path, session }) => {
          const current = session()
          const [, action, sends] = path.split('/')
          if (action === 'read') return new Response(String(current.get('n')))
          if (action === 'commit' || action === 'late') current.set('n', 1)
          const setCookie =
            action === 'logout'
              ? await storage.destroySession(current)
              : await storage.commitSession(current)
          if (action === 'late') current.set('n', 2)
          const headers = { 'cache-control': 'public', 'set-cookie': setCookie }
          return new Response('', {
            headers: sends === 'sent' ? headers : { 'cache-control': 'public' },
            status: sends === '500' ? 500 : 200,
          })
        },
        { storage },
      )
    }

    it.each(['/commit/sent', '/commit/unsent', '/commit/500'])(
      'has its cookie sent once, whether it sends it itself or not: %s',
      async (path) => {
        const app = serve()
        const { headers } = await app.get(path)
        expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__session=[^;]+;/)])
        expect(headers.get('cache-control')).toBe('private')
        expect(await bodies(app, '/read')).toEqual(['1'])
      },
    )

    it.each(['/late/sent', '/late/unsent'])(
      'has saved what it set after that, with one cookie: %s',
      async (path) => {
        const app = serve()
        expect((await app.get(path)).headers.getSetCookie()).toHaveLength(1)
        expect(await bodies(app, '/read')).toEqual(['2'])
      },
    )

    it.each(['/logout/sent', '/logout/unsent', '/logout/500'])(
      'has its logout sent once, whether it sends it itself or not: %s',
      async (path) => {
        const app = serve()
        await app.get('/commit/sent')
        const { headers } = await app.get(path)
        expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__session=; Max-Age=0;/)])
        expect(await bodies(app, '/read')).toEqual(['undefined'])
      },
    )

    it('leaves a session of another request alone', async () => {
      const storage = storageWith()
      const app = visit(
        async ({ path, session }) => {
          if (path === '/start') session().set('user', 'ada')
          if (path !== '/other') return new Response(String(session().get('user')))
          const other = await storage.getSession()
          other.set('user', 'bob')
          return new Response(await storage.commitSession(other))
        },
        { storage },
      )
      await app.get('/start')
      const response = await app.fetch(requestWith(cookieOf(app), '/other'))
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await bodies(app, '/')).toEqual(['ada'])
    })
  })
}
