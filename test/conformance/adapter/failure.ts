import type { Session } from 'fetch-sessions'
import { describe, expect, it } from 'vitest'

import { bodies, cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** When a handler, or a client, does what it should not. */
export function describeFailure({ kind, visit }: Setup): void {
  describe('failure', () => {
    it('takes no error for a response, whatever members it has', async () => {
      class ApiError extends Error {
        status = 429
        headers = new Headers()
      }
      const app = visit(({ path, session }) => {
        if (path === '/read') return new Response(String(session().get('paid')))
        session().set('paid', true)
        throw new ApiError('too many requests')
      })
      await app.get('/')
      expect(app.errors).toEqual([expect.any(ApiError)])
      expect((app.errors[0] as ApiError).headers.getSetCookie()).toEqual([])
      expect(await bodies(app, '/read')).toEqual(['undefined'])
    })

    it('saves nothing with a status of 500 and above', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/read') return new Response(String(session().get('n')))
        session().set('n', path)
        return new Response('', { status: Number(path.slice(1)) })
      })
      await bodies(app, '/404', '/500', '/503')
      expect(await bodies(app, '/read')).toEqual(['/404'])
    })

    it('saves nothing when the handler throws', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/read') return new Response(String(session().get('n')))
        session().set('n', 1)
        throw new Error('broken')
      })
      const response = await app.get('/throw')
      expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
      expect(app.errors).toEqual([new Error('broken')])
      expect(await bodies(app, '/read')).toEqual(['undefined'])
    })

    it('takes a thrown Response for a response', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/') return new Response(String(session().get('notice')))
        session().flash('notice', 'Sign in first')
        throw new Response(null, { status: 303, headers: { location: '/' } })
      })
      const response = await app.get('/guarded')
      expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
      expect(await bodies(app, '/')).toEqual(['Sign in first'])
    })

    it('saves what `saveIf` chooses', async () => {
      const app = visit(
        ({ path, session }) => {
          if (path === '/read') return new Response(String(session().get('n')))
          session().set('n', path)
          return new Response('', { status: Number(path.slice(1)) })
        },
        { saveIf: (response) => response.status === 500 },
      )
      await bodies(app, '/500', '/200')
      expect(await bodies(app, '/read')).toEqual(['/500'])
    })

    describe.each([
      ['a status of 500', () => new Response('', { status: 500 })],
      [
        'a redirect that is thrown',
        () => {
          throw new Response(null, { status: 303, headers: { location: '/' } })
        },
      ],
      ['a status that `saveIf` refuses', () => new Response('', { status: 418 })],
    ])('with %s', (_, answer) => {
      it('logs out all the same', async () => {
        const app = visit(
          ({ path, session }) => {
            if (path === '/start') session().set('user', 'ada')
            if (path !== '/logout') return new Response(String(session().get('user')))
            session().destroy()
            return answer()
          },
          { saveIf: ({ status }) => status < 400 },
        )
        await app.get('/start')
        const before = cookieOf(app)
        const { headers } = await app.get('/logout')
        expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__session=; Max-Age=0;/)])
        expect(await bodies(app, '/')).toEqual(['undefined'])
        const again = await (await app.fetch(requestWith(before))).text()
        // A cookie that holds the values itself cannot be taken back.
        expect(again).toBe(kind === 'memory storage' ? 'undefined' : 'ada')
      })
    })

    it('logs out where the handler throws', async () => {
      const app = visit(({ path, session }) => {
        if (path === '/start') session().set('user', 'ada')
        if (path !== '/logout') return new Response(String(session().get('user')))
        session().destroy()
        throw new Error('broken')
      })
      await app.get('/start')
      const before = cookieOf(app)
      const { status, headers } = await app.get('/logout')
      expect([status, app.errors]).toEqual([500, [new Error('broken')]])
      const isCleared = headers.getSetCookie().some((text) => text.includes('Max-Age=0'))
      const again = await (await app.fetch(requestWith(before))).text()
      // Without a response the cookie stays, and a cookie that holds the values itself with it.
      if (kind === 'memory storage') expect(again).toBe('undefined')
      expect(await bodies(app, '/')).toEqual([
        isCleared || kind === 'memory storage' ? 'undefined' : 'ada',
      ])
    })

    it('refuses a write that comes after the commit', async () => {
      const sessions: Session[] = []
      const app = visit(({ path, session }) => {
        sessions.push(session())
        session().set('n', path)
        session().flash('notice', 'unread')
        return new Response('')
      })
      await bodies(app, '/1', '/2')
      for (const late of sessions) {
        expect(late.changed).toBe(false)
        const writes = [
          () => late.set('n', 2),
          () => late.flash('n', 2),
          () => late.unset('n'),
          () => late.clear(),
          () => late.regenerate(),
          () => late.destroy(),
          () => late.get('notice'),
        ]
        for (const write of writes) {
          expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
        }
      }
      expect(sessions.map((late) => late.get('n'))).toEqual(['/1', '/2'])
    })

    it('takes no longer for hostile headers', async () => {
      const app = visit(({ session }) => {
        session().set('n', 1)
        // Quadratic time would be hours.
        return new Response('', { headers: { 'cache-control': '"' + '\\"'.repeat(500_000) } })
      })
      const response = await app.get('/')
      expect(response.headers.get('cache-control')).toMatch(/^private, "/)
      const cookie = Array.from({ length: 20_000 }, (_, i) => `__session=${i}`).join(';')
      expect((await app.fetch(requestWith(cookie))).status).toBe(200)
    })

    it('does not fail on what clients send', async () => {
      const app = visit(({ session }) => new Response(session().origin))
      for (const cookie of [
        '__session=',
        '__session=junk',
        '__session',
        ';;=;',
        '__session=%E0%A4',
      ]) {
        const response = await app.fetch(requestWith(cookie))
        expect(response.status).toBe(200)
        expect(['new', 'tampered']).toContain(await response.text())
      }
    })
  })
}
