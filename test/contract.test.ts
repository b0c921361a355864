import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSession,
  createSessionStorage,
  isSession,
} from 'fetch-sessions'
import type { FlashSessionData, SessionData, SessionStorage } from 'fetch-sessions'
import { toCookie } from './support/client.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

// The secrets here are short on purpose, and outside of production that is a warning.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const cookieStorage = createCookieSessionStorage({
  cookie: {
    name: '__session',
    secrets: ['s3cr3t'],
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    maxAge: 60 * 60 * 24 * 30,
  },
})

describe('the session API', () => {
  it('sets, flashes, reads and commits', async () => {
    const request = new Request('https://app.example/')
    const session = await cookieStorage.getSession(request.headers.get('Cookie'))
    session.set('userId', '12345')
    session.set('theme', 'dark')
    session.set('cartItems', ['item1', 'item2'])
    session.flash('successMessage', 'Profile updated successfully!')
    session.flash('errorMessage', 'Invalid email address')
    expect([session.has('userId'), session.has('successMessage')]).toEqual([true, true])
    expect(session.get('userId')).toBe('12345')
    expect(session.get('successMessage')).toBe('Profile updated successfully!')
    expect(session.get('successMessage')).toBeUndefined()

    const response = new Response()
    response.headers.set('Set-Cookie', await cookieStorage.commitSession(session))
    const [setCookie] = response.headers.getSetCookie()
    expect(setCookie).toMatch(
      /^__session=[\w-]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    const next = await cookieStorage.getSession(toCookie(setCookie))
    expect(next.data).toEqual({
      userId: '12345',
      theme: 'dark',
      cartItems: ['item1', 'item2'],
      __flash_errorMessage__: 'Invalid email address',
    })
  })

  it('is the same for memory storage', async () => {
    const memoryStorage = createMemorySessionStorage({
      cookie: { name: '__session', secrets: ['s3cr3t'], maxAge: 60 * 60 * 24 },
    })
    const session = await memoryStorage.getSession()
    session.set('user', { id: '123', name: 'Alice' })
    const setCookie = await memoryStorage.commitSession(session)
    const sameSession = await memoryStorage.getSession(toCookie(setCookie))
    expect(sameSession.get('user')).toEqual({ id: '123', name: 'Alice' })
    expect(sameSession.id).toBe(session.id)
    await memoryStorage.destroySession(sameSession)
    expect((await memoryStorage.getSession(toCookie(setCookie))).data).toEqual({})
  })

  it('destroys sessions', async () => {
    const session = await cookieStorage.getSession()
    expect(await cookieStorage.destroySession(session)).toBe(
      '__session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    )
  })

  it('fills a shopping cart without types', async () => {
    const session = await cookieStorage.getSession()
    const cart = session.get('cart') || []
    cart.push('tea')
    session.set('cart', cart)
    session.get('cart').push('mug')
    const next = await cookieStorage.getSession(
      toCookie(await cookieStorage.commitSession(session)),
    )
    expect(next.get('cart')).toEqual(['tea', 'mug'])
  })

  it('tells sessions from other objects', async () => {
    expect(isSession(await cookieStorage.getSession())).toBe(true)
    expect(isSession({})).toBe(false)
  })

  it('rotates secrets', async () => {
    const before = createCookieSessionStorage({ cookie: { secrets: ['secret2'] } })
    const after = createCookieSessionStorage({ cookie: { secrets: ['secret1', 'secret2'] } })
    const session = await before.getSession()
    session.set('userId', '1')
    const resumed = await after.getSession(toCookie(await before.commitSession(session)))
    expect(resumed.get('userId')).toBe('1')
    const renewed = toCookie(await after.commitSession(resumed))
    expect((await before.getSession(renewed)).origin).toBe('tampered')
  })

  it('refuses cookies that browsers would not keep', async () => {
    const largeSession = await cookieStorage.getSession()
    largeSession.set('data', 'x'.repeat(5000))
    await expect(cookieStorage.commitSession(largeSession)).rejects.toThrow(
      /^Cookie length will exceed browser maximum. Length: \d+/,
    )
  })

  it('makes sessions by hand', () => {
    expect(createSession().id).toBe('')
    const session = createSession({ a: 1 }, 'id')
    expect([session.id, session.get('a')]).toEqual(['id', 1])
  })
})

describe('a custom storage', () => {
  function createDatabase(name = '__session'): {
    storage: SessionStorage
    rows: Map<string, { data: string; expires: Date | undefined }>
  } {
    const rows = new Map<string, { data: string; expires: Date | undefined }>()
    const storage = createSessionStorage({
      cookie: { name, secrets: ['db-secret'], secure: true, httpOnly: true },
      async createData(data, expires) {
        const id = `row-${rows.size + 1}`
        rows.set(id, { data: JSON.stringify(data), expires })
        return id
      },
      async readData(id) {
        const row = rows.get(id)
        if (!row || (row.expires && row.expires < new Date())) return null
        return JSON.parse(row.data) as FlashSessionData<SessionData, SessionData>
      },
      async updateData(id, data, expires) {
        rows.set(id, { data: JSON.stringify(data), expires })
      },
      async deleteData(id) {
        rows.delete(id)
      },
    })
    return { storage, rows }
  }

  it('creates, reads, updates and deletes through its strategy', async () => {
    const { storage, rows } = createDatabase()
    const session = await storage.getSession()
    session.set('n', 1)
    session.flash('notice', 'hi')
    const token = toCookie(await storage.commitSession(session))
    expect([...rows]).toEqual([
      [
        'row-1',
        { data: '{"n":1,"__flash_notice__":"hi"}', expires: new Date(Date.now() + 14 * 86400e3) },
      ],
    ])
    const resumed = await storage.getSession(token)
    expect([resumed.id, resumed.get('n'), resumed.get('notice')]).toEqual(['row-1', 1, 'hi'])
    await storage.commitSession(resumed)
    expect(rows.get('row-1')?.data).toBe('{"n":1}')
    vi.setSystemTime(Date.now() + 1000)
    await storage.commitSession(resumed)
    expect(rows.get('row-1')?.expires).toEqual(new Date(Date.now() + 14 * 86400e3))
    await storage.destroySession(resumed)
    expect(rows.size).toBe(0)
    expect((await storage.getSession(token)).origin).toBe('unknown')
  })

  it('updates the record of a session that was made by hand with an id', async () => {
    const { storage, rows } = createDatabase()
    await storage.commitSession(createSession({ n: 5 }, 'row-9'))
    expect(rows.get('row-9')?.data).toBe('{"n":5}')
  })

  it('leaves its records alone where a session of another storage has the same id', async () => {
    const [one, two] = [createDatabase(), createDatabase('other')]
    const commit = async (storage: SessionStorage, n: number): Promise<void> => {
      const session = await storage.getSession()
      session.set('n', n)
      await storage.commitSession(session)
    }
    await commit(one.storage, 1)
    await commit(two.storage, 2)
    const session = await two.storage.getSession()
    session.set('n', 3)
    await two.storage.commitSession(session) // row-2
    await commit(one.storage, 4) // row-2
    await one.storage.destroySession(session)
    expect([...one.rows.keys()]).toEqual(['row-1', 'row-2'])
    const other = await two.storage.getSession()
    await two.storage.commitSession(other) // row-3
    await one.storage.commitSession(other)
    expect([...one.rows.keys()]).toEqual(['row-1', 'row-2', 'row-3'])
    expect(one.rows.get('row-2')?.data).toBe('{"n":4}')
  })

  it('sends no cookie if its strategy says that the record is gone', async () => {
    const strategy = {
      cookie: { secrets: ['db-secret'] },
      createData: vi.fn(async () => 'id'),
      readData: async () => ({}),
      updateData: async () => false,
      deleteData: async () => {},
    }
    const storage = createSessionStorage(strategy)
    const session = await storage.getSession()
    await storage.commitSession(session)
    session.set('n', 1)
    expect(await storage.commitSession(session)).toBe('')
    expect(strategy.createData).toHaveBeenCalledTimes(1)
  })

  it('is asked to delete what a cookie names, and nothing without one', async () => {
    const deleteData = vi.fn(async (_id: string) => {})
    const storage = createSessionStorage({
      cookie: { secrets: ['db-secret'] },
      createData: async () => 'id',
      readData: async () => undefined as never,
      updateData: async () => {},
      deleteData,
    })
    const session = await storage.getSession()
    session.regenerate()
    const token = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(token)).origin).toBe('unknown')
    await storage.destroySession(await storage.getSession())
    expect(deleteData).not.toHaveBeenCalled()
    await storage.destroySession(await storage.getSession(token))
    expect(deleteData.mock.calls).toEqual([['id']])
    deleteData.mockRejectedValue(new Error('connection lost'))
    session.regenerate()
    for (const fails of [storage.commitSession(session), storage.destroySession(session)]) {
      await expect(fails).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE' })
    }
  })

  it('gives another id with regenerate(), and deletes the old record', async () => {
    const { storage, rows } = createDatabase()
    const session = await storage.getSession()
    session.set('n', 1)
    await storage.commitSession(session)
    session.regenerate()
    await storage.commitSession(session)
    expect([...rows.keys()]).toEqual(['row-2'])
    expect(session.id).toBe('row-2')
  })
})

