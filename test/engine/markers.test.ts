import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { createHash } from 'node:crypto'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
const storageOver = (store: SessionStore): SessionStorage =>
  createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url')
const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)

async function begin(storage: SessionStorage): Promise<{ cookie: string; key: string }> {
  const session = await storage.getSession()
  const cookie = toCookie(await storage.commitSession(session))
  return { cookie, key: keyOf(session.id) }
}

/** Commits a login in a session that was loaded before. */
async function login(storage: SessionStorage, session: Session): Promise<string> {
  session.regenerate()
  session.set('user', 'ada')
  return toCookie(await storage.commitSession(session))
}

const logout = async (storage: SessionStorage, cookie: string): Promise<string> =>
  storage.destroySession(await storage.getSession(cookie))

const originOf = async (storage: SessionStorage, cookie: string): Promise<string> =>
  (await storage.getSession(cookie)).origin

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the marker of an id', () => {
  it('ends what was begun under the old id, though its own session has a new id since', async () => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const session = await storage.getSession(cookie)
    const sibling = await login(storage, await storage.getSession(cookie))
    session.regenerate()
    await storage.commitSession(session)
    expect(await originOf(storage, sibling)).toBe('resumed')
    await storage.destroySession(session)
    expect(await originOf(storage, sibling)).toBe('unknown')
  })

  it('lets a login begin another session, though the one before has a new id since', async () => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const first = await login(storage, await storage.getSession(cookie))
    const again = await login(storage, await storage.getSession(first))
    const second = await login(storage, await storage.getSession(cookie))
    for (const begun of [again, second]) expect(await originOf(storage, begun)).toBe('resumed')
  })

  it('counts each logout, also that of one cookie of two: a login that has begun before is dropped', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const { cookie } = await begin(storage)
    for (let i = 0; i < 2; i++) await logout(storage, cookie)
    const both = `${cookie}; ${(await begin(storage)).cookie}`
    const session = await storage.getSession(cookie)
    const { create } = store
    vi.spyOn(store, 'create').mockImplementationOnce(async (...args) => {
      await logout(storage, both)
      return create(...args)
    })
    expect(await login(storage, session)).toBe('')
  })

  it('drops a sign-in after a logout if the same request has taken it back', async () => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const session = await storage.getSession(cookie)
    session.signIn('ada')
    session.clear()
    await logout(storage, cookie)
    expect(await storage.commitSession(session)).toBe('')
  })

  it('takes the place of the record for 15 seconds, and names every session begun under the id', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const { cookie, key } = await begin(storage)
    const late = await storage.getSession(cookie)
    const first = await storage.getSession(await login(storage, await storage.getSession(cookie)))
    const second = await storage.getSession(await login(storage, late))
    expect(await store.read(key)).toMatchObject({
      data: `retired:${JSON.stringify({ logouts: 0, begun: [keyOf(first.id), keyOf(second.id)] })}`,
      expires: new Date(START + 15_000),
    })
    await logout(storage, cookie)
    const ended = (await store.read(key))?.data
    expect(ended).toMatch(/^retired:\{"logouts":[1-9],"begun":\[\]\}$/)
    at(14.999)
    expect((await store.read(key))?.data).toBe(ended)
    at(15)
    expect(await store.read(key)).toBeNull()
  })

  it.each(['login', 'logout'])(
    'of a %s drops what is written, until it has expired',
    async (end) => {
      const storage = storageOver(createMemoryStore(10))
      const { cookie } = await begin(storage)
      if (end === 'login') await login(storage, await storage.getSession(cookie))
      else await logout(storage, cookie)
      for (const [seconds, isKept] of [
        [14.999, false],
        [15, true],
      ] as const) {
        at(seconds)
        const session = await storage.getSession(cookie)
        session.set('n', 1)
        expect([session.origin, (await storage.commitSession(session)) !== '']).toEqual([
          'unknown',
          isKept,
        ])
      }
    },
  )

  it('that expires between the two steps of a logout is remembered by it', async () => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const next = await login(storage, await storage.getSession(cookie))
    at(14.9)
    const leaving = await storage.getSession(cookie)
    at(15.1)
    await storage.destroySession(leaving)
    expect(await originOf(storage, next)).toBe('unknown')
  })

  it('that expires between the two steps of a login is made anew, with the names that it had', async () => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const first = await login(storage, await storage.getSession(cookie))
    at(14.9)
    const again = await storage.getSession(cookie)
    at(15.1)
    const second = await login(storage, again)
    expect(await originOf(storage, second)).toBe('resumed')
    await logout(storage, cookie)
    for (const ended of [first, second]) expect(await originOf(storage, ended)).toBe('unknown')
  })

  it('that a login met too long ago lets it begin nothing, since a logout may have come and gone', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const { cookie } = await begin(storage)
    await login(storage, await storage.getSession(cookie))
    const slow = await storage.getSession(cookie)
    at(1)
    await logout(storage, cookie)
    at(16)
    expect(await login(storage, slow)).toBe('')
  })

  it('names no more than 100 sessions: the next login is dropped', async () => {
    const storage = storageOver(createMemoryStore(1000))
    const { cookie } = await begin(storage)
    const cookies: string[] = []
    for (let i = 0; i < 101; i++) {
      cookies.push(await login(storage, await storage.getSession(cookie)))
    }
    expect(cookies.indexOf('')).toBe(100)
    await logout(storage, cookie)
    for (const ended of cookies.slice(0, 100)) {
      expect(await originOf(storage, ended)).toBe('unknown')
    }
  })

  it('names all of twenty logins at once', async () => {
    const storage = storageOver(createMemoryStore(100))
    const { cookie } = await begin(storage)
    const sessions = await Promise.all(Array.from({ length: 20 }, () => storage.getSession(cookie)))
    const cookies = await Promise.all(sessions.map((session) => login(storage, session)))
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(20)
    for (const begun of cookies) expect(await originOf(storage, begun)).toBe('resumed')
    await logout(storage, cookie)
    for (const ended of cookies) expect(await originOf(storage, ended)).toBe('unknown')
  })

  it.each([-3600, 3600])('revives nothing when the clock is set %d seconds off', async (step) => {
    const storage = storageOver(createMemoryStore(10))
    const { cookie } = await begin(storage)
    const late = await storage.getSession(cookie)
    const next = await login(storage, await storage.getSession(cookie))
    at(step)
    late.set('n', 1)
    expect(await storage.commitSession(late)).toBe('')
    expect(await originOf(storage, cookie)).toBe('unknown')
    expect(await originOf(storage, next)).toBe('resumed')
  })
})

