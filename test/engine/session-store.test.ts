import { createSessionRunner, createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }

describe('createStoreSessionStorage', () => {
  it('shows the store a hash of the id only, and JSON', async () => {
    const store = createMemoryStore(10)
    const create = vi.spyOn(store, 'create')
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    session.set('n', 1)
    await storage.commitSession(session)
    const [key, record] = create.mock.calls[0] ?? []
    expect(session.id).toMatch(/^[\w-]{27}$/)
    expect(key).toBe(createHash('sha256').update(session.id).digest('base64url'))
    expect(JSON.parse(record?.data ?? '')).toEqual({
      createdAt: expect.any(Number),
      data: { n: 1 },
    })
  })

  it('never makes an unknown id its own', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: { secrets: [] } })
    const chosen = Buffer.from(
      JSON.stringify([1, 'id', '__session', 0, Date.now() + 1000, 0, 'chosen-by-the-client']),
    ).toString('base64url')
    const session = await storage.getSession(`__session=${chosen}`)
    expect([session.origin, session.id]).toEqual(['unknown', ''])
    session.set('n', 1)
    await storage.commitSession(session)
    expect(session.id).not.toContain('chosen')
  })

  it('takes another id where one is taken', async () => {
    const store = createMemoryStore(10)
    const create = vi.spyOn(store, 'create').mockResolvedValueOnce(null)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    const keys = create.mock.calls.map(([key]) => key)
    expect(new Set(keys).size).toBe(2)
    expect((await storage.getSession(cookie)).id).toBe(session.id)
  })

  it.each([Infinity, 10])(
    'takes a client whose promises are not those of the language, with a timeout of %d seconds',
    async (timeout) => {
      const inner = createMemoryStore(10)
      const thenable = <T>(promise: Promise<T>): Promise<T> => {
        const foreign = {}
        Reflect.set(foreign, 'then', promise.then.bind(promise))
        return foreign as Promise<T>
      }
      const store: SessionStore = {
        read: (key) => thenable(inner.read(key)),
        create: (...args) => thenable(inner.create(...args)),
        update: (...args) => thenable(inner.update(...args)),
        delete: (key) => thenable(inner.delete(key)),
      }
      const storage = createStoreSessionStorage(store, { cookie: COOKIE, timeout })
      const session = await storage.getSession()
      session.set('n', 1)
      const cookie = toCookie(await storage.commitSession(session))
      const again = await storage.getSession(cookie)
      expect(again.get('n')).toBe(1)
      again.set('n', 2)
      await storage.commitSession(again)
      await storage.destroySession(await storage.getSession(cookie))
      expect((await storage.getSession(cookie)).origin).toBe('unknown')
    },
  )

  it.each([
    '',
    'null',
    '[]',
    '{"createdAt":1}',
    '{"createdAt":"1","data":{}}',
    '{"createdAt":1,"data":"text"}',
    '{"createdAt":1,"data":[]}',
    'not json',
  ])('calls a record invalid that holds no session: %j', async (data) => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    vi.spyOn(store, 'read').mockResolvedValue({
      data,
      version: '1',
      expires: new Date(Date.now() + 1000),
    })
    expect((await storage.getSession(cookie)).origin).toBe('invalid')
  })

  it('asks the store for what a commit takes, in an order that loses nothing', async () => {
    const store = createMemoryStore(10)
    const calls: string[] = []
    for (const name of ['read', 'create', 'update', 'delete'] as const) {
      const original = store[name] as (...args: unknown[]) => Promise<never>
      vi.spyOn(store, name).mockImplementation((...args: unknown[]) => {
        calls.push(name)
        return original(...args)
      })
    }
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    await storage.destroySession(await storage.getSession())
    expect(calls).toEqual([]) // nothing was stored
    const session = await storage.getSession()
    for (let i = 0; i < 3; i++) await storage.commitSession(session)
    expect(calls.splice(0)).toEqual(['create', 'update', 'update'])
    session.regenerate()
    await storage.commitSession(session)
    expect(calls).toEqual(['create', 'update', 'delete']) // the new record, the old one retired, and deleted
  })

  it('signs in though the old record cannot be deleted: its marker keeps the old id dead', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    const old = toCookie(await storage.commitSession(session))
    session.regenerate()
    session.set('user', 'ada')
    vi.spyOn(store, 'delete').mockRejectedValue(new Error('connection lost'))
    const cookie = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(cookie)).get('user')).toBe('ada')
    expect((await storage.getSession(old)).origin).toBe('unknown')
  })

  it('gives the new id where a client sends every write twice, for want of an answer', async () => {
    const inner = createMemoryStore(10)
    const resending: SessionStore = {
      ...inner,
      async create(key, record) {
        await inner.create(key, record)
        return (await inner.read(key))?.version ?? null
      },
      async update(...args) {
        await inner.update(...args)
        return inner.update(...args)
      },
    }
    const plain = createStoreSessionStorage(inner, { cookie: COOKIE })
    const old = toCookie(await plain.commitSession(await plain.getSession()))
    const storage = createStoreSessionStorage(resending, { cookie: COOKIE })
    const session = await storage.getSession(old)
    session.regenerate()
    session.set('user', 'ada')
    const cookie = toCookie(await storage.commitSession(session))
    expect((await plain.getSession(cookie)).get('user')).toBe('ada')
    expect((await plain.getSession(old)).origin).toBe('unknown')
  })

  it.each<[string, (session: Session) => void]>([
    ['writes', (session) => session.set('n', 1)],
    ['gets a new id', (session) => session.regenerate()],
    ['is renewed', () => {}],
  ])('keeps the life that was chosen by hand while another request %s', async (_, use) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    const storage = createStoreSessionStorage(createMemoryStore(10), {
      cookie: { secrets: [SECRET], maxAge: 1000 },
    })
    let cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const runner = createSessionRunner<undefined>({ storage })
    const visit = async (handler: (session: Session) => Promise<void>): Promise<void> => {
      const request = new Request('https://app.example/', { headers: { cookie } })
      const response = await runner(request, undefined, async (session) => {
        await handler(session)
        return { response: new Response('ok') }
      })
      cookie = toCookie(response.headers.getSetCookie()[0]) || cookie
    }
    vi.setSystemTime(start + 600_000)
    const before = cookie
    await visit(async (session) => {
      use(session)
      const other = await storage.getSession(before)
      other.set('chosen', true)
      await storage.commitSession(other, { maxAge: 60 })
    })
    vi.setSystemTime(start + 659_999)
    await visit(async (session) => expect(session.origin).toBe('resumed'))
    vi.setSystemTime(start + 660_000)
    await visit(async (session) => expect(session.origin).not.toBe('resumed'))
    vi.useRealTimers()
  })

  it('keeps what is written, and a new id that is asked for, while a commit by hand is waiting', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    session.set('a', 1)
    const create = store.create.bind(store)
    vi.spyOn(store, 'create').mockImplementationOnce((...args) => {
      session.set('b', 2)
      session.regenerate()
      return create(...args)
    })
    const old = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(old)).data).toEqual({ a: 1 })
    expect(session.changed).toBe(true)
    const cookie = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(cookie)).data).toEqual({ a: 1, b: 2 })
    expect((await storage.getSession(old)).origin).toBe('unknown')
  })

  it('clears the cookie where another has left a record that holds no session', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    await storage.commitSession(session)
    vi.spyOn(store, 'update').mockResolvedValue(null)
    vi.spyOn(store, 'read').mockResolvedValue({
      data: 'null',
      version: '9',
      expires: new Date(Date.now() + 1000),
    })
    expect(await storage.commitSession(session)).toContain('__session=; Max-Age=0')
  })

  it('says so where no id is free', async () => {
    const store = createMemoryStore(10)
    vi.spyOn(store, 'create').mockResolvedValue(null)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    await expect(storage.commitSession(await storage.getSession())).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
      message: expect.stringContaining('create met another write'),
    })
  })

  it('gives up, and says so, where every attempt meets another write', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE })
    const session = await storage.getSession()
    await storage.commitSession(session)
    vi.spyOn(store, 'update').mockResolvedValue(null)
    session.set('n', 1)
    await expect(storage.commitSession(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORAGE',
    })
  })

  it.each(['read', 'create', 'update', 'delete'] as const)(
    'fails with the cause where the store throws at %s, synchronously or not',
    async (method) => {
      const cause = new Error('connection lost')
      const store: SessionStore = createMemoryStore(10)
      const storage = createStoreSessionStorage(store, { cookie: COOKIE })
      const session = await storage.getSession()
      const cookie = toCookie(await storage.commitSession(session))
      const created = await storage.getSession()
      const uses = {
        read: () => storage.getSession(cookie),
        create: () => storage.commitSession(created),
        update: () => storage.commitSession(session),
        delete: () => storage.destroySession(session),
      }
      vi.spyOn(store, method).mockRejectedValueOnce(cause)
      await expect(uses[method]()).rejects.toMatchObject({
        code: 'ERR_SESSION_STORAGE',
        message: expect.stringContaining('connection lost'),
        cause,
      })
      vi.spyOn(store, method).mockRejectedValueOnce('a text')
      await expect(uses[method]()).rejects.toMatchObject({
        message: expect.stringContaining('a text'),
      })
      vi.spyOn(store, method).mockImplementationOnce(() => {
        throw cause
      })
      await expect(uses[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE', cause })
    },
  )

  it('clears it with the attributes of the call', async () => {
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    await storage.destroySession(await storage.getSession(cookie))
    expect(await storage.commitSession(session, { path: '/shop' })).toContain('; Path=/shop;')
  })

  it('clears the cookie of a session that was deleted meanwhile, by hand', async () => {
    const storage = createStoreSessionStorage(createMemoryStore(10), { cookie: COOKIE })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    await storage.destroySession(await storage.getSession(cookie))
    session.set('n', 1)
    expect(await storage.commitSession(session)).toContain('__session=; Max-Age=0')
  })
})

