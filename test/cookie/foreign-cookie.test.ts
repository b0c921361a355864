import { createCookie } from '@remix-run/cookie'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { CookieLike } from '../../src/cookie/foreign-cookie.ts'
import { withSession } from 'fetch-sessions/fetch'
import { createCookie as createReactRouterCookie } from 'react-router'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

describe('a Cookie of @remix-run/cookie in place of options', () => {
  const cookie = createCookie('remix', {
    secrets: [SECRET, OLD_SECRET],
    maxAge: 100,
    httpOnly: true,
    secure: true,
  })

  it.each([
    ['cookie storage', createCookieSessionStorage],
    ['memory storage', createMemorySessionStorage],
  ])('names, signs and serialises for %s, with the times inside', async (_, create) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = create({ cookie })
    const session = await storage.getSession()
    session.set('user', 'ada ü')
    const setCookie = await storage.commitSession(session)
    expect(setCookie).toMatch(/^remix=.+; HttpOnly; Max-Age=100; Path=\/; SameSite=Lax; Secure$/)
    const token = toCookie(setCookie)
    expect((await storage.getSession(token)).get('user')).toBe('ada ü')
    expect((await storage.getSession(token.slice(0, -2))).origin).toBe('tampered')
    vi.setSystemTime(Date.now() + 100_000)
    expect((await storage.getSession(token)).origin).toBe('expired')
    expect(await storage.destroySession(session)).toMatch(/^remix=; Expires=Thu, 01 Jan 1970/)
    vi.useRealTimers()
  })

  it('refuses what the same secret signed for another cookie', async () => {
    const other = createCookie('other', { secrets: [SECRET] })
    const elsewhere = createCookieSessionStorage({ cookie: other })
    const value = toCookie(await elsewhere.commitSession(await elsewhere.getSession()))
    const storage = createCookieSessionStorage({ cookie })
    const { origin } = await storage.getSession(value.replace('other=', 'remix='))
    expect(origin).toBe('tampered')
  })

  it('ends with the browser where a commit asks for that', async () => {
    const storage = createCookieSessionStorage({ cookie })
    const setCookie = await storage.commitSession(await storage.getSession(), { maxAge: undefined })
    expect(setCookie).not.toMatch(/Max-Age|Expires/)
  })

  it('warns where it signs nothing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    createCookieSessionStorage({ cookie: createCookie('unsigned') })
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('"unsigned" has no secrets'))
    const { name, parse, serialize } = createCookie('silent')
    createCookieSessionStorage({ cookie: { name, parse, serialize } })
    expect(warn).toHaveBeenCalledTimes(1)
    for (let i = 0; i < 2; i++) {
      createCookieSessionStorage({ cookie: createReactRouterCookie('unsigned-too') })
    }
    expect(warn).toHaveBeenCalledTimes(2)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('"unsigned-too" has no secrets'))
  })

  it('ends sessions with it: by maxAge, or else by its expires', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    const endOf = async (options: { maxAge?: number; expires?: Date }): Promise<unknown> => {
      const storage = createCookieSessionStorage({ cookie: createCookie('remix', options) })
      const session = await storage.getSession()
      await storage.commitSession(session)
      return session.expiresAt
    }
    const expires = new Date(Date.now() + 5000)
    expect(await endOf({ expires })).toEqual(expires)
    expect(await endOf({ expires, maxAge: 10 })).toEqual(new Date(Date.now() + 10_000))
    vi.useRealTimers()
  })

  it.each([
    [{ maxAge: 401 * 86400 }, '`cookie.maxAge` is 34646400'],
    [{ maxAge: 0 }, '`cookie.maxAge` is 0'],
    [{ expires: new Date(Number.NaN) }, '`expires` is Invalid Date'],
  ])('is refused with %o', (options, message) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {}) // React Router's own, of expires
    for (const create of [createCookie, createReactRouterCookie]) {
      const made = create('odd', { ...options, secrets: [SECRET] })
      expect(() => createCookieSessionStorage({ cookie: made })).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining(message),
        }),
      )
    }
  })

  it('is refused if it has no parse(), or if browsers would refuse it', () => {
    const { serialize } = cookie
    for (const [odd, message] of [
      [{ name: 'odd', serialize }, 'no parse()'],
      [createCookie('__Host-odd', { secrets: [SECRET] }), '`secure: true`'],
    ] as const) {
      expect(() => createCookieSessionStorage({ cookie: odd as CookieLike })).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining(message),
        }),
      )
    }
  })

  it('keeps its attributes where a commit leaves them undefined', async () => {
    const storage = createCookieSessionStorage({ cookie })
    const setCookie = await storage.commitSession(await storage.getSession(), { secure: undefined })
    expect(setCookie).toContain('; Secure')
  })

  it('calls tampered what its parse() throws on', async () => {
    const broken = { ...cookie, name: 'remix', serialize: async () => '' }
    const storage = createCookieSessionStorage({
      cookie: { ...broken, parse: () => Promise.reject(new Error('malformed')) },
    })
    expect((await storage.getSession('remix=1')).origin).toBe('tampered')
  })
})

