import type { Session, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { visit } from '../../support/visit.ts'
import { COOKIE, request, START } from './back-end.ts'
import type { MakeStorage, OpenBackEnd } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

type ValidAfter = NonNullable<SessionStorageOptions['validAfter']>

/** As those of query builders, which are no Promise. */
const thenable = (value: Date | undefined): Promise<Date | undefined> => {
  const foreign = {}
  Reflect.set(foreign, 'then', (then: (value: Date | undefined) => void) => then(value))
  return foreign as Promise<Date | undefined>
}

/** The option `validAfter`, in every storage. */
export function validAfterConformance(name: string, open: OpenBackEnd): void {
  const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)
  const signIn = (storage: SessionStorage): Promise<string> =>
    request(storage, '', (session) => {
      session.set('secret', 'of ada')
      session.signIn('ada')
    })

  describe(`${name}, validAfter`, () => {
    let make: MakeStorage
    const storageWith = (validAfter: ValidAfter): SessionStorage =>
      make({ cookie: COOKIE, validAfter })

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
      make = await open()
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each<[string, (from: Date | undefined) => ReturnType<ValidAfter>]>([
      ['a value', (from) => from],
      ['a promise', async (from) => from],
      ['a promise of another class', thenable],
    ])('refuses what was authenticated before it, given %s', async (_, answer) => {
      let from: Date | undefined
      const storage = storageWith(() => answer(from))
      const cookie = await signIn(storage)
      const seen: unknown[] = []
      for (const moment of [undefined, START - 1, START, START + 1]) {
        from = moment === undefined ? undefined : new Date(moment)
        const { origin, userId, data } = await storage.getSession(cookie)
        seen.push([origin, userId, data])
      }
      const valid = ['resumed', 'ada', { secret: 'of ada' }]
      expect(seen).toEqual([valid, valid, valid, ['revoked', undefined, {}]])
    })

    it('takes a session that was authenticated again since', async () => {
      const storage = make({ cookie: COOKIE })
      const cookie = await signIn(storage)
      at(10)
      const next = await request(storage, cookie, (session) => session.reauthenticate())
      const { origin } = await storageWith(() => new Date(START + 5000)).getSession(next)
      expect(origin).toBe('resumed')
    })

    it('is called once in a request of a user, and in no other', async () => {
      const validAfter = vi.fn<ValidAfter>(() => undefined)
      const storage = storageWith(validAfter)
      const anonymous = await request(storage, '', (session) => session.set('n', 1))
      for (const cookie of ['', '__session=junk', anonymous]) {
        await visit({ storage, cookie }, (session) => session.set('n', 2))
      }
      const cookie = await signIn(storage)
      expect(validAfter).not.toHaveBeenCalled()
      const response = await visit({ storage, cookie }, async (session) => {
        expect([session.userId, session.get('secret')]).toEqual(['ada', 'of ada'])
        await session.load()
        session.set('n', 3)
        session.reauthenticate()
      })
      expect(validAfter.mock.calls).toEqual([['ada']])
      validAfter.mockClear()
      await visit({ storage, cookie: toCookie(response.headers.getSetCookie()[0]) })
      expect(validAfter.mock.calls).toEqual([['ada']])
    })

    it.each<[string, (error: unknown) => ReturnType<ValidAfter>]>([
      [
        'throws',
        (error) => {
          throw error
        },
      ],
      ['rejects', async (error) => Promise.reject(error)],
    ])('fails the request with its cause, if it %s; the error page can read', async (_, fail) => {
      for (const cause of [new Error('connection lost'), 'a text']) {
        const validAfter = vi.fn<ValidAfter>(() => fail(cause))
        const storage = storageWith(validAfter)
        const cookie = await signIn(storage)
        const failure = { code: 'ERR_SESSION_STORAGE', cause }
        await expect(storage.getSession(cookie)).rejects.toMatchObject(failure)
        validAfter.mockClear()
        let errorPage: Session | undefined
        const options = { storage, cookie, place: (session: Session) => (errorPage = session) }
        await expect(visit(options)).rejects.toMatchObject(failure)
        expect([errorPage?.userId, errorPage?.data]).toEqual([undefined, {}])
        expect(() => errorPage?.set('n', 1)).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }),
        )
        expect(validAfter).toHaveBeenCalledTimes(1)
      }
    })

    it.each([null, START, '2100-01-01', new Date(Number.NaN), {}])(
      'must give a Date or undefined: %j',
      async (answer) => {
        for (const given of [answer, Promise.resolve(answer)]) {
          const storage = storageWith(() => given as Date)
          const cookie = await signIn(storage)
          await expect(storage.getSession(cookie)).rejects.toMatchObject({
            code: 'ERR_SESSION_CONFIG',
            message: expect.stringContaining('`validAfter` gave'),
          })
        }
      },
    )

    it.each([null, 1, new Date(0)])('must be a function: %j', (validAfter) => {
      expect(() => storageWith(validAfter as never)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining('`validAfter` is'),
        }),
      )
    })

    it('lets the visitor of a refused session write, and sign in again', async () => {
      const storage = storageWith(() => new Date(START + 5000))
      const cookie = await signIn(storage)
      at(10)
      const told = await visit({ storage, cookie }, (session) => {
        expect(session.origin).toBe('revoked')
        session.flash('notice', 'You were signed out')
      })
      const anonymous = toCookie(told.headers.getSetCookie()[0])
      const after = await storage.getSession(anonymous)
      expect([after.origin, after.userId, after.data]).toEqual([
        'resumed',
        undefined,
        { __flash_notice__: 'You were signed out' },
      ])
      const again = await request(storage, anonymous, (session) => session.signIn('ada'))
      expect((await storage.getSession(again)).userId).toBe('ada')
      expect((await storage.getSession(cookie)).origin).not.toBe('resumed')
    })

    it('lets the visitor of a refused session sign in at once', async () => {
      const storage = storageWith(() => new Date(START + 5000))
      const cookie = await signIn(storage)
      at(10)
      const response = await visit({ storage, cookie }, (session) => session.signIn('ada'))
      const next = await storage.getSession(toCookie(response.headers.getSetCookie()[0]))
      expect([next.origin, next.userId, next.data]).toEqual(['resumed', 'ada', {}])
    })

    it('leaves a logout of a refused session possible', async () => {
      const cookie = await signIn(make({ cookie: COOKIE }))
      const storage = storageWith(() => new Date(START + 5000))
      const response = await visit({ storage, cookie }, (session) => session.destroy())
      expect(response.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__session=; Max-Age=0;/),
      ])
      expect((await storage.getSession(cookie)).origin).not.toBe('resumed')
    })

    it('is called by load(), if the middleware is lazy, and not without it', async () => {
      const validAfter = vi.fn<ValidAfter>(() => new Date(START + 5000))
      const storage = storageWith(validAfter)
      const cookie = await signIn(storage)
      await visit({ storage, cookie, lazy: true })
      expect(validAfter).not.toHaveBeenCalled()
      await visit({ storage, cookie, lazy: true }, async (session) => {
        expect(() => session.userId).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
        )
        await session.load()
        expect([session.origin, session.userId]).toEqual(['revoked', undefined])
      })
      expect(validAfter.mock.calls).toEqual([['ada']])
    })
  })
}
