import { createCookie } from '@remix-run/cookie'
import { createSessionStorage } from 'fetch-sessions'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { DAY, look, NOW, reasonOf, sealed, secrets, setCookieOf } from './cookies.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('inspect', () => {
  describe('refuses', () => {
    it('what has expired, in the very millisecond, and shows it all the same', async () => {
      const text = await setCookieOf(sealed())
      const end = NOW + 14 * DAY * 1000
      expect(await reasonOf(text, { now: end - 1 })).toBeUndefined()
      const { refusal, data } = await look(text, { now: end + 3 * 3600_000 })
      expect([refusal?.reason, data]).toEqual(['expired', { user: 'ada' }])
      expect(refusal?.message).toContain('3 hours ago')
    })

    it.each(['1e300', '0.5', '"1"', '-8640000000000001'])(
      'a plain cookie with a login at %s, which no Date can hold',
      async (authenticatedAt) => {
        const fields = [1, 'cookie', '__session', NOW, NOW, NOW + 1, 0]
        const text = JSON.stringify([...fields, `[{},"ada",${authenticatedAt}]`])
        expect(await reasonOf(Buffer.from(text).toString('base64url'))).toBe('invalid')
      },
    )

    it('what another secret has sealed', async () => {
      const text = await setCookieOf(sealed())
      expect(await reasonOf(text, { secrets: [OLD_SECRET] })).toBe('unknown-secret')
      expect(await reasonOf(text, { secrets: [] })).toBe('no-secret')
    })

    it('what was changed: every character of it', async () => {
      const value = toCookie(await setCookieOf(sealed())).slice('__session='.length)
      const reasons = new Set<string | undefined>()
      for (let i = 0; i < value.length; i++) {
        const other = value[i] === 'A' ? 'B' : 'A'
        reasons.add(await reasonOf(value.slice(0, i) + other + value.slice(i + 1)))
      }
      // The version, the key hint, and all the rest.
      expect(reasons).toEqual(new Set(['malformed', 'unknown-secret', 'tampered']))
    })

    it('what was cut off', async () => {
      const value = toCookie(await setCookieOf(sealed())).slice('__session='.length)
      expect(await reasonOf(value.slice(0, -4))).toBe('tampered')
      expect(await reasonOf(value.slice(0, 40))).toBe('tampered')
      expect(await reasonOf(value.slice(0, 20))).toBe('malformed')
    })

    it('a sealed cookie under another name', async () => {
      const value = toCookie(await setCookieOf(sealed({ name: 'shop' }))).slice('shop='.length)
      const { refusal } = await look(value)
      expect(refusal).toMatchObject({
        reason: 'tampered',
        message: expect.stringContaining('no cookie of the name "__session"'),
      })
    })

    it.each(['__session=; Max-Age=0; Path=/', '__session=', 'Cookie: a=1; __session='])(
      'one that was cleared: %s',
      async (text) => {
        expect(await reasonOf(text)).toBe('cleared')
      },
    )

    it.each(['x', 'no cookie at all', 'ä', '%', 'AQ', '{"user":"ada"}', 'bnVsbA', '__session=?'])(
      'what is no cookie of any form: %s',
      async (text) => {
        expect(await reasonOf(text)).toBe('malformed')
      },
    )

    it('an authentic one that holds no session', async () => {
      const storage = createSessionStorage({
        cookie: { secrets, protection: 'signed' },
        createData: async () => 'id1',
        readData: async () => null,
        updateData: async () => {},
        deleteData: async () => {},
      })
      const id = await look(await setCookieOf(storage))
      expect([id.refusal, id.token?.kind, id.token?.body]).toEqual([undefined, 'id', 'id1'])
      const list = await createCookie('__session', { secrets: [SECRET] }).serialize('[1,2]')
      expect(await reasonOf(list)).toBe('invalid')
    })
  })
})
