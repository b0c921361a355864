import type { Session, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET], maxAge: 1000 }
const START = Date.UTC(2026, 0, 1)

/** What every storage does alike, wherever it keeps the values. */
export function storageConformance(
  name: string,
  create: (options: SessionStorageOptions) => SessionStorage,
): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const storageWith = (options: SessionStorageOptions = {}): SessionStorage =>
    create({ cookie: COOKIE, ...options })

  /** Commits what `use` does to the session of a cookie, and gives the next cookie. */
  async function request(
    storage: SessionStorage,
    cookie: string,
    use: (session: Session) => void,
  ): Promise<string> {
    const session = await storage.getSession(cookie)
    use(session)
    return toCookie(await storage.commitSession(session))
  }

  describe(`${name}, a storage`, () => {
    it('gives back what was stored, flash values and hostile keys too', async () => {
      const storage = storageWith()
      const values = { text: 'ü 🎉 "\\', list: [1, [null]], ['__proto__']: 'own', constructor: 1 }
      const cookie = await request(storage, '', (session) => {
        for (const [key, value] of Object.entries(values)) session.set(key, value)
        session.flash('notice', { ok: true })
      })
      const session = await storage.getSession(cookie)
      for (const [key, value] of Object.entries(values)) expect(session.get(key)).toEqual(value)
      expect(session.get('notice')).toEqual({ ok: true })
      expect(session).toMatchObject({
        origin: 'resumed',
        createdAt: new Date(START),
        expiresAt: new Date(START + 1000_000),
      })
    })

    it('keeps the moment of creation through every commit and a new id', async () => {
      const storage = storageWith()
      let cookie = await request(storage, '', (session) => session.set('n', 1))
      for (const seconds of [400, 800]) {
        vi.setSystemTime(START + seconds * 1000)
        cookie = await request(storage, cookie, (session) => session.regenerate())
      }
      const session = await storage.getSession(cookie)
      expect(session.createdAt).toEqual(new Date(START))
      expect(session.expiresAt).toEqual(new Date(START + 1800_000))
    })

    it('can be committed twice, as one session', async () => {
      const storage = storageWith()
      const session = await storage.getSession()
      session.set('a', 1)
      await storage.commitSession(session)
      const { id } = session
      session.set('b', 2)
      const cookie = toCookie(await storage.commitSession(session))
      expect((await storage.getSession(cookie)).data).toEqual({ a: 1, b: 2 })
      expect(session.id).toBe(id)
    })

    it('takes over a session of another storage, as a new one', async () => {
      const [from, to] = [storageWith(), storageWith()]
      const cookie = await request(from, '', (session) => session.set('n', 1))
      const moved = toCookie(await to.commitSession(await from.getSession(cookie)))
      expect((await to.getSession(moved)).get('n')).toBe(1)
    })

    it.each<[string, SessionStorageOptions, number]>([
      ['maxAge', {}, 1000],
      ['idleTimeout without a maxAge', { cookie: { secrets: [SECRET] }, idleTimeout: 60 }, 60],
      ['14 days where nothing is said', { cookie: { secrets: [SECRET] } }, 14 * 24 * 60 * 60],
      ['the shorter of maxAge and idleTimeout', { idleTimeout: 60 }, 60],
      ['absoluteTimeout', { absoluteTimeout: 30 }, 30],
    ])('ends a session after %s', async (_, options, seconds) => {
      const storage = storageWith(options)
      const cookie = await request(storage, '', (session) => session.set('n', 1))
      vi.setSystemTime(START + seconds * 1000 - 1)
      expect((await storage.getSession(cookie)).origin).toBe('resumed')
      vi.setSystemTime(START + seconds * 1000)
      const { origin, data } = await storage.getSession(cookie)
      expect(['expired', 'unknown']).toContain(origin)
      expect(data).toEqual({})
    })

    it('holds older sessions to an absolute timeout that was set since', async () => {
      const storage = storageWith()
      const cookie = await request(storage, '', (session) => session.set('n', 1))
      expect((await storage.getSession(cookie)).expiresAt).toEqual(new Date(START + 1000_000))
      vi.setSystemTime(START + 30_000)
      expect((await storageWith({ absoluteTimeout: 30 }).getSession(cookie)).origin).not.toBe(
        'resumed',
      )
    })

    it.each<[string, SessionStorageOptions]>([
      ['idleTimeout', { idleTimeout: 0 }],
      ['idleTimeout', { idleTimeout: Infinity }],
      ['absoluteTimeout', { absoluteTimeout: -1 }],
      ['absoluteTimeout', { absoluteTimeout: Number.NaN }],
    ])('refuses an %s that is no positive number of seconds', (option, options) => {
      expect(() => storageWith(options)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining(`\`${option}\``),
        }),
      )
    })

    it('never trusts what it has not sealed itself', async () => {
      const storage = storageWith()
      const cookie = await request(storage, '', (session) => session.set('user', 'ada'))
      const foreign = await request(
        storageWith({ cookie: { secrets: [OLD_SECRET] } }),
        '',
        (session) => session.set('user', 'eve'),
      )
      const named = await request(
        storageWith({ cookie: { ...COOKIE, name: 'other' } }),
        '',
        (session) => session.set('user', 'eve'),
      )
      const refused = [
        '__session=junk',
        '__session=e30',
        '__session=eyJ1c2VyIjoiZXZlIn0.c2lnbmF0dXJl',
        cookie.slice(0, -1),
        `${cookie}A`,
        cookie.slice(0, 60),
        cookie.toLowerCase(),
        foreign,
        named.replace('other=', '__session='),
        `__session=${'A'.repeat(10_000)}`,
      ]
      for (const header of refused) {
        const { origin, id, data } = await storage.getSession(header)
        expect({ origin, id, data }).toEqual({ origin: 'tampered', id: '', data: {} })
      }
    })

    it('works, with a warning, without secrets', async () => {
      vi.spyOn(console, 'warn').mockImplementation(() => {})
      const storage = storageWith({ cookie: { maxAge: 1000 } })
      const cookie = await request(storage, '', (session) => session.set('n', 'ü'))
      expect((await storage.getSession(cookie)).get('n')).toBe('ü')
      vi.setSystemTime(START + 1000_000)
      expect((await storage.getSession(cookie)).origin).not.toBe('resumed')
      for (const junk of ['junk', 'W10', 'bnVsbA', '____', 'WzEsImNvb2tpZSJd']) {
        expect((await storage.getSession(`__session=${junk}`)).data).toEqual({})
      }
    })
  })
}
