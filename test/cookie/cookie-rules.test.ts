import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import type { SerializeOptions } from '../../src/cookie/set-cookie.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

describe('a cookie that browsers would refuse or ignore', () => {
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
    ['a path without a slash', { path: 'admin' }, '`path` is "admin"'],
    ['an empty path', { path: '' }, '`path` is ""'],
    ['a path that is no string', { path: 5 as unknown as string }, '`path` is 5'],
    ['an unknown sameSite', { sameSite: 'sometimes' as 'lax' }, '`sameSite` is "sometimes"'],
    ['a sameSite of null', { sameSite: null as unknown as 'lax' }, '`sameSite` is null'],
    ['an unknown priority', { priority: 'urgent' as 'high' }, '`priority` is "urgent"'],
    ['httpOnly as a string', { httpOnly: 'no' as unknown as boolean }, '`httpOnly` is "no"'],
    ['secure as a number', { secure: 0 as unknown as boolean }, '`secure` is 0'],
    ['a name that is no string', { name: 5 as unknown as string }, '`name` is 5'],
    ['a domain that is no string', { domain: 5 as unknown as string }, '`domain` is 5'],
    ['an invalid expires', { expires: new Date(Number.NaN) }, '`expires` is Invalid Date'],
    ['an expires that is no Date', { expires: '2030' as unknown as Date }, '`expires` is "2030"'],
    ['a misspelt attribute', { httponly: true } as CookieOptions, '`httponly`; write `httpOnly`'],
    ['a misspelt option', { secret: SECRET } as CookieOptions, '`secret`; write `secrets`'],
    ['an unknown option', { encode: String } as CookieOptions, '`encode`; its options are domain,'],
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

  it.each(['session', 5, null, true])('is refused in place of options: %j', (cookie) => {
    for (const create of [createCookieSessionStorage, createMemorySessionStorage]) {
      expect(() => create({ cookie: cookie as CookieOptions })).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining(`\`cookie\` is ${JSON.stringify(cookie)}`),
        }),
      )
    }
  })

  it('is refused where a commit has a misspelt attribute', async () => {
    const storage = storageWith({})
    await expect(
      storage.commitSession(await storage.getSession(), { maxage: 60 } as SerializeOptions),
    ).rejects.toThrow('`maxage`; write `maxAge`')
  })

  it('gives the error of the cookie package as the cause', () => {
    expect(() => storageWith({ name: 'a b' })).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError) }),
    )
  })
})
