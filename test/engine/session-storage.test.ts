import { createCookieSessionStorage } from 'fetch-sessions'
import type { SerializeOptions } from '../../src/cookie/set-cookie.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { visit } from '../support/visit.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 100 } })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('commitSession', () => {
  it.each<[string, SerializeOptions, number, RegExp]>([
    ['maxAge', { maxAge: 50 }, 50, /; Max-Age=50;/],
    ['expires', { expires: new Date(START + 70_000) }, 70, /; Expires=Thu, 01 Jan 2026 00:01:10/],
    [
      'expires and no maxAge',
      { maxAge: undefined, expires: new Date(START + 70_000) },
      70,
      /; Expires=/,
    ],
    ['no maxAge', { maxAge: undefined }, 100, /^((?!Max-Age|Expires).)*$/],
    ['neither', {}, 100, /; Max-Age=100;/],
  ])('takes a lifetime by hand: %s', async (_, options, seconds, attributes) => {
    const setCookie = await storage.commitSession(await storage.getSession(), options)
    expect(setCookie).toMatch(attributes)
    const { expiresAt } = await storage.getSession(toCookie(setCookie))
    expect(expiresAt).toEqual(new Date(START + seconds * 1000))
    // The next cookie of the session lasts as long.
    const cookie = toCookie(setCookie)
    const { headers } = await visit({ storage, cookie }, (session) => session.set('n', 1))
    const lasts = /Max-Age|Expires/.test(setCookie) ? `; Max-Age=${seconds};` : '; Path=/;'
    expect(headers.getSetCookie()).toEqual([expect.stringContaining(lasts)])
    expect(/Max-Age/.test(headers.getSetCookie()[0] ?? '')).toBe(lasts.includes('Max-Age'))
  })

  it('refuses an `expires` that is no moment', async () => {
    const expires = new Date(Number.NaN)
    await expect(
      storage.commitSession(await storage.getSession(), { expires }),
    ).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: '`expires` is an invalid Date; give a valid one.',
    })
  })
})

describe('a storage whose secret comes from the environment', () => {
  it.each([
    ['of the cookie', { cookie: { name: 'a b' } }],
    ['of the lifetime', { idleTimeout: 0 }],
  ])('refuses invalid options %s where it is made', (_, options) => {
    expect(() => createCookieSessionStorage(options)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})
