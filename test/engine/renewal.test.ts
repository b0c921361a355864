import { createCookieSessionStorage, createStoreSessionStorage, SessionError } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
import { engineOf } from '../../src/engine/session-storage.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { visit } from '../support/visit.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const storageOver = (store: SessionStore, maxAge = 100): SessionStorage =>
  createStoreSessionStorage(store, { cookie: { secrets: [SECRET], maxAge } })

describe('a renewal', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('moves the expiry of record and cookie, and writes no data', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const update = vi.spyOn(store, 'update')
    vi.setSystemTime(Date.now() + 60_000)
    const { headers } = await visit({ storage, cookie })
    const expires = new Date(Date.now() + 100_000)
    expect(update.mock.calls).toEqual([[expect.any(String), expect.any(String), { expires }]])
    expect(headers.getSetCookie()).toEqual([expect.stringContaining('; Max-Age=100;')])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['puts off', async () => ({ postponed: true })],
    ['cannot make', async () => Promise.reject(new Error('connection lost'))],
  ])('that a back end %s sends no cookie, and fails no request', async (_, update) => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    vi.spyOn(store, 'update').mockImplementation(update as SessionStore['update'])
    vi.setSystemTime(Date.now() + 60_000)
    const { status, headers } = await visit({ storage, cookie })
    expect([status, headers.getSetCookie()]).toEqual([200, []])
  })

  it('that fails for the storage says nothing, and for another reason says it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    vi.setSystemTime(Date.now() + 60_000)
    const update = vi.spyOn(store, 'update')
    update.mockRejectedValueOnce(new Error('connection lost'))
    expect((await visit({ storage, cookie })).status).toBe(200)
    expect(warn).not.toHaveBeenCalled()
    update.mockRejectedValueOnce(new SessionError('ERR_SESSION_CONFIG', 'the table is missing'))
    expect((await visit({ storage, cookie })).status).toBe(200)
    expect(warn.mock.calls).toEqual([
      ['fetch-sessions: a session was not renewed: the table is missing'],
    ])
  })

  it('that meets a fault, such as one of a Cookie object, fails the request', async () => {
    const storage = storageOver(createMemoryStore(10))
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    vi.setSystemTime(Date.now() + 60_000)
    const fault = new TypeError('of the Cookie object')
    vi.spyOn(engineOf(storage).cookie, 'serialize').mockRejectedValue(fault)
    await expect(visit({ storage, cookie })).rejects.toBe(fault)
  })

  it.each<[string, { rolling?: boolean; request?: (cookie: string) => Request }]>([
    ['without `rolling`', { rolling: false }],
    [
      'with a HEAD, of which nobody may see the cookie',
      {
        request: (cookie) =>
          new Request('https://app.example/', { method: 'HEAD', headers: { cookie } }),
      },
    ],
  ])('is not made by a write %s', async (_, { rolling, request }) => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    vi.setSystemTime(Date.now() + 60_000)
    const update = vi.spyOn(store, 'update')
    const options = { storage, cookie, rolling, ...(request && { request: request(cookie) }) }
    const { headers } = await visit(options, (session) => session.set('n', 1))
    expect(headers.getSetCookie()).toEqual([])
    expect(update.mock.calls).toEqual([
      [expect.any(String), expect.any(String), { data: expect.stringContaining('"n":1') }],
    ])
  })

  it('is not made of a cookie before it is due, though somebody is signed in', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 100 } })
    const session = await storage.getSession()
    session.signIn('ada')
    const cookie = toCookie(await storage.commitSession(session))
    const { headers } = await visit({ storage, cookie }, ({ userId }) => new Response(userId))
    expect(headers.getSetCookie()).toEqual([])
  })

  it.each<[string, (session: Session) => void]>([
    ['writes', (session) => session.set('n', 1)],
    ['gets a new id', (session) => session.regenerate()],
    ['is renewed', () => {}],
  ])('keeps the life that was chosen by hand while another request %s', async (_, use) => {
    const start = Date.now()
    const storage = createStoreSessionStorage(createMemoryStore(10), {
      cookie: { secrets: [SECRET], maxAge: 1000 },
    })
    let cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const next = async (handler: (session: Session) => unknown): Promise<void> => {
      const response = await visit({ storage, cookie }, handler)
      cookie = toCookie(response.headers.getSetCookie()[0]) || cookie
    }
    vi.setSystemTime(start + 600_000)
    const before = cookie
    await next(async (session) => {
      use(session)
      const other = await storage.getSession(before)
      other.set('chosen', true)
      await storage.commitSession(other, { maxAge: 60 })
    })
    vi.setSystemTime(start + 659_999)
    await next(async (session) => expect(session.origin).toBe('resumed'))
    vi.setSystemTime(start + 660_000)
    await next(async (session) => expect(session.origin).not.toBe('resumed'))
  })
})