describe("a Cookie of React Router's createCookie, whose expires moves", () => {
  const maxAge = 1000
  const cookie = createReactRouterCookie('rr', { secrets: [SECRET], maxAge })

  it.each([
    ['cookie storage', createCookieSessionStorage],
    ['memory storage', createMemorySessionStorage],
  ])('gives each session its whole life: %s', async (_, create) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = create({ cookie })
    vi.setSystemTime(Date.now() + 10 * maxAge * 1000)
    const session = await storage.getSession()
    session.set('n', 1)
    const setCookie = await storage.commitSession(session)
    expect(setCookie).toMatch(/^rr=.+; Max-Age=1000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(session.expiresAt).toEqual(new Date(Date.now() + maxAge * 1000))
    vi.setSystemTime(Date.now() + maxAge * 1000 - 1)
    expect((await storage.getSession(toCookie(setCookie))).origin).toBe('resumed')
    vi.setSystemTime(Date.now() + 1)
    expect((await storage.getSession(toCookie(setCookie))).origin).toBe('expired')
    vi.useRealTimers()
  })

  it('is renewed past half of its lifetime', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const fetch = withSession((_request, session) => new Response(`${session.get('n')}`), {
      storage: createCookieSessionStorage({ cookie }),
    })
    const storage = createCookieSessionStorage({ cookie })
    const session = await storage.getSession()
    session.set('n', 1)
    const headers = { cookie: toCookie(await storage.commitSession(session)) }
    const visit = async (): Promise<string[]> =>
      (await fetch(new Request('https://app.example/', { headers }))).headers.getSetCookie()
    vi.setSystemTime(Date.now() + 499_000)
    expect(await visit()).toEqual([])
    vi.setSystemTime(Date.now() + 2000)
    expect(await visit()).toEqual([expect.stringContaining('; Max-Age=1000;')])
    vi.useRealTimers()
  })

  it('keeps a fixed expires', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const expires = new Date(Date.now() + 60_000)
    const fixed = createReactRouterCookie('fixed', { secrets: [SECRET], expires })
    const storage = createMemorySessionStorage({ cookie: fixed })
    const session = await storage.getSession()
    session.set('n', 1)
    expect(await storage.commitSession(session)).toContain(`; Expires=${expires.toUTCString()};`)
    expect(session.expiresAt).toEqual(expires)
  })
})

describe('a foreign Cookie without HttpOnly and Secure', () => {
  const commit = async (cookie: CookieLike): Promise<string> => {
    const storage = createMemorySessionStorage({ cookie })
    const session = await storage.getSession()
    session.set('n', 1)
    return storage.commitSession(session)
  }

  it('gets both, in clearing too', async () => {
    const cookie = createReactRouterCookie('bare', { secrets: [SECRET] })
    expect(await commit(cookie)).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
    const storage = createMemorySessionStorage({ cookie })
    expect(await storage.destroySession(await storage.getSession())).toMatch(
      /^bare=; Max-Age=0; Path=\/; .*; HttpOnly; Secure/,
    )
  })

  it.each([
    [{ httpOnly: false }, ['Secure']],
    [{ secure: false }, ['HttpOnly']],
    [{ secure: false, httpOnly: false }, []],
  ])('gets none that it exposes as %o', async (exposed, expected) => {
    const { name, parse, serialize } = createReactRouterCookie('chosen', { secrets: [SECRET] })
    const setCookie = await commit({ name, parse, serialize, ...exposed })
    expect(setCookie.match(/HttpOnly|Secure/g) ?? []).toEqual(expected)
  })

  it('gets none from @remix-run/cookie, which exposes false for both', async () => {
    const cookie = createCookie('remix', { secrets: [SECRET] })
    expect(await commit(cookie)).not.toMatch(/HttpOnly|Secure/)
  })
})
