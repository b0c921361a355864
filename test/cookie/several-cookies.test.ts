import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

describe('a request with several cookies of the name', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A cookie, issued a second after the one before. */
  const tokenOf = async (storage: SessionStorage, name: string): Promise<string> => {
    vi.setSystemTime(Date.now() + 1000)
    const session = await storage.getSession()
    session.set('name', name)
    return toCookie(await storage.commitSession(session))
  }

  it('resumes the authentic one that was issued last, among the first eight', async () => {
    const storage = storageWith({})
    const [one, two] = [await tokenOf(storage, 'one'), await tokenOf(storage, 'two')]
    const junk = Array.from({ length: 6 }, (_, i) => `__session=junk${i}`).join('; ')
    for (const [header, name] of [
      [`${one}; ${junk}; ${two}`, 'two'],
      [`${two}; ${junk}; ${one}`, 'two'],
      [`${one}; ${junk}; __session=junk6; ${two}`, 'one'],
    ] as const) {
      expect((await storage.getSession(header)).get('name')).toBe(name)
    }
  })

  it('gives the place of a dead id to no other', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const living = await tokenOf(storage, 'living')
    const dead = await tokenOf(storage, 'dead')
    await storage.destroySession(await storage.getSession(dead))
    for (const header of [`${dead}; ${living}`, `${living}; ${dead}`]) {
      expect((await storage.getSession(header)).get('name')).toBeUndefined()
    }
  })

  it('tells the reason that says the most where none is good', async () => {
    const storage = storageWith({ maxAge: 10 })
    const old = await tokenOf(storage, 'old')
    vi.setSystemTime(Date.now() + 10_000)
    expect((await storage.getSession(`__session=junk; ${old}`)).origin).toBe('expired')
    expect((await storage.getSession('__session=junk')).origin).toBe('tampered')
  })
})
