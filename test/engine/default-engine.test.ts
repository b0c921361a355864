import { createCookieSessionStorage } from 'fetch-sessions'
import { createDefaultEngine } from '../../src/engine/default-engine.ts'
import { engineOf, storageOf } from '../../src/engine/session-storage.ts'
import type { SessionStorage } from '../../src/engine/session-storage.ts'
import { toCookie } from '../support/client.ts'
import { spyOnRandom } from '../support/random.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

describe.each([undefined, '', ' '])('createDefaultEngine with SESSION_SECRET as %j', (secret) => {
  beforeEach(() => {
    vi.stubEnv('SESSION_SECRET', secret)
  })

  it('makes up one secret of 256 bits for the process', async () => {
    vi.resetModules()
    const fresh = await import('../../src/engine/default-engine.ts')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const random = spyOnRandom()
    vi.stubGlobal('navigator', undefined) // which says where Workers are
    const one = storageOf(fresh.createDefaultEngine({}))
    const two = storageOf(fresh.createDefaultEngine({}))
    expect(random.mock.calls).toEqual([[expect.objectContaining({ length: 32 })]])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('SESSION_SECRET is not set')]])
    const cookie = toCookie(await one.commitSession(await one.getSession()))
    expect((await two.getSession(cookie)).origin).toBe('resumed')
  })

  it('makes up none in production, nor on Workers', () => {
    const refusal = expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('SESSION_SECRET is not set'),
    })
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createDefaultEngine({})).toThrow(refusal)
    vi.stubEnv('NODE_ENV', 'development')
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    expect(() => createDefaultEngine({})).toThrow(refusal)
  })
})

describe('createDefaultEngine with a SESSION_SECRET', () => {
  const secrets = [SECRET, OLD_SECRET]
  const SESSION_SECRET = secrets.join(', ')
  const configured = createCookieSessionStorage({ cookie: { secrets } })
  const byDefault: SessionStorage = storageOf(createDefaultEngine({ SESSION_SECRET }))
  const attributes = (setCookie: string): string => setCookie.replace(/^__session=[\w-]*/, '')

  it('opens what createCookieSessionStorage() has sealed, and is opened by it', async () => {
    for (const [from, to] of [
      [configured, byDefault],
      [byDefault, configured],
    ] as const) {
      const session = await from.getSession()
      session.set('cart', ['tea'])
      const cookie = toCookie(await from.commitSession(session))
      expect((await to.getSession(cookie)).data).toEqual({ cart: ['tea'] })
    }
  })

  it('writes the cookie with the very same attributes', async () => {
    for (const options of [{}, { secure: false }, { maxAge: 60 }, { expires: new Date(9e12) }]) {
      const [one, other] = await Promise.all(
        [configured, byDefault].map(async (storage) => {
          const set = await storage.commitSession(await storage.getSession(), options)
          const cleared = await storage.destroySession(await storage.getSession(), options)
          return [attributes(set), attributes(cleared)]
        }),
      )
      expect(other).toEqual(one)
    }
  })

  it.each([
    '__session=a',
    '__session=a; Path=/',
    '__session=a; path = / ; HttpOnly',
    '__session=a; Path=/shop',
    '__session=a; Path=/shop; Path=/',
    '__session=a; Domain=app.example',
    '__session=a; Domain=',
    '__session2=a',
    'other=__session=a',
  ])('knows whether a handler has set the same cookie: %s', (setCookie) => {
    const [one, other] = [configured, byDefault].map((storage) => engineOf(storage).cookie)
    expect(other?.isSetBy(setCookie)).toBe(one?.isSetBy(setCookie))
  })

  it('refuses in production a secret that can be guessed', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createDefaultEngine({ SESSION_SECRET: `${SECRET},short` })).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('5'),
      }),
    )
  })
})
