import { createSession } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { visit } from '../../support/visit.ts'
import { COOKIE, request, START } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

/** Texts that a careless encoding would take for something else. */
const HOSTILE_IDS = [
  '__proto__',
  'constructor',
  '🎉 ü',
  '"\\',
  '[',
  '["id","eve",0]',
  '{"id":"eve"}',
  'null',
  ' ',
  'a\u0000b',
  '\u2028',
  '\uD800',
  'x'.repeat(1000),
]

/** Whose session it is, in every storage. */
export function signingIn(name: string, open: OpenBackEnd): void {
  const storageWith = async (options: SessionStorageOptions = {}): Promise<SessionStorage> =>
    (await open())({ cookie: COOKIE, ...options })
  const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)

  describe(`${name}, its user`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('is nobody at first, and known in later requests together with the moment', async () => {
      const storage = await storageWith()
      const first = await storage.getSession()
      expect([first.userId, first.authenticatedAt]).toEqual([undefined, undefined])
      first.signIn('ada')
      expect([first.userId, first.authenticatedAt]).toEqual(['ada', new Date(START)])
      const cookie = toCookie(await storage.commitSession(first))
      at(5)
      const later = await storage.getSession(cookie)
      const signedIn = { origin: 'resumed', userId: 'ada', authenticatedAt: new Date(START) }
      expect(later).toMatchObject({ ...signedIn, data: {} })
    })

    it('stays the same after writes, a new id and renewals', async () => {
      const storage = await storageWith()
      let cookie = await request(storage, '', (session) => session.signIn('ada'))
      cookie = await request(storage, cookie, (session) => session.set('n', 1))
      cookie = await request(storage, cookie, (session) => session.regenerate())
      at(600)
      const renewed = await visit({ storage, cookie })
      expect(renewed.headers.getSetCookie()).toHaveLength(1)
      const session = await storage.getSession(toCookie(renewed.headers.getSetCookie()[0]))
      expect(session).toMatchObject({ userId: 'ada', authenticatedAt: new Date(START) })
    })

    it.each(HOSTILE_IDS)('may have any text as id: %j', async (id) => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => {
        session.set('cart', ['tea'])
        session.signIn(id)
      })
      const session = await storage.getSession(cookie)
      expect([session.userId, session.data]).toEqual([id, { cart: ['tea'] }])
      const next = await request(storage, cookie, (current) => current.reauthenticate())
      expect((await storage.getSession(next)).userId).toBe(id)
    })

    it.each([['', undefined, null, 1, {}, ['ada']]])(
      'must be a text that is not empty: %j',
      async (id) => {
        const session = await (await storageWith()).getSession()
        session.signIn('ada')
        session.set('n', 1)
        expect(() => session.signIn(id as string)).toThrow(
          expect.objectContaining({
            code: 'ERR_SESSION_VALUE',
            message: expect.stringContaining('`userId` is'),
          }),
        )
        expect([session.userId, session.data]).toEqual(['ada', { n: 1 }])
      },
    )

    it.each([null, 1, {}])('has no device but a text: %j', async (device) => {
      const session = await (await storageWith()).getSession()
      expect(() => session.signIn('ada', { device: device as string })).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALUE',
          message: expect.stringMatching(/^`device` is .*User-Agent/),
        }),
      )
      expect([session.userId, session.changed]).toEqual([undefined, false])
    })

    it('takes over the values of an anonymous visitor, and their own, but none of another user', async () => {
      const storage = await storageWith()
      let cookie = await request(storage, '', (session) => session.set('cart', ['tea']))
      const values: unknown[] = []
      for (const user of ['ada', 'ada', 'bob']) {
        cookie = await request(storage, cookie, (session) => session.signIn(user))
        const session = await storage.getSession(cookie)
        values.push([session.userId, session.data])
      }
      expect(values).toEqual([
        ['ada', { cart: ['tea'] }],
        ['ada', { cart: ['tea'] }],
        ['bob', {}],
      ])
    })

    it('is the last of several who sign in during one request, without the values of the others', async () => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => {
        session.signIn('ada', { maxAge: 10 })
        session.set('secret', 'of ada')
        session.signIn('bob')
        session.set('cart', ['tea'])
      })
      const { userId, data, expiresAt } = await storage.getSession(cookie)
      expect([userId, data]).toEqual(['bob', { cart: ['tea'] }])
      expect(expiresAt).toEqual(new Date(START + 1000_000))
    })

    it.each<[string, (session: Session) => void, string | undefined]>([
      ['a sign-in', (session) => session.signIn('ada'), 'ada'],
      ['a sign-in of another user', (session) => session.signIn('bob'), 'bob'],
      ['reauthenticate()', (session) => session.reauthenticate(), 'ada'],
      ['signOut()', (session) => session.signOut(), undefined],
      ['clear()', (session) => session.clear(), undefined],
    ])('gets a new id by %s, and the old one is dead', async (_, use, user) => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => session.signIn('ada'))
      const { id } = await storage.getSession(cookie)
      const next = await storage.getSession(await request(storage, cookie, use))
      expect([next.origin, next.userId]).toEqual(['resumed', user])
      expect(next.id === id).toBe(id === '')
      // A cookie that holds the session itself cannot be taken back.
      const { origin } = await storage.getSession(cookie)
      expect(origin).toBe(id === '' ? 'resumed' : 'unknown')
    })

    it.each<[string, (session: Session) => void]>([
      ['signOut()', (session) => session.signOut()],
      ['clear()', (session) => session.clear()],
    ])('leaves with the values by %s, after which others may follow', async (_, leave) => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => {
        session.signIn('ada', { maxAge: 60 })
        session.set('secret', 'of ada')
        session.flash('secret', 'of ada')
      })
      at(10)
      const next = await request(storage, cookie, (session) => {
        leave(session)
        expect([session.userId, session.authenticatedAt, session.data]).toEqual([
          undefined,
          undefined,
          {},
        ])
        session.flash('notice', 'Goodbye')
      })
      const session = await storage.getSession(next)
      expect([session.userId, session.get('notice'), session.data]).toEqual([
        undefined,
        'Goodbye',
        {},
      ])
      expect(session.createdAt).toEqual(new Date(START + 10_000))
      expect(session.expiresAt).toEqual(new Date(START + 1010_000))
    })

    it('is nobody after a sign-in and a logout in one request, and somebody the other way round', async () => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => {
        session.signIn('ada')
        session.signOut()
      })
      expect((await storage.getSession(cookie)).userId).toBeUndefined()
      const next = await request(storage, cookie, (session) => {
        session.set('n', 1)
        session.signOut()
        session.signIn('ada')
      })
      const { userId, data } = await storage.getSession(next)
      expect([userId, data]).toEqual(['ada', {}])
    })

    it('cannot be authenticated again if there is none', async () => {
      const storage = await storageWith()
      const session = await storage.getSession(await request(storage, '', () => {}))
      expect(() => session.reauthenticate()).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALUE',
          message: expect.stringContaining('signIn(userId)'),
        }),
      )
      expect([session.changed, session.isFresh(1000)]).toEqual([false, false])
    })

    it('is fresh until the last millisecond, and again after reauthenticate()', async () => {
      const storage = await storageWith()
      let cookie = await request(storage, '', (session) => session.signIn('ada'))
      const isFresh = async (seconds: number): Promise<boolean> =>
        (await storage.getSession(cookie)).isFresh(seconds)
      expect([await isFresh(0), await isFresh(Number.NaN)]).toEqual([true, false])
      at(60)
      expect([await isFresh(60), await isFresh(59.999)]).toEqual([true, false])
      at(60.001)
      expect(await isFresh(60)).toBe(false)
      cookie = await request(storage, cookie, (session) => {
        session.reauthenticate()
        expect(session.isFresh(0)).toBe(true)
      })
      at(120.001)
      expect([await isFresh(60), await isFresh(59.999)]).toEqual([true, false])
      expect((await storage.getSession(cookie)).authenticatedAt).toEqual(new Date(START + 60_001))
    })

    it('signs in to a session that createSession() has made, one of their own per commit', async () => {
      const storage = await storageWith()
      const made = createSession({ cart: ['tea'] })
      made.signIn('ada')
      const cookies = [
        toCookie(await storage.commitSession(made)),
        toCookie(await storage.commitSession(made)),
      ]
      const [one, two] = await Promise.all(cookies.map((cookie) => storage.getSession(cookie)))
      expect([one?.userId, two?.userId]).toEqual(['ada', 'ada'])
      expect(one?.id === two?.id).toBe(one?.id === '')
    })

    // The application asks for the move itself, with a session that it holds.
    it('comes along to another storage, with the moments', async () => {
      const make = await open()
      const [from, to] = [make({ cookie: COOKIE }), make({ cookie: { ...COOKIE, name: 'other' } })]
      const cookie = await request(from, '', (session) => session.signIn('ada'))
      at(60)
      const session = await from.getSession(cookie)
      const moved = await to.getSession(toCookie(await to.commitSession(session)))
      const moments = { createdAt: new Date(START), authenticatedAt: new Date(START) }
      expect(moved).toMatchObject({ origin: 'resumed', userId: 'ada', ...moments })
    })

    it('is no value, neither for a schema nor for `migrate`', async () => {
      const seen: unknown[] = []
      const make = await open()
      const cookie = await request(make({ cookie: COOKIE }), '', (session) => {
        session.set('cart', 'tea')
        session.signIn('ada')
      })
      const storage = make({
        cookie: COOKIE,
        schema: z.strictObject({ cart: z.array(z.string()) }),
        migrate: (data) => (seen.push(data), { cart: [data['cart']] }),
      })
      const session = await storage.getSession(cookie)
      expect([session.userId, session.data]).toEqual(['ada', { cart: ['tea'] }])
      expect(seen).toEqual([{ cart: 'tea' }])
    })
  })
}
