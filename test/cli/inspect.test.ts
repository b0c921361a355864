import { createCookie } from '@remix-run/cookie'
import fc from 'fast-check'
import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { toText } from '../../src/cli/report.ts'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { DAY, jar, look, NOW, reasonOf, response, sealed, secrets, setCookieOf } from './cookies.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('inspect', () => {
  it('shows the data of cookie storage, and its times', async () => {
    const { token, data, refusal } = await look(await setCookieOf(sealed()))
    expect([data, refusal]).toEqual([{ user: 'ada' }, undefined])
    expect(token).toMatchObject({
      form: 'sealed',
      secret: 0,
      kind: 'cookie',
      times: {
        createdAt: NOW,
        expiresAt: NOW + 14 * DAY * 1000,
        fixed: false,
        transient: false,
      },
    })
  })

  it('shows the id of other storages', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets } })
    const session = await storage.getSession()
    const { token, data } = await look(await storage.commitSession(session))
    expect([token?.kind, token?.body, data]).toEqual(['id', session.id, undefined])
  })

  it('says where a lifetime was chosen by hand', async () => {
    const chosen = await look(await setCookieOf(sealed(), { maxAge: 600 }))
    expect(chosen.token?.times).toMatchObject({ fixed: true, expiresAt: NOW + 600_000 })
    const transient = await look(await setCookieOf(sealed(), { maxAge: undefined }))
    expect(transient.token?.times).toMatchObject({ transient: true })
  })

  it('says which of several secrets has sealed it', async () => {
    const text = await setCookieOf(sealed())
    const { token, secrets: count } = await look(text, { secrets: [OLD_SECRET, 'other', SECRET] })
    expect([token?.secret, count]).toEqual([2, 3])
  })

  describe('takes the cookie as', () => {
    it.each<[string, (setCookie: string, value: string) => string]>([
      ['its value', (_, value) => value],
      ['its value in white space', (_, value) => ` ${value}\r\n`],
      ['a pair', (_, value) => `__session=${value}`],
      ['a Cookie header', (_, value) => `theme=dark; __session=${value}; a=b=c`],
      ['a Cookie header with its name', (_, value) => `cookie: __session=${value}; secure=1`],
      ['a Cookie header of one', (_, value) => `Cookie:__session=${value}`],
      ['a Set-Cookie text', (setCookie) => setCookie],
      ['a Set-Cookie header', (setCookie) => `Set-Cookie: ${setCookie}`],
      ['a Set-Cookie header without attributes', (_, value) => `set-cookie: __session=${value}`],
      ['a response', (setCookie) => response(['Set-Cookie', setCookie])],
      [
        'a response that sets others too',
        (setCookie) => response(['set-cookie', 'theme=dark; Path=/'], ['set-cookie', setCookie]),
      ],
      [
        'a response, its body aside',
        (setCookie) => `${response(['Set-Cookie', setCookie])}Set-Cookie: __session=x`,
      ],
      [
        'the response after a redirect',
        (setCookie) => `HTTP/2 302\r\n\r\n${response(['Set-Cookie', setCookie])}`,
      ],
      ['a request', (_, value) => `GET / HTTP/1.1\nHost: x\nCookie: __session=${value}\n\n`],
      [
        'what curl -v shows',
        (setCookie) =>
          `> GET / HTTP/1.1\n> Cookie: theme=dark; __session=old\n> \n< HTTP/1.1 200 OK\n< Set-Cookie: ${setCookie}\n< \n`,
      ],
      ['a jar of curl', (_, value) => jar(['theme', 'dark'], ['__session', value])],
      [
        'a line of a jar',
        (_, value) => `#HttpOnly_shop.example\tFALSE\t/\tTRUE\t0\t__session\t${value}`,
      ],
      [
        'a line of a jar, with spaces for tabs',
        (_, value) => `.shop.example TRUE / FALSE 0 __session ${value}`,
      ],
    ])('%s', async (_, write) => {
      const setCookie = await setCookieOf(sealed())
      const value = toCookie(setCookie).slice('__session='.length)
      expect((await look(write(setCookie, value))).data).toEqual({ user: 'ada' })
    })
  })

  it('counts the bytes that browsers count', async () => {
    const setCookie = await setCookieOf(sealed())
    expect((await look(setCookie)).cookie?.bytes).toBe(setCookie.length)
    const pair = toCookie(setCookie)
    expect((await look(`theme=dark; ${pair}`)).cookie?.bytes).toBe(pair.length)
    expect((await look(pair.slice('__session='.length))).cookie?.bytes).toBe(pair.length)
  })

  describe('finds the name', () => {
    it('in the text, where it is the only one', async () => {
      const setCookie = await setCookieOf(sealed({ name: 'shop' }))
      for (const text of [setCookie, toCookie(setCookie)]) {
        const { cookie, refusal } = await look(text)
        expect([cookie?.name, refusal]).toEqual(['shop', undefined])
      }
    })

    it('in the options, where the text has none or several', async () => {
      const pair = toCookie(await setCookieOf(sealed({ name: 'shop' })))
      for (const text of [`a=1; ${pair}`, pair.slice('shop='.length)]) {
        expect((await look(text, { name: 'shop' })).data).toEqual({ user: 'ada' })
      }
      expect(await reasonOf(`a=1; ${pair}`)).toBe('name')
    })

    it('missing, and says which are there', async () => {
      const setCookie = await setCookieOf(sealed())
      for (const text of [setCookie, `${toCookie(setCookie)}; b=1`]) {
        const { refusal } = await look(text, { name: 'shop' })
        expect(refusal).toMatchObject({
          reason: 'name',
          message: expect.stringMatching(/"shop".*"__session"/),
        })
      }
    })
  })

  it('takes the last of several that a response sets under one name, as browsers do', async () => {
    const setCookie = await setCookieOf(sealed())
    const old = ['Set-Cookie', '__session=old; Path=/'] as [string, string]
    expect((await look(response(old, ['Set-Cookie', setCookie]))).data).toEqual({ user: 'ada' })
    const cleared = ['Set-Cookie', '__session=; Max-Age=0; Path=/'] as [string, string]
    expect(await reasonOf(response(['Set-Cookie', setCookie], cleared))).toBe('cleared')
  })

  it.each([response(), jar(), 'HTTP/1.1 200 OK\nSet-Cookie: x', 'a=1\nb=2', 'Cookie: ;'])(
    'says what it takes where there is no cookie: %j',
    async (text) => {
      const { refusal } = await look(text)
      expect(refusal).toMatchObject({
        reason: 'malformed',
        message: expect.stringMatching(/^There is no cookie in this text\..*Set-Cookie/),
      })
    },
  )

  it('takes the first good one of several with one name, as the server does', async () => {
    const pair = toCookie(await setCookieOf(sealed()))
    const { cookie, data } = await look(`__session=bad; ${pair}`)
    expect([cookie?.index, cookie?.count, data]).toEqual([1, 2, { user: 'ada' }])
  })

  describe('opens signed cookies of React Router and Remix', () => {
    const signed = (): SessionStorage =>
      createCookieSessionStorage({ cookie: { secrets, protection: 'signed' } })

    it('with the data, the secret and no times', async () => {
      const { token, data } = await look(await setCookieOf(signed()), {
        secrets: [OLD_SECRET, SECRET],
      })
      expect(data).toEqual({ user: 'ada' })
      expect(token).toMatchObject({ form: 'signed', secret: 1, times: undefined })
    })

    it('by the value alone too, with the padding of its base64', async () => {
      const pair = toCookie(await setCookieOf(signed()))
      const value = pair.slice('__session='.length)
      expect(value).toContain('%3D')
      for (const text of [value, decodeURIComponent(value)]) {
        expect((await look(text)).data).toEqual({ user: 'ada' })
      }
    })

    it('and refuses others', async () => {
      const text = await setCookieOf(signed())
      expect(await reasonOf(text, { secrets: [OLD_SECRET] })).toBe('tampered')
      expect(await reasonOf(text.replace('=e', '=f'))).toBe('tampered')
      expect(await reasonOf(text, { secrets: [] })).toBe('no-secret')
    })
  })

  describe.each([
    ['plain cookies', { maxAge: 100 }, 'plain', undefined],
    [
      'a Cookie of @remix-run/cookie',
      createCookie('__session', { maxAge: 100 }),
      'plain',
      undefined,
    ],
    [
      'a Cookie of @remix-run/cookie with secrets',
      createCookie('__session', { maxAge: 100, secrets }),
      'signed',
      0,
    ],
  ] as const)('opens %s', (_, cookie, form, secret) => {
    beforeEach(() => {
      vi.spyOn(console, 'warn').mockReturnValue()
    })

    it('with data', async () => {
      const { token, data } = await look(await setCookieOf(createCookieSessionStorage({ cookie })))
      expect(data).toEqual({ user: 'ada' })
      expect(token).toMatchObject({ form, secret, times: { expiresAt: NOW + 100_000 } })
    })

    it('with an id', async () => {
      const { token } = await look(await setCookieOf(createMemorySessionStorage({ cookie })))
      expect(token).toMatchObject({ form, kind: 'id', body: expect.stringMatching(/^[\w-]{27}$/) })
    })

    it('by the value alone, and says of which name it is', async () => {
      const pair = toCookie(await setCookieOf(createCookieSessionStorage({ cookie })))
      const value = pair.slice('__session='.length)
      expect((await look(value)).data).toEqual({ user: 'ada' })
      const { refusal } = await look(value, { name: 'shop' })
      expect(refusal).toMatchObject({
        reason: 'name',
        message: expect.stringContaining('"__session"'),
      })
    })
  })

  it('answers whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const inspection = await look(text)
        expect(inspection.refusal).toBeDefined()
        expect(toText(inspection, NOW)).toMatch(/^(Cookie|Refused)/)
      }),
    )
  })
})
