import { createStoreSessionStorage } from 'fetch-sessions'
import type {
  IndexedSessionStorage,
  IndexedSessionStorageOptions,
  IndexedSessionStore,
  SessionStore,
} from 'fetch-sessions'
import { createHash } from 'node:crypto'
import { visit } from '../../support/visit.ts'
import { COOKIE, request, START } from './back-end.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const HOUR = 60 * 60

/** The lists of storages that look up by user, and what ends sessions by them. */
export function userSessionConformance(
  name: string,
  create: () => SessionStore | Promise<SessionStore>,
): void {
  const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)
  const LONG = { ...COOKIE, maxAge: 1000 * HOUR }

  describe(`${name}, the sessions of a user`, () => {
    let store: IndexedSessionStore
    const storageWith = (options: IndexedSessionStorageOptions = {}): IndexedSessionStorage =>
      createStoreSessionStorage(store, { cookie: LONG, ...options })
    const signIn = (
      storage: IndexedSessionStorage,
      userId: string,
      device?: string,
    ): Promise<string> => request(storage, '', (session) => session.signIn(userId, { device }))
    const devicesOf = async (storage: IndexedSessionStorage, userId = 'ada'): Promise<unknown[]> =>
      (await storage.sessionsOf(userId)).map(({ device }) => device)

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: START })
      store = (await create()) as IndexedSessionStore
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('are listed with all that there is to say, and those of nobody else', async () => {
      const storage = storageWith()
      const cookie = await signIn(storage, 'ada', 'Firefox')
      await signIn(storage, 'bob')
      await request(storage, '', (session) => session.set('userId', 'ada'))
      at(10)
      const next = await request(storage, cookie, (session) => session.reauthenticate())
      const { handle } = await storage.getSession(next)
      expect(await storage.sessionsOf('ada')).toEqual([
        {
          handle,
          device: 'Firefox',
          createdAt: new Date(START),
          authenticatedAt: new Date(START + 10_000),
          seenAt: new Date(START + 10_000),
          expiresAt: new Date(START + 10_000 + 1000 * HOUR * 1000),
        },
      ])
      expect(handle).toMatch(/^[\w-]{43}$/)
      expect(await storage.sessionsOf('eve')).toEqual([])
    })

    it('come in the order in which they were last seen, up to the limit', async () => {
      const storage = storageWith()
      const cookies: string[] = []
      for (const n of [0, 1, 2, 3]) {
        at(n)
        cookies.push(await signIn(storage, 'ada', `device ${n}`))
      }
      at(2 * HOUR)
      await visit({ storage, cookie: cookies[1] ?? '' })
      const order = ['device 1', 'device 3', 'device 2', 'device 0']
      expect(await devicesOf(storage)).toEqual(order)
      const two = await storage.sessionsOf('ada', { limit: 2 })
      expect(two.map(({ device }) => device)).toEqual(order.slice(0, 2))
    })

    it('have a device of at most 200 characters, none of them cut in half', async () => {
      const storage = storageWith()
      await signIn(storage, 'ada', '🎉'.repeat(300))
      expect(await devicesOf(storage)).toEqual(['🎉'.repeat(200)])
    })

    it('are asked for by a text, or it is an error', async () => {
      const storage = storageWith()
      const cookie = await signIn(storage, 'ada')
      for (const userId of [undefined, null, 42] as unknown as string[]) {
        const error = { code: 'ERR_SESSION_VALUE' }
        await expect(storage.sessionsOf(userId)).rejects.toMatchObject(error)
        await expect(storage.endSession(userId, 'handle')).rejects.toMatchObject(error)
        await expect(storage.endSessions(userId)).rejects.toMatchObject(error)
      }
      expect((await storage.getSession(cookie)).userId).toBe('ada')
    })

    it.each([true, false])('are seen with one write per hour: rolling %s', async (rolling) => {
      const storage = storageWith()
      const cookie = await signIn(storage, 'ada')
      const update = vi.spyOn(store, 'update')
      const seen: unknown[] = []
      for (const seconds of [1, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR - 1, 2 * HOUR]) {
        at(seconds)
        const response = await visit({ storage, cookie, rolling })
        expect(response.headers.getSetCookie()).toEqual([])
        const [session] = await storage.sessionsOf('ada')
        seen.push([Number(session?.seenAt) - START, update.mock.calls.length])
      }
      const hour = HOUR * 1000
      expect(seen).toEqual([
        [0, 0],
        [0, 0],
        [hour, 1],
        [hour, 1],
        [hour, 1],
        [2 * hour, 2],
      ])
    })

    it('are not seen by a HEAD or a prefetch, nor without a user', async () => {
      const storage = storageWith()
      const cookie = await signIn(storage, 'ada')
      const anonymous = await request(storage, '', (session) => session.set('n', 1))
      at(2 * HOUR)
      const update = vi.spyOn(store, 'update')
      const url = 'https://app.example/'
      for (const peek of [
        new Request(url, { method: 'HEAD', headers: { cookie } }),
        new Request(url, { headers: { cookie, 'sec-purpose': 'prefetch' } }),
        new Request(url, { headers: { cookie: anonymous } }),
      ]) {
        await visit({ storage, request: peek })
      }
      expect(update).not.toHaveBeenCalled()
    })

    it('are not listed once they have expired, were deleted, or are refused', async () => {
      let validAfter: Date | undefined
      const storage = storageWith({ absoluteTimeout: 10 * HOUR, validAfter: () => validAfter })
      await request(storage, '', (session) =>
        session.signIn('ada', { device: 'short', maxAge: 60 }),
      )
      await signIn(storage, 'ada', 'long')
      const deleted = await signIn(storage, 'ada', 'deleted')
      const ends = (await storage.sessionsOf('ada')).map(
        ({ expiresAt }) => Number(expiresAt) - START,
      )
      expect(ends.toSorted((x, y) => x - y)).toEqual(
        [60, 10 * HOUR, 10 * HOUR].map((s) => s * 1000),
      )
      await store.delete((await storage.getSession(deleted)).handle)
      expect((await devicesOf(storage)).toSorted()).toEqual(['long', 'short'])
      at(60)
      expect(await devicesOf(storage)).toEqual(['long'])
      validAfter = new Date(START)
      expect(await devicesOf(storage)).toEqual(['long'])
      validAfter = new Date(START + 1)
      expect(await devicesOf(storage)).toEqual([])
      validAfter = undefined
      at(10 * HOUR)
      expect(await devicesOf(storage)).toEqual([])
    })

    it('end with a logout, and with what takes the user away', async () => {
      const storage = storageWith()
      for (const leave of ['destroy', 'signOut', 'clear'] as const) {
        const cookie = await signIn(storage, 'ada', leave)
        expect(await devicesOf(storage)).toEqual([leave])
        await request(storage, cookie, (session) => session[leave]())
        expect(await devicesOf(storage)).toEqual([])
      }
    })

    it.each([false, true])(
      'are looked up by a hash; with encryptAtRest (%s) the store never sees the id',
      async (encryptAtRest) => {
        const created = vi.spyOn(store, 'create')
        const update = vi.spyOn(store, 'update')
        const keysOf = vi.spyOn(store, 'keysOf')
        const storage = storageWith({ encryptAtRest, prefix: 'shop:' })
        const id = 'ada@example.com'
        const cookie = await signIn(storage, id, 'a laptop')
        await request(storage, cookie, (session) => session.set('n', 1))
        expect(await devicesOf(storage, id)).toEqual(['a laptop'])
        const hash = `shop:${createHash('sha256').update(id).digest('base64url')}`
        expect(created.mock.calls.map(([, { user }]) => user)).toEqual([hash])
        expect(update.mock.calls.map(([, , { user }]) => user)).toEqual([hash])
        expect(keysOf.mock.calls.map(([user]) => user)).toEqual([hash])
        const told = JSON.stringify([created.mock.calls, update.mock.calls, keysOf.mock.calls])
        expect([told.includes(id), told.includes('a laptop')]).toEqual([
          !encryptAtRest,
          !encryptAtRest,
        ])
      },
    )

    it('are those of one application, if two have prefixes of their own', async () => {
      const [shop, blog] = [storageWith({ prefix: 'shop:' }), storageWith({ prefix: 'blog:' })]
      const cookie = await signIn(shop, 'ada', 'shop')
      await signIn(blog, 'ada', 'blog')
      expect([await devicesOf(shop), await devicesOf(blog)]).toEqual([['shop'], ['blog']])
      const { handle } = await shop.getSession(cookie)
      expect(await blog.endSession('ada', handle)).toBe(false)
      expect(await blog.endSessions('ada')).toBe(1)
      expect([await devicesOf(shop), await devicesOf(blog)]).toEqual([['shop'], []])
    })

    it('end one by one, by their handle, with the reason for their holder', async () => {
      const storage = storageWith()
      const [one, two] = [await signIn(storage, 'ada', 'one'), await signIn(storage, 'ada', 'two')]
      const { handle } = await storage.getSession(one)
      const hostile = ['', 'x', `${handle}x`, `x${handle}`, handle.slice(1), `${handle}\n`]
      const others = ['x'.repeat(43), 'shop:'.padEnd(43, 'x'), 'x'.repeat(1_000_000), '../../x']
      for (const wrong of [...hostile, ...others, null as never]) {
        expect(await storage.endSession('ada', wrong)).toBe(false)
      }
      for (const user of ['bob', '', '__proto__']) {
        expect(await storage.endSession(user, handle)).toBe(false)
      }
      expect(await storage.endSession('ada', handle)).toBe(true)
      expect(await storage.endSession('ada', handle)).toBe(false)
      expect(await devicesOf(storage)).toEqual(['two'])
      const ended = await storage.getSession(one)
      expect([ended.origin, ended.userId]).toEqual(['revoked', undefined])
      expect((await storage.getSession(two)).userId).toBe('ada')
    })

    it.each(['session', 'handle'])('end all but one, given its %s', async (how) => {
      const storage = storageWith()
      const cookies = [await signIn(storage, 'ada'), await signIn(storage, 'ada')]
      const own = await signIn(storage, 'ada')
      const others = await signIn(storage, 'bob')
      const session = await storage.getSession(own)
      const except = how === 'session' ? session : session.handle
      expect(await storage.endSessions('ada', { except })).toBe(2)
      for (const cookie of cookies) {
        expect((await storage.getSession(cookie)).origin).toBe('revoked')
      }
      expect((await storage.getSession(own)).userId).toBe('ada')
      expect((await storage.getSession(others)).userId).toBe('bob')
      expect(await storage.endSessions('ada')).toBe(1)
      expect((await storage.getSession(own)).origin).toBe('revoked')
    })

    it('end all but one that is lazy and not loaded yet', async () => {
      const storage = storageWith()
      const cookies = [await signIn(storage, 'ada'), await signIn(storage, 'ada')]
      const [own = '', other = ''] = cookies
      await visit({ storage, cookie: own, lazy: true }, async (session) => {
        expect(await storage.endSessions('ada', { except: session })).toBe(1)
      })
      expect((await storage.getSession(own)).origin).toBe('resumed')
      expect((await storage.getSession(other)).origin).toBe('revoked')
    })

    it('stay within maxSessionsPerUser: a sign-in ends those that were seen least recently', async () => {
      const storage = storageWith({ maxSessionsPerUser: 2 })
      const first = await signIn(storage, 'ada', 'first')
      at(1)
      const second = await signIn(storage, 'ada', 'second')
      await signIn(storage, 'bob')
      at(2 * HOUR)
      await visit({ storage, cookie: first })
      await signIn(storage, 'ada', 'third')
      expect((await devicesOf(storage)).toSorted()).toEqual(['first', 'third'])
      expect((await storage.getSession(second)).origin).toBe('revoked')
      // Only a sign-in counts, and it takes no place beside the session that it replaces.
      const again = await request(storage, first, (session) =>
        session.signIn('ada', { device: 'again' }),
      )
      await request(storage, again, (session) => session.regenerate())
      expect((await devicesOf(storage)).toSorted()).toEqual(['again', 'third'])
      expect(await storage.sessionsOf('bob')).toHaveLength(1)
    })

    it('leave records of an earlier version, which have no user, unlisted and readable', async () => {
      const storage = storageWith()
      const cookie = await request(storage, '', (session) => session.set('n', 1))
      const { handle } = await storage.getSession(cookie)
      await store.delete(handle)
      const record = `{"createdAt":${START},"data":{"n":2}}`
      await store.create(handle, { data: record, expires: new Date(START + 1000_000) })
      const session = await storage.getSession(cookie)
      expect([session.get('n'), session.userId]).toEqual([2, undefined])
      for (const user of ['', 'undefined', 'null', 'ada']) {
        expect(await storage.sessionsOf(user)).toEqual([])
        expect(await storage.endSessions(user)).toBe(0)
        expect(await storage.endSession(user, handle)).toBe(false)
      }
    })
  })
}