describe('a client that sends each write again, for want of an answer', () => {
  const resending = (inner: SessionStore): SessionStore => ({
    ...inner,
    async create(key, record) {
      await inner.create(key, record)
      return (await inner.read(key))?.version ?? null
    },
    async update(...args) {
      await inner.update(...args)
      return inner.update(...args)
    },
  })

  it('logs in, logs in again with the old id, and logs out', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(resending(store))
    const { cookie, key } = await begin(storage)
    const first = await login(storage, await storage.getSession(cookie))
    const second = await login(storage, await storage.getSession(cookie))
    for (const begun of [first, second]) {
      expect((await storage.getSession(begun)).get('user')).toBe('ada')
    }
    const update = vi.spyOn(store, 'update')
    await logout(storage, cookie)
    expect(update.mock.calls.filter(([of]) => of === key).length).toBeLessThan(5)
    for (const ended of [cookie, first, second]) {
      expect(await originOf(storage, ended)).toBe('unknown')
    }
  })
})

describe('a store that is too small for a session and its marker', () => {
  it('drops a login whose old record was evicted, and takes the next', async () => {
    const storage = storageOver(createMemoryStore(1))
    const { cookie } = await begin(storage)
    expect(await login(storage, await storage.getSession(cookie))).toBe('')
    const next = await login(storage, await storage.getSession(cookie))
    expect((await storage.getSession(next)).get('user')).toBe('ada')
  })

  it('lets a logout pass whose marker was evicted', async () => {
    const store = createMemoryStore(2)
    const storage = storageOver(store)
    const { cookie, key } = await begin(storage)
    const leaving = await storage.getSession(cookie)
    await store.delete(key)
    expect(await storage.destroySession(leaving)).toContain('Max-Age=0')
  })
})

describe('a store in which another write is always faster', () => {
  it.each<[string, string, (storage: SessionStorage, session: Session) => Promise<unknown>]>([
    [
      'write',
      'update',
      (storage, session) => (session.set('n', 1), storage.commitSession(session)),
    ],
    ['login', 'replace', (storage, session) => login(storage, session)],
    ['logout', 'end', (storage, session) => storage.destroySession(session)],
  ])('fails a %s after 100 attempts', async (_, name, use) => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const { cookie, key } = await begin(storage)
    const session = await storage.getSession(cookie)
    const { update } = store
    let attempts = 0
    vi.spyOn(store, 'update').mockImplementation(async (of, ...change) =>
      of === key ? (attempts++, null) : update(of, ...change),
    )
    await expect(use(storage, session)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
      message: expect.stringContaining(`: ${name} met another write 100 times in a row`),
    })
    expect(attempts).toBe(100)
  })
})
