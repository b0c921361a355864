import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
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
