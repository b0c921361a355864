import { Buffer } from 'node:buffer'

import { createCookie } from '@remix-run/cookie'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
} from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { readCookieValues } from '../../src/cookie/cookie-header.ts'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

async function setCookieOf(cookie: CookieOptions): Promise<string> {
  const storage = storageWith(cookie)
  return storage.commitSession(await storage.getSession())
}

describe('the session cookie', () => {
  it('takes no value for its own that is longer than any that a browser keeps', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const storage = createCookieSessionStorage<{ a: unknown }>()
    const cookieOf = (depth: number): string => {
      const body = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const token = JSON.stringify([1, 'cookie', '__session', 0, 8e15, 0, body])
      return `__session=${Buffer.from(token).toString('base64url')}`
    }
    expect((await storage.getSession(cookieOf(10))).origin).toBe('resumed')
    // So deep that JSON could not be written again.
    const session = await storage.getSession(cookieOf(5000))
    expect([session.origin, session.get('a')]).toEqual(['tampered', undefined])
  })

  it('has safe defaults', async () => {
    expect(await setCookieOf({})).toMatch(
      /^__session=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  it('takes every attribute', async () => {
    const attributes: CookieOptions = {
      name: '__Secure-id',
      domain: 'app.example',
      path: '/shop',
      httpOnly: false,
      sameSite: 'None',
      partitioned: true,
      maxAge: 60,
    }
    expect(await setCookieOf(attributes)).toMatch(
      /^__Secure-id=[\w-]+; Max-Age=60; Domain=app.example; Path=\/shop; Secure; Partitioned; SameSite=None$/,
    )
  })

  it.each<[string, CookieOptions, string]>([
    ['__Host- with a domain', { name: '__Host-a', domain: 'app.example' }, 'no `domain`'],
    ['__Host- with a path', { name: '__Host-a', path: '/shop' }, "`path: '/'`"],
    ['__Host- without Secure', { name: '__Host-a', secure: false }, '`secure: true`'],
    ['__host- in any case, with a domain', { name: '__hOsT-a', domain: 'a.example' }, '`domain`'],
    ['__host- in any case', { name: '__hOsT-a', secure: false }, '`secure: true`'],
    ['__Secure- without Secure', { name: '__Secure-a', secure: false }, '`secure: true`'],
    ['SameSite=None without Secure', { sameSite: 'none', secure: false }, 'SameSite=None'],
    ['SameSite=NONE without Secure', { sameSite: 'None', secure: false }, 'SameSite=None'],
    ['Partitioned without Secure', { partitioned: true, secure: false }, 'Partitioned'],
    ['a name with a space', { name: 'a b' }, 'name'],
    ['a name with a line break', { name: 'a\r\nSet-Cookie: b' }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a domain with an attribute', { domain: 'a; Secure' }, 'domain'],
    ['a path with an attribute', { path: '/; Domain=evil.example' }, 'path'],
    ['an unknown SameSite', { sameSite: 'loose' as 'lax' }, 'sameSite'],
    ['a maxAge that is no number', { maxAge: Number.NaN }, '`maxAge`'],
    ['a maxAge without end', { maxAge: Infinity }, '`maxAge`'],
    ['a maxAge of nothing', { maxAge: 0 }, '`cookie.maxAge`'],
    ['an empty secret', { secrets: [''] }, 'secret'],
    ['a missing secret', { secrets: [undefined as unknown as string] }, 'secret'],
    ['an unknown protection', { protection: 'none' as 'signed' }, '`protection`'],
    ['signed without secrets', { protection: 'signed', secrets: [] }, '`secrets`'],
    ['acceptSigned without secrets', { acceptSigned: true, secrets: [] }, '`secrets`'],
    ['acceptSigned with signed', { protection: 'signed', acceptSigned: true }, '`acceptSigned`'],
  ])('is refused when it is made: %s', (_, cookie, message) => {
    expect(() => storageWith(cookie)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(message),
      }),
    )
  })

  it('is held to the same rules where a commit overrides it', async () => {
    const storage = storageWith({ name: '__Host-a' })
    const session = await storage.getSession()
    for (const options of [{ secure: false }, { domain: 'app.example' }, { path: '/a' }]) {
      await expect(storage.commitSession(session, options)).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
      })
    }
  })

  it.each([{ sameSite: 'none' as const }, { partitioned: true }])(
    'is refused where a commit asks for %o without Secure',
    async (options) => {
      const storage = storageWith({ secure: false })
      await expect(
        storage.commitSession(await storage.getSession(), options),
      ).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    },
  )

  it('keeps its attributes where a commit leaves them undefined', async () => {
    const storage = storageWith({ path: '/shop' })
    const options = { path: undefined, httpOnly: undefined, secure: undefined, sameSite: undefined }
    expect(await storage.commitSession(await storage.getSession(), options)).toMatch(
      /; Path=\/shop; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  it('tells the browser its fixed end, or rather its maxAge where it has both', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.useFakeTimers({ toFake: ['Date'] })
    const expires = new Date(Date.UTC(2100, 0, 1))
    expect(await setCookieOf({ expires })).toContain('; Expires=Fri, 01 Jan 2100 00:00:00 GMT')
    const both = { maxAge: 60.5, expires: new Date(Date.now() + 1000) }
    const setCookie = await setCookieOf(both)
    expect(setCookie).toContain('; Max-Age=60;')
    expect(setCookie).not.toContain('Expires')
    vi.setSystemTime(Date.now() + 59_000)
    expect((await storageWith(both).getSession(toCookie(setCookie))).origin).toBe('resumed')
    vi.useRealTimers()
  })

  it('gives the error of the cookie package as the cause', () => {
    expect(() => storageWith({ name: 'a b' })).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError) }),
    )
  })

  it('refuses short secrets in production, and warns elsewhere', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    storageWith({ secrets: ['fifteen chars !'] })
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('15 characters'))
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => storageWith({ secrets: [SECRET, 'fifteen chars !'] })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
    expect(() => storageWith({ secrets: ['16 characters...'] })).not.toThrow()
  })

  it('warns once of missing secrets, of a fixed expiry and of more than 400 days', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await setCookieOf({ name: 'warned', maxAge: 400 * 24 * 60 * 60 })
    const options: CookieOptions = { name: 'warned', maxAge: 401 * 24 * 60 * 60, secrets: [] }
    for (let i = 0; i < 2; i++) {
      expect(await setCookieOf(options)).toContain('; Max-Age=34560000;')
      await setCookieOf({ name: 'warned', expires: new Date(Date.now() + 1000) })
    }
    expect(
      warn.mock.calls.map(([text]) => /no secrets|fixed `expires`|400 days/.exec(text)?.[0]),
    ).toEqual(['400 days', 'no secrets', 'fixed `expires`'])
  })

  it('is refused at commit above 4096 bytes, naming the largest keys', async () => {
    const storage = storageWith({})
    const session = await storage.getSession()
    session.set('tiny', 0)
    session.set('small', 10)
    session.set('large', 'x'.repeat(5000))
    session.set('medium', 'ü'.repeat(100))
    await expect(storage.commitSession(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_COOKIE_TOO_LARGE',
      message: expect.stringMatching(
        /^Cookie length will exceed browser maximum\. Length: \d{4}\..*"large" \(5002 bytes\), "medium" \(202 bytes\), "small" \(2 bytes\)\. Keep/,
      ),
    })
    expect(session.changed).toBe(true)
  })

  it('fits at exactly 4096 bytes', async () => {
    const lengths: number[] = []
    // One character more for lengths that base64 does not have.
    for (const name of ['__session', '__session1']) {
      const storage = storageWith({ name })
      const session = await storage.getSession()
      for (let size = 2900; size < 3100; size++) {
        session.set('data', 'x'.repeat(size))
        const text = await storage.commitSession(session).catch(() => '')
        lengths.push(text.length)
      }
    }
    expect(Math.max(...lengths)).toBe(4096)
    expect(lengths).toContain(0)
  })
})

