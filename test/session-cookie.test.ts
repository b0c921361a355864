import { createCookie } from '@remix-run/cookie'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { readCookieValues } from '../src/session-cookie.ts'
import { toCookie } from './support/client.ts'
import { OLD_SECRET, SECRET } from './support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

async function setCookieOf(cookie: CookieOptions): Promise<string> {
  const storage = storageWith(cookie)
  return storage.commitSession(await storage.getSession())
}

describe('the session cookie', () => {
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
    ['__host- in any case', { name: '__hOsT-a', secure: false }, '`secure: true`'],
    ['__Secure- without Secure', { name: '__Secure-a', secure: false }, '`secure: true`'],
    ['SameSite=None without Secure', { sameSite: 'none', secure: false }, 'SameSite=None'],
    ['Partitioned without Secure', { partitioned: true, secure: false }, 'Partitioned'],
    ['a name with a space', { name: 'a b' }, 'name'],
    ['a name with a line break', { name: 'a\r\nSet-Cookie: b' }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a domain with an attribute', { domain: 'a; Secure' }, 'domain'],
    ['a path with an attribute', { path: '/; Domain=evil.example' }, 'path'],
    ['an unknown SameSite', { sameSite: 'loose' as 'lax' }, 'sameSite'],
    ['a maxAge that is no number', { maxAge: Number.NaN }, '`maxAge`'],
    ['a maxAge of nothing', { maxAge: 0 }, '`cookie.maxAge`'],
    ['an empty secret', { secrets: [''] }, 'secret'],
    ['a missing secret', { secrets: [undefined as unknown as string] }, 'secret'],
    ['an unknown protection', { protection: 'none' as 'signed' }, '`protection`'],
    ['signed without secrets', { protection: 'signed', secrets: [] }, '`secrets`'],
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
    session.set('small', 1)
    session.set('large', 'x'.repeat(5000))
    session.set('medium', 'ü'.repeat(100))
    await expect(storage.commitSession(session)).rejects.toMatchObject({
      code: 'ERR_SESSION_COOKIE_TOO_LARGE',
      message: expect.stringMatching(
        /^Cookie length will exceed browser maximum\. Length: \d{4}\..*"large" \(5002 bytes\), "medium" \(202 bytes\), "small" \(1 bytes\)/,
      ),
    })
  })

  it('fits at exactly 4096 bytes', async () => {
    const storage = storageWith({})
    const session = await storage.getSession()
    const lengths: number[] = []
    for (let size = 2900; size < 3100; size++) {
      session.set('data', 'x'.repeat(size))
      const text = await storage.commitSession(session).catch(() => '')
      lengths.push(text.length)
    }
    expect(Math.max(...lengths)).toBeGreaterThan(4093)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4096)
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

  it('warns where it signs nothing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    createCookieSessionStorage({ cookie: createCookie('unsigned') })
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('"unsigned" has no secrets'))
  })
})