describe('flash messages', () => {
  it('are consumed by the first read, in whatever request that is', async () => {
    const session = await cookieStorage.getSession()
    session.flash('success', 'Account created successfully!')
    session.flash('error', 'Invalid password')
    session.set('userId', '123')
    const next = await cookieStorage.getSession(
      toCookie(await cookieStorage.commitSession(session)),
    )
    expect(next.has('success')).toBe(true)
    expect(next.get('success')).toBe('Account created successfully!')
    expect([next.has('success'), next.get('success')]).toEqual([false, undefined])
    const last = await cookieStorage.getSession(toCookie(await cookieStorage.commitSession(next)))
    expect([last.get('success'), last.get('error'), last.get('userId')]).toEqual([
      undefined,
      'Invalid password',
      '123',
    ])
  })
})

describe('session expiration', () => {
  const commit = async (
    options?: Parameters<SessionStorage['commitSession']>[1],
  ): Promise<string> => cookieStorage.commitSession(await cookieStorage.getSession(), options)

  it('is the default, or chosen for one commit', async () => {
    expect(await commit()).toContain('; Max-Age=2592000;')
    expect(await commit({ maxAge: 60 * 60 })).toContain('; Max-Age=3600;')
    const byDate = await commit({ expires: new Date(Date.now() + 60 * 60 * 1000) })
    expect(byDate).toContain('; Expires=Thu, 01 Jan 2026 01:00:00 GMT')
    expect(byDate).not.toContain('Max-Age')
    expect(await commit({ maxAge: undefined })).not.toMatch(/Max-Age|Expires/)
  })

  it('is enforced by the server', async () => {
    const byAge = toCookie(await commit({ maxAge: 60 * 60 }))
    const byDate = toCookie(await commit({ expires: new Date(Date.now() + 60 * 60 * 1000) }))
    const origins = async (): Promise<string[]> =>
      Promise.all(
        [byAge, byDate].map(async (token) => (await cookieStorage.getSession(token)).origin),
      )
    vi.setSystemTime(Date.now() + 60 * 60 * 1000 - 1)
    expect(await origins()).toEqual(['resumed', 'resumed'])
    vi.setSystemTime(Date.now() + 1)
    expect(await origins()).toEqual(['expired', 'expired'])
  })

  it('is over at once with a date before 1970', async () => {
    const token = toCookie(await commit({ expires: new Date(-1) }))
    expect((await cookieStorage.getSession(token)).origin).toBe('expired')
  })

  it('is chosen anew by the next commit', async () => {
    const session = await cookieStorage.getSession()
    await cookieStorage.commitSession(session, { maxAge: 60 })
    const longer = toCookie(await cookieStorage.commitSession(session, { maxAge: 3600 }))
    vi.setSystemTime(Date.now() + 3599_000)
    expect((await cookieStorage.getSession(longer)).origin).toBe('resumed')
    expect(await cookieStorage.commitSession(session, { maxAge: undefined })).not.toContain(
      'Max-Age',
    )
    expect(await cookieStorage.commitSession(session)).toContain('; Max-Age=2592000;')
  })

  it('is by maxAge before expires, and over where it is negative', async () => {
    const both = await commit({ maxAge: 60, expires: new Date(Date.now() + 1000) })
    expect(both).toContain('; Max-Age=60;')
    expect(both).not.toContain('Expires')
    expect(await commit({ maxAge: -60 })).toContain('; Max-Age=0;')
  })

  it('is told to the browser where the storage itself has none', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: ['secret'] } })
    const session = await storage.getSession()
    expect(await storage.commitSession(session)).not.toContain('Max-Age')
    expect(await storage.commitSession(session, { maxAge: 60 })).toContain('; Max-Age=60;')
  })

  it('refuses a date that is none', async () => {
    await expect(commit({ expires: new Date('never') })).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
    })
  })
})

