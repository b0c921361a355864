import { Buffer } from 'node:buffer'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { createSessionCookie } from '../../src/cookie/session-cookie.ts'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie })

async function cookieWith(options: CookieOptions): Promise<string> {
  const storage = storageWith(options)
  const session = await storage.getSession()
  session.set('n', 1)
  return toCookie(await storage.commitSession(session))
}

const refusal = (...parts: string[]): unknown =>
  expect.objectContaining({
    code: 'ERR_SESSION_CONFIG',
    message: expect.stringMatching(new RegExp(parts.join('.*'))),
  })

describe('the secrets of a cookie', () => {
  it('are a list or a string, newest first', async () => {
    for (const secrets of [SECRET, ` ${SECRET} , ${OLD_SECRET}`, [SECRET, OLD_SECRET]]) {
      const cookie = await cookieWith({ secrets })
      const session = await storageWith({ secrets: [SECRET] }).getSession(cookie)
      expect([session.get('n'), session.origin]).toEqual([1, 'resumed'])
    }
    const old = await cookieWith({ secrets: OLD_SECRET })
    const rotated = storageWith({ secrets: `${SECRET},${OLD_SECRET}` })
    expect((await rotated.getSession(old)).origin).toBe('resumed')
  })

  it.each<[unknown, string]>([
    [42, '`secrets` is of type number: write'],
    [null, '`secrets` is null: write'],
    [{}, '`secrets` is of type object: write'],
    [[undefined], 'position 1 of 1 is of type undefined: write'],
    [[SECRET, 42], 'position 2 of 2 is of type number: write'],
    [[''], 'position 1 of 1 is empty: write'],
    [`${SECRET},,${OLD_SECRET}`, 'position 2 of 3 is empty: write'],
    [',', 'position 1 of 2 is empty: write'],
  ])('are no %j', (secrets, problem) => {
    expect(() => storageWith({ secrets: secrets as string[] })).toThrow(refusal(problem))
  })
})

describe('the protection of a cookie', () => {
  it.each<[string, CookieOptions, string]>([
    ['an unknown one', { protection: 'some' as 'none' }, '`protection` is "some"'],
    ['acceptSigned with signed', { protection: 'signed', acceptSigned: true }, '`acceptSigned`'],
    ['acceptSigned with none', { protection: 'none', acceptSigned: true }, '`acceptSigned`'],
    ['none with secrets', { protection: 'none', secrets: SECRET }, '`protection` is "none"'],
  ])('is refused: %s', (_, cookie, problem) => {
    expect(() => storageWith(cookie)).toThrow(refusal(problem))
  })

  it.each(['development', 'production'])(
    'none: plain cookies without a warning in %s',
    async (mode) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      vi.stubEnv('NODE_ENV', mode)
      const cookie = await cookieWith({ protection: 'none' })
      expect((await storageWith({ protection: 'none' }).getSession(cookie)).get('n')).toBe(1)
      const value = cookie.slice(cookie.indexOf('=') + 1)
      expect(Buffer.from(value, 'base64url').toString()).toContain(String.raw`{\"n\":1}`)
      expect(warn).not.toHaveBeenCalled()
    },
  )
})

describe('a cookie without secrets', () => {
  beforeEach(() => {
    vi.stubEnv('SESSION_SECRET', undefined)
  })

  it.each<CookieOptions>([{ protection: 'signed' }, { acceptSigned: true, secrets: [] }])(
    'is refused with %o',
    (cookie) => {
      expect(() => createSessionCookie(cookie, 'id', [])).toThrow(refusal('signed.*`secrets`'))
    },
  )

  it.each<[string, CookieOptions | undefined]>([
    ['undefined', undefined],
    ['an empty list', { secrets: [] }],
    ['a blank string', { secrets: ' ' }],
  ])('is plain in development, with one warning: %s', async (kind, cookie) => {
    vi.stubGlobal('navigator', undefined) // which says where Workers are
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const name = `plain-${kind.replaceAll(' ', '-')}`
    for (let i = 0; i < 2; i++) {
      await createMemorySessionStorage({ cookie: { ...cookie, name } }).getSession()
    }
    expect(warn.mock.calls).toEqual([[expect.stringContaining(`"${name}" has no secrets`)]])
  })

  it('is refused in production and on Workers, by every storage', async () => {
    const message = refusal('set SESSION_SECRET or give `secrets`', "`protection: 'none'`")
    vi.stubEnv('NODE_ENV', 'production')
    for (const create of [createCookieSessionStorage, createMemorySessionStorage]) {
      await expect(create().getSession()).rejects.toThrow(message)
    }
    vi.stubEnv('NODE_ENV', 'development')
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    const storage = createMemorySessionStorage({ cookie: { secrets: [] } })
    await expect(storage.getSession()).rejects.toThrow(message)
  })

  it('is not refused if the engine has found others', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createSessionCookie({}, 'cookie', [SECRET])).not.toThrow()
  })
})

describe('a secret that can be guessed', () => {
  it.each([
    ['15 characters', 'fifteen chars !'],
    ['an example', '32 random characters in real life'],
    ['an example', 'for-development-on-this-computer-only'],
  ])('is refused in production: %s', (problem, secret) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(() => storageWith({ secrets: secret })).not.toThrow()
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => storageWith({ secrets: [SECRET, secret] })).toThrow(
      refusal(problem, 'npx --no fetch-sessions secret', 'openssl rand -base64 32'),
    )
    expect(() => storageWith({ secrets: ['16 characters...'] })).not.toThrow()
  })

  it('warns elsewhere if it is short, and only then', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    storageWith({ secrets: '32 random characters in real life' })
    expect(warn).not.toHaveBeenCalled()
    storageWith({ secrets: 'fourteen chars' })
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('14 characters'))
  })
})
