import { createMemorySessionStorage } from 'fetch-sessions'
import { describe, expect, it } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { CreateApp, Visit } from './app.ts'
import { COOKIE, cookieOf, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** Signs in and out. A path such as `/out/500` has the status of the answer, `/out/throw` has none. */
function account({ path, session }: Visit): Response {
  const [, action, outcome] = path.split('/')
  const current = session()
  if (action === 'in') {
    current.signIn('ada')
    current.set('secret', 'of ada')
  }
  if (action === 'out') {
    current.signOut()
    current.flash('notice', 'Goodbye')
  }
  if (outcome === 'throw') throw new Error('broken')
  const seen = [current.userId ?? null, current.get('secret') ?? null]
  if (action === 'read') seen.push(current.get('notice') ?? null)
  return Response.json(seen, { status: Number(outcome ?? 200) })
}

/** When a sign-in and a logout hold. */
export function describeSigningIn({ kind, visit }: Setup): void {
  describe('signing in and out', () => {
    const NOBODY = [null, null, null]
    /** A cookie that holds the session itself cannot be taken back. */
    const KEPT = kind === 'memory storage' ? NOBODY : ['ada', 'of ada', null]

    it('signs in, signs out, and goes on with a flash value', async () => {
      const app = visit(account)
      const read = async (): Promise<unknown> => (await app.get('/read')).json()
      await app.get('/in')
      expect(await read()).toEqual(['ada', 'of ada', null])
      const before = cookieOf(app)
      await app.get('/out')
      expect(await read()).toEqual([null, null, 'Goodbye'])
      expect(await (await app.fetch(requestWith(before, '/read'))).json()).toEqual(KEPT)
    })

    it.each(['/in/500', '/in/throw'])('saves nothing of a sign-in by %s', async (path) => {
      const app = visit(account)
      const response = await app.get(path)
      expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
      expect(await (await app.get('/read')).json()).toEqual(NOBODY)
    })

    it('keeps a user, whose sign-in under another name fails', async () => {
      const app = visit((request) => {
        if (request.path !== '/bob') return account(request)
        request.session().signIn('bob')
        return new Response('', { status: 500 })
      })
      await app.get('/in')
      await app.get('/bob')
      expect(await (await app.get('/read')).json()).toEqual(['ada', 'of ada', null])
    })

    it.each(['/out/500', '/out/404'])('signs out with a status too: %s', async (path) => {
      const app = visit(account, { saveIf: ({ status }) => status < 400 })
      await app.get('/in')
      const before = cookieOf(app)
      const { headers } = await app.get(path)
      expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__session=; Max-Age=0;/)])
      expect(await (await app.get('/read')).json()).toEqual(NOBODY)
      expect(await (await app.fetch(requestWith(before, '/read'))).json()).toEqual(KEPT)
    })

    it('signs out where the handler throws', async () => {
      const app = visit(account)
      await app.get('/in')
      const before = cookieOf(app)
      await app.get('/out/throw')
      expect(app.errors).toEqual([new Error('broken')])
      expect(await (await app.fetch(requestWith(before, '/read'))).json()).toEqual(KEPT)
    })

    it('signs out, though the handler sends another session under the same cookie', async () => {
      const storage = createMemorySessionStorage({ cookie: COOKIE })
      const app = visit(
        async (request) => {
          if (request.path !== '/switch') return account(request)
          const other = await storage.getSession()
          other.signIn('bob')
          request.session().signOut()
          const headers = { 'Set-Cookie': await storage.commitSession(other) }
          return new Response('', { headers })
        },
        { storage },
      )
      await app.get('/in')
      const before = cookieOf(app)
      await app.get('/switch')
      expect(await (await app.get('/read')).json()).toEqual(['bob', null, null])
      expect(await (await app.fetch(requestWith(before, '/read'))).json()).toEqual(NOBODY)
    })

    it('refuses to sign in or out after the commit', async () => {
      const sessions: ReturnType<Visit['session']>[] = []
      const app = visit(({ session }) => {
        sessions.push(session())
        session().signIn('ada')
        return new Response('')
      })
      await app.get('/')
      const [late] = sessions
      for (const write of [
        () => late?.signIn('bob'),
        () => late?.signOut(),
        () => late?.reauthenticate(),
        () => late?.update('n', () => 1),
      ]) {
        expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
      }
      expect(late?.userId).toBe('ada')
    })
  })
}

/** A visitor whose session is ended from elsewhere. */
export function describeRevoked(name: string, createApp: CreateApp): void {
  describe(`${name}, a session that was ended from elsewhere`, () => {
    const storage = createMemorySessionStorage({ cookie: COOKIE })
    const app = createApp([{ storage }], async ({ path, session }) => {
      const current = session()
      if (path === '/in') current.signIn('ada')
      if (path === '/tell' && current.origin === 'revoked') {
        current.flash('notice', 'You were signed out from another device')
      }
      if (path === '/end') await storage.endSessions(String(current.userId))
      if (path === '/end') current.set('late', true)
      if (path === '/end-others') {
        await storage.endSessions(String(current.userId), { except: current })
        current.reauthenticate()
      }
      const notice: unknown = path === '/read' ? current.get('notice') : undefined
      return Response.json([current.origin, current.userId ?? null, notice ?? null])
    })
    const read = async (client: ReturnType<typeof createClient>, path = '/read') =>
      (await client.get(path)).json() as Promise<unknown>

    it('is revoked for its holder, each time, until a flash value tells them', async () => {
      const [phone, laptop] = [createClient(app.fetch), createClient(app.fetch)]
      for (const client of [phone, laptop]) await client.get('/in')
      const before = phone.cookies.get('__session')
      expect(await read(laptop, '/end-others')).toEqual(['resumed', 'ada', null])
      expect(await read(laptop)).toEqual(['resumed', 'ada', null])
      for (let i = 0; i < 2; i++) expect(await read(phone)).toEqual(['revoked', null, null])
      await phone.get('/tell')
      expect(phone.cookies.get('__session')).not.toBe(before)
      expect(await read(phone)).toEqual([
        'resumed',
        null,
        'You were signed out from another device',
      ])
      await phone.get('/in')
      expect(await read(phone)).toEqual(['resumed', 'ada', null])
      expect(await storage.endSessions('ada')).toBe(2)
    })

    it('stays ended, if it was that of the handler itself, which writes afterwards', async () => {
      const client = createClient(app.fetch)
      await client.get('/in')
      const { headers, status } = await client.get('/end')
      expect([status, headers.getSetCookie()]).toEqual([200, []])
      expect(await read(client)).toEqual(['revoked', null, null])
      expect(await storage.sessionsOf('ada')).toEqual([])
    })
  })
}