describe('readCookieValues', () => {
  it.each([
    [null, []],
    ['', []],
    ['a=1', ['1']],
    ['b=2; a=1;c=3', ['1']],
    ['a=1; a=2; a=1', ['1', '2']],
    ['a=', []],
    ['a', []],
    ['A=1; aa=2; b=a=3', []],
    ['  a=x=y=z  ', ['x=y=z']],
    [';;; a=1 ;', ['1']],
    ['\ta=1\t', ['1']],
    // What JavaScript trims and HTTP does not: a browser would not hold these names to a prefix.
    ['\u00a0a=1; \u2000a=2; \ufeffa=3; \va=4; \fa=5', []],
  ])('of %j', (header, values) => {
    expect(readCookieValues(header, 'a')).toEqual(values)
  })
})

describe('a request with several cookies of the name', () => {
  const tokenOf = async (storage: SessionStorage, name: string): Promise<string> => {
    const session = await storage.getSession()
    session.set('name', name)
    return toCookie(await storage.commitSession(session))
  }

  it('resumes the first that authenticates, wherever it stands', async () => {
    const storage = storageWith({})
    const [one, two] = [await tokenOf(storage, 'one'), await tokenOf(storage, 'two')]
    const junk = Array.from({ length: 20 }, (_, i) => `__session=junk${i}`).join('; ')
    for (const [header, name] of [
      [`${junk}; ${one}; ${two}`, 'one'],
      [`${two}; ${junk}; ${one}`, 'two'],
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
  })

  it('ends sessions with it: by maxAge of at most 400 days, or else by its expires', async () => {
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
    expect(await endOf({ maxAge: 401 * 86400 })).toEqual(new Date(Date.now() + 400 * 86400e3))
    vi.useRealTimers()
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
