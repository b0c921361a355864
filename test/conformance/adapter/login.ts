import { describe, expect, it } from 'vitest'

import type { Visit } from './app.ts'
import { COOKIE, countVisits, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** A new id at login, none after logout. */
export function describeLogin({ kind, storageWith, visit }: Setup): void {
  describe('login and logout', () => {
    const account = ({ path, session }: Visit): Response => {
      switch (path) {
        case '/login':
          session().regenerate()
          session().set('user', 'ada')
          break
        case '/logout':
          session().destroy()
          return new Response('bye')
        default:
          session().set('seen', true)
      }
      return Response.json([session().get('user') ?? null, session().origin])
    }

    it('gives another cookie at login, with the values that were there', async () => {
      const app = visit(account)
      await app.get('/')
      const before = app.cookies.get('__session')
      await app.get('/login')
      expect(app.cookies.get('__session')).not.toBe(before)
      expect(await (await app.get('/')).json()).toEqual(['ada', 'resumed'])
    })

    it('clears the cookie at logout with the attributes that it was set with', async () => {
      const storage = storageWith({
        cookie: { ...COOKIE, domain: 'app.example', path: '/shop', sameSite: 'strict' },
      })
      const app = visit(account, { storage })
      const set = (await app.get('/login')).headers.getSetCookie()[0]
      const cleared = (await app.get('/logout')).headers.getSetCookie()[0]
      expect(cleared).toBe(
        '__session=; Max-Age=0; Domain=app.example; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
      )
      expect(set).toContain('; Domain=app.example; Path=/shop; HttpOnly; Secure; SameSite=Strict')
      expect(await (await app.get('/')).json()).toEqual([null, 'new'])
    })

    if (kind === 'memory storage') {
      it('leaves the old id dead after a login, and every id after a logout', async () => {
        const app = visit(account)
        await app.get('/')
        const anonymous = app.cookies.get('__session') ?? ''
        await app.get('/login')
        const user = app.cookies.get('__session') ?? ''
        await app.get('/logout')
        for (const token of [anonymous, user]) {
          const response = await app.fetch(requestWith(`__session=${token}`))
          expect(await response.json()).toEqual([null, 'unknown'])
        }
      })

      it('sends no cookie where the cookie stays as it is', async () => {
        const app = visit(countVisits)
        await app.get('/')
        const response = await app.get('/')
        expect(await response.text()).toBe('2')
        expect(response.headers.getSetCookie()).toEqual([])
      })
    }
  })
}