describe('session management patterns', () => {
  interface Data {
    userId: string
    cart: string[]
  }
  const storage = createCookieSessionStorage<Data, { error: string; success: string }>({
    cookie: { secrets: ['secret'] },
  })

  const redirect = (location: string, headers: Record<string, string>): Response =>
    new Response(null, { status: 302, headers: { location, ...headers } })

  async function loader(request: Request): Promise<Response> {
    const session = await storage.getSession(request.headers.get('Cookie'))
    if (!session.get('userId')) {
      session.flash('error', 'Please log in to continue')
      return redirect('/login', { 'Set-Cookie': await storage.commitSession(session) })
    }
    return Response.json({ user: session.get('userId'), successMessage: session.get('success') })
  }

  async function addToCart(request: Request, productId: string): Promise<Response> {
    const session = await storage.getSession(request.headers.get('Cookie'))
    const cart = session.get('cart') ?? []
    cart.push(productId)
    session.set('cart', cart)
    session.flash('success', 'Item added to cart!')
    return redirect('/products', { 'Set-Cookie': await storage.commitSession(session) })
  }

  const requestWith = (response?: Response): Request =>
    new Request('https://app.example/', {
      headers: response ? { Cookie: toCookie(response.headers.getSetCookie()[0]) } : {},
    })

  it('redirects with a flash message, and reads it once', async () => {
    const response = await loader(requestWith())
    expect(response.headers.get('location')).toBe('/login')
    const session = await storage.getSession(requestWith(response).headers.get('Cookie'))
    expect(session.get('error')).toBe('Please log in to continue')
  })

  it('fills a cart', async () => {
    const one = await addToCart(requestWith(), 'tea')
    const two = await addToCart(requestWith(one), 'mug')
    const session = await storage.getSession(requestWith(two).headers.get('Cookie'))
    expect([session.get('cart'), session.get('success')]).toEqual([
      ['tea', 'mug'],
      'Item added to cart!',
    ])
  })
})

describe('invalid input', () => {
  it.each([null, undefined, '', 'invalid', '__session=corrupted.signature'])(
    'gives an empty session: %j',
    async (header) => {
      const session = await cookieStorage.getSession(header)
      expect([session.id, session.get('anything'), session.data]).toEqual(['', undefined, {}])
    },
  )

  it('is decoded by a decode option', async () => {
    const reverse = (value: string): string => [...value].toReversed().join('')
    const session = await cookieStorage.getSession()
    session.set('n', 1)
    const [, token = ''] = toCookie(await cookieStorage.commitSession(session)).split('=')
    const header = `__session=${reverse(token)}`
    expect((await cookieStorage.getSession(header)).origin).toBe('tampered')
    expect((await cookieStorage.getSession(header, { decode: reverse })).get('n')).toBe(1)
  })

  it('is whatever a decode option throws on, too', async () => {
    const decode = (value: string): string => decodeURIComponent(value)
    const { origin } = await cookieStorage.getSession('__session=%E0%A4', { decode })
    expect(origin).toBe('tampered')
  })
})
