import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
} from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

describe('a request with several cookies of the name', () => {
  const tokenOf = async (storage: SessionStorage, name: string): Promise<string> => {
    const session = await storage.getSession()
    session.set('name', name)
    return toCookie(await storage.commitSession(session))
  }

  it('resumes the first that authenticates, wherever among the first eight it stands', async () => {
    const storage = storageWith({})
    const [one, two] = [await tokenOf(storage, 'one'), await tokenOf(storage, 'two')]
    const junk = Array.from({ length: 7 }, (_, i) => `__session=junk${i}`).join('; ')
    for (const [header, name] of [
      [`${junk}; ${one}; ${two}`, 'one'],
      [`${two}; ${junk}; ${one}`, 'two'],
      [`${junk}; __session=junk7; ${one}`, undefined],
    ] as const) {
      expect((await storage.getSession(header)).get('name')).toBe(name)
    }
  })

  it('passes over a dead id for a living one, but looks up no more than a few', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const living = await tokenOf(storage, 'living')
    const dead: string[] = []
    for (let i = 0; i < 4; i++) {
      const token = await tokenOf(storage, 'dead')
      await storage.destroySession(await storage.getSession(token))
      dead.push(token)
    }
    expect((await storage.getSession(`${dead[0]}; ${living}`)).get('name')).toBe('living')
    const few = [...dead.slice(0, 3), living].join('; ')
    expect((await storage.getSession(few)).get('name')).toBe('living')
    const flooded = await storage.getSession([...dead, living].join('; '))
    expect(flooded.origin).toBe('unknown')
  })

  it('tells the reason that says the most where none is good', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = storageWith({ maxAge: 10 })
    const old = await tokenOf(storage, 'old')
    vi.setSystemTime(Date.now() + 10_000)
    expect((await storage.getSession(`__session=junk; ${old}`)).origin).toBe('expired')
    expect((await storage.getSession('__session=junk')).origin).toBe('tampered')
    vi.useRealTimers()
  })

  it('ranks the reasons: expired, unknown, invalid, tampered', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const ids = ['old', 'gone', 'odd']
    const storage = createSessionStorage({
      cookie: { secrets: [SECRET] },
      createData: async () => ids.shift() ?? '',
      readData: async (id) => (id === 'odd' ? ('no object' as never) : null),
      updateData: async () => {},
      deleteData: async () => {},
    })
    const commit = async (maxAge?: number): Promise<string> =>
      toCookie(await storage.commitSession(await storage.getSession(), { maxAge }))
    const cookies = [await commit(1), await commit(), await commit(), '__session=junk']
    vi.setSystemTime(Date.now() + 1000)
    for (const [i, origin] of ['expired', 'unknown', 'invalid', 'tampered'].entries()) {
      const header = cookies.slice(i).toReversed().join('; ')
      expect((await storage.getSession(header)).origin).toBe(origin)
    }
    vi.useRealTimers()
  })
})