describe('timeout', () => {
  it('fails an operation that has no answer in time, with the cause', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE, timeout: 0.01 })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    const never = new Promise<never>(() => {})
    vi.spyOn(store, 'read').mockReturnValue(never)
    vi.spyOn(store, 'create').mockReturnValue(never)
    vi.spyOn(store, 'update').mockReturnValue(never)
    vi.spyOn(store, 'delete').mockReturnValue(never)
    const uses = [
      () => storage.getSession(cookie),
      async () => storage.commitSession(await storage.getSession()),
      () => storage.commitSession(session),
      () => storage.destroySession(session),
    ]
    for (const use of uses) {
      await expect(use()).rejects.toMatchObject({
        code: 'ERR_SESSION_STORAGE',
        cause: expect.objectContaining({ name: 'TimeoutError' }),
      })
    }
  })

  it.each([0, -1, Number.NaN, 1e10])('refuses %d seconds', (timeout) => {
    expect(() =>
      createStoreSessionStorage(createMemoryStore(1), { cookie: COOKIE, timeout }),
    ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})

describe('encryptAtRest', () => {
  const sealing = (store: SessionStore, secrets = [SECRET]) =>
    createStoreSessionStorage(store, { cookie: { secrets }, encryptAtRest: true })

  async function stored(store: SessionStore, storage = sealing(store)) {
    const create = vi.spyOn(store, 'create')
    const session = await storage.getSession()
    session.set('user', 'ada lovelace')
    const cookie = toCookie(await storage.commitSession(session))
    const [key = '', record] = create.mock.calls.at(-1) ?? []
    return { cookie, key, data: record?.data ?? '' }
  }

  it('shows the store nothing, and gives the values back', async () => {
    const store = createMemoryStore(10)
    const { cookie, data } = await stored(store)
    expect(data).toMatch(/^sealed:[\w-]+$/)
    expect(Buffer.from(data.slice(7), 'base64url').toString('latin1')).not.toMatch(/ada|user/)
    expect((await sealing(store).getSession(cookie)).get('user')).toBe('ada lovelace')
  })

  it('refuses a record that was copied to another row, or changed', async () => {
    const store = createMemoryStore(10)
    const [one, two] = [await stored(store), await stored(store)]
    const version = (await store.read(one.key))?.version ?? ''
    await store.update(one.key, version, { data: two.data })
    expect((await sealing(store).getSession(one.cookie)).origin).toBe('invalid')
  })

  it('reads what was written before it was set, and seals it at the next write', async () => {
    const store = createMemoryStore(10)
    const plain = createStoreSessionStorage(store, { cookie: COOKIE })
    const { cookie, key } = await stored(store, plain)
    const session = await sealing(store).getSession(cookie)
    session.set('more', 1)
    await sealing(store).commitSession(session)
    expect((await store.read(key))?.data).toMatch(/^sealed:/)
  })

  it('reads what an older secret has sealed', async () => {
    const store = createMemoryStore(10)
    const { cookie } = await stored(store, sealing(store, [OLD_SECRET]))
    const session = await sealing(store, [SECRET, OLD_SECRET]).getSession(cookie)
    expect(session.get('user')).toBe('ada lovelace')
  })

  it('is written anew, though nobody changes it, with the newest secret', async () => {
    const store = createMemoryStore(10)
    const { cookie, key } = await stored(store, sealing(store, [OLD_SECRET]))
    const rotated = sealing(store, [SECRET, OLD_SECRET])
    const runner = createSessionRunner<undefined>({ storage: rotated })
    const visit = async (current: string): Promise<string> => {
      const request = new Request('https://app.example/', { headers: { cookie: current } })
      const response = await runner(request, undefined, async () => ({ response: new Response() }))
      return toCookie(response.headers.getSetCookie()[0])
    }
    const before = (await store.read(key))?.data
    const renewed = await visit(cookie)
    expect((await store.read(key))?.data).not.toBe(before)
    expect(await visit(renewed)).toBe('')
    const later = await sealing(store, [SECRET]).getSession(renewed)
    expect(later.get('user')).toBe('ada lovelace')
  })

  it('refuses to run without secrets', () => {
    expect(() => sealing(createMemoryStore(1), [])).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})

describe('a renewal', () => {
  it('moves the expiry of record and cookie, and writes no data', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, {
      cookie: { secrets: [SECRET], maxAge: 100 },
    })
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const update = vi.spyOn(store, 'update')
    const runner = createSessionRunner<undefined>({ storage })
    vi.setSystemTime(Date.now() + 60_000)
    const request = new Request('https://app.example/', { headers: { cookie } })
    const outcome = { response: new Response('ok') }
    const { headers } = await runner(request, undefined, async () => outcome)
    const expires = new Date(Date.now() + 100_000)
    expect(update.mock.calls).toEqual([[expect.any(String), expect.any(String), { expires }]])
    expect(headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=100;')])
    vi.useRealTimers()
  })

  it('that a back end puts off sends no cookie either', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, {
      cookie: { secrets: [SECRET], maxAge: 100 },
    })
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    vi.spyOn(store, 'update').mockResolvedValue({ postponed: true })
    const runner = createSessionRunner<undefined>({ storage })
    vi.setSystemTime(Date.now() + 60_000)
    const request = new Request('https://app.example/', { headers: { cookie } })
    const response = await runner(request, undefined, async () => ({
      response: new Response('ok'),
    }))
    expect(response.headers.getSetCookie()).toEqual([])
    vi.useRealTimers()
  })
})
