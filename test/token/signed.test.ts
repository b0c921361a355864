import {
  createCookieSessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { CookieOptions, Session, SessionStorage } from 'fetch-sessions'
import * as reactRouter from 'react-router'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { createSealedCodec } from '../../src/token/sealed.ts'
import { acceptingSigned, createSignedCodec } from '../../src/token/signed.ts'
import { createHmac } from 'node:crypto'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const VALUES = { userId: '123', cart: ['tea', { price: 4.5 }], text: 'ü 🎉 +/=;,"% \\', empty: '' }

const cookie: CookieOptions = { secrets: [SECRET] }
const signed = createCookieSessionStorage({ cookie: { ...cookie, protection: 'signed' } })
const theirs = reactRouter.createCookieSessionStorage({
  cookie: { name: '__session', secrets: [SECRET], httpOnly: true, secure: true, sameSite: 'lax' },
})

async function cookieOfTheirs(secret = SECRET): Promise<string> {
  const storage = reactRouter.createCookieSessionStorage({
    cookie: { name: '__session', secrets: [secret] },
  })
  const session = await storage.getSession()
  for (const [key, value] of Object.entries(VALUES)) session.set(key, value)
  session.flash('notice', 'Saved')
  return toCookie(await storage.commitSession(session))
}

async function commit(storage: SessionStorage, session: Session): Promise<string> {
  return storage.commitSession(session)
}

describe("protection: 'signed'", () => {
  it('writes the very Set-Cookie that React Router writes', async () => {
    const ours = await signed.getSession()
    const their = await theirs.getSession()
    for (const [key, value] of Object.entries(VALUES)) {
      ours.set(key, value)
      their.set(key, value)
    }
    ours.flash('notice', 'Saved')
    their.flash('notice', 'Saved')
    expect(await commit(signed, ours)).toBe(await theirs.commitSession(their))
  })

  it('reads what React Router writes, flash values too', async () => {
    const session = await signed.getSession(await cookieOfTheirs())
    expect(session.origin).toBe('resumed')
    expect(session.data).toEqual({ ...VALUES, __flash_notice__: 'Saved' })
    expect(session.get('notice')).toBe('Saved')
  })

  it('is read by React Router', async () => {
    const session = await signed.getSession()
    for (const [key, value] of Object.entries(VALUES)) session.set(key, value)
    const their = await theirs.getSession(toCookie(await commit(signed, session)))
    expect(their.data).toEqual(VALUES)
  })

  it('reads percent-encoded cookies, which older versions write', async () => {
    const [name, value = ''] = splitCookie(await cookieOfTheirs())
    const encoded = encodeURIComponent(decodeURIComponent(value))
    expect(encoded).toContain('%')
    const session = await signed.getSession(`${name}=${encoded}`)
    expect(session.get('userId')).toBe('123')
    const lower = encoded.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
    expect((await signed.getSession(`${name}=${lower}`)).origin).toBe('tampered')
  })

  it('refuses every changed character of text and signature', async () => {
    const value = await cookieOfTheirs()
    for (let i = '__session='.length; i < value.length; i++) {
      for (const char of 'Aa0+/=.') {
        if (char === value[i]) continue
        const { origin } = await signed.getSession(value.slice(0, i) + char + value.slice(i + 1))
        expect(origin).toBe('tampered')
      }
    }
  }, 60_000)

  it.each(['.', 'a.', '.a', 'e30', 'e30.', '%', '%E0%A4.%', 'é.é'])(
    'refuses %s without an exception',
    async (value) => {
      expect((await signed.getSession(`__session=${value}`)).origin).toBe('tampered')
    },
  )

  it('reads base64 as it is, where a client or an older version left it so', async () => {
    const value = decodeURIComponent(await cookieOfTheirs())
    expect(value).toMatch(/=.*[+/=]/)
    expect((await signed.getSession(value)).get('userId')).toBe('123')
  })

  it('takes one text only for a signature', async () => {
    const value = await cookieOfTheirs()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const others = [...alphabet].filter((char) => char !== value.at(-1))
    for (const char of [...others, `${value.at(-1)}=`, ` ${value.at(-1)}`]) {
      expect((await signed.getSession(value.slice(0, -1) + char)).origin).toBe('tampered')
    }
  })

  it.each(['', '!', '/w=='])('refuses %j, though it is signed', async (text) => {
    const session = await signed.getSession(`__session=${sign(text)}`)
    expect(session.origin).toBe('tampered')
  })

  it('refuses an id that is no text, though it is signed', async () => {
    const ids = createStoreSessionStorage(createMemoryStore(10), {
      cookie: { ...cookie, protection: 'signed' },
    })
    expect((await ids.getSession(`__session=${sign(btoa('5'))}`)).origin).toBe('tampered')
    expect((await ids.getSession(`__session=${sign(btoa('"5"'))}`)).origin).toBe('unknown')
  })

  it('imports each key once, and signs nothing before', async () => {
    const context = { kind: 'cookie', name: '__session' } as const
    const times = { createdAt: 0, issuedAt: 0, expiresAt: 0, fixed: false, transient: false }
    const codec = createSignedCodec([SECRET], context)
    const both = acceptingSigned(createSealedCodec([SECRET], context), codec)
    await expect(codec.seal('{}', times)).rejects.toThrow('before ready()')
    await both.ready()
    expect([codec.ready(), both.ready()]).toEqual([undefined, undefined])
  })

  it('verifies with older secrets and signs with the newest', async () => {
    const rotated = createCookieSessionStorage({
      cookie: { secrets: [SECRET, OLD_SECRET], protection: 'signed' },
    })
    const session = await rotated.getSession(await cookieOfTheirs(OLD_SECRET))
    expect(session.get('userId')).toBe('123')
    const renewed = toCookie(await commit(rotated, session))
    expect((await theirs.getSession(renewed)).get('userId')).toBe('123')
  })

  it('reads and writes the ids of storages that own their ids', async () => {
    const rows = new Map<string, Record<string, unknown>>()
    const strategy = {
      createData: async (data: object) => {
        rows.set('row ü 1', { ...data })
        return 'row ü 1'
      },
      readData: async (id: string) => rows.get(id) ?? null,
      updateData: async (id: string, data: object) => void rows.set(id, { ...data }),
      deleteData: async (id: string) => void rows.delete(id),
    }
    const their = reactRouter.createSessionStorage({
      ...strategy,
      cookie: { name: '__session', secrets: [SECRET] },
    })
    const ours = createSessionStorage({ ...strategy, cookie: { ...cookie, protection: 'signed' } })
    const session = await their.getSession()
    session.set('n', 1)
    const value = toCookie(await their.commitSession(session))
    const resumed = await ours.getSession(value)
    expect([resumed.id, resumed.get('n')]).toEqual(['row ü 1', 1])
    expect(toCookie(await ours.commitSession(resumed))).toBe(value)
  })

  it('is held to an absolute timeout by the time that the record was made', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = createMemoryStore(10)
    const options = { cookie: { ...cookie, protection: 'signed' as const } }
    const before = createStoreSessionStorage(store, options)
    const since = createStoreSessionStorage(store, { ...options, absoluteTimeout: 60 })
    const start = new Date()
    const value = toCookie(await commit(before, await before.getSession()))
    vi.setSystemTime(start.getTime() + 59_999)
    expect(await since.getSession(value)).toMatchObject({ origin: 'resumed', createdAt: start })
    vi.setSystemTime(start.getTime() + 60_000)
    expect((await since.getSession(value)).origin).toBe('expired')
    vi.useRealTimers()
  })

  it.each([{ idleTimeout: 60 }, { absoluteTimeout: 60 }, { timeouts: 'aal1' as const }])(
    'refuses timeouts, which its cookies cannot carry: %o',
    (timeout) => {
      expect(() =>
        createCookieSessionStorage({ cookie: { ...cookie, protection: 'signed' }, ...timeout }),
      ).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining('no timeout can be enforced'),
        }),
      )
    },
  )

  it('refuses timeouts for strategies too, which know no times either', () => {
    const strategy = {
      createData: async () => 'id',
      readData: async () => null,
      updateData: async () => {},
      deleteData: async () => {},
    }
    expect(() =>
      createSessionStorage({
        ...strategy,
        cookie: { ...cookie, protection: 'signed' },
        absoluteTimeout: 60,
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})

describe('acceptSigned', () => {
  const moving = createCookieSessionStorage({ cookie: { ...cookie, acceptSigned: true } })

  it('reads a signed cookie once, and seals it at the next commit', async () => {
    const session = await moving.getSession(await cookieOfTheirs())
    expect(session.data).toEqual({ ...VALUES, __flash_notice__: 'Saved' })
    const sealed = toCookie(await commit(moving, session))
    expect(sealed).toMatch(/^__session=[\w-]+$/)
    const strict = createCookieSessionStorage({ cookie })
    expect((await strict.getSession(sealed)).get('userId')).toBe('123')
  })

  it('refuses signatures of other secrets, and unsigned cookies', async () => {
    const unsigned = reactRouter.createCookieSessionStorage({ cookie: { name: '__session' } })
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const session = await unsigned.getSession()
    session.set('userId', 'eve')
    for (const value of [
      await cookieOfTheirs(OLD_SECRET),
      toCookie(await unsigned.commitSession(session)),
      '__session=junk.junk',
    ]) {
      expect((await moving.getSession(value)).origin).toBe('tampered')
    }
  })

  it('is needed: a sealing storage refuses signed cookies', async () => {
    const strict = createCookieSessionStorage({ cookie })
    expect((await strict.getSession(await cookieOfTheirs())).origin).toBe('tampered')
  })
})

function sign(text: string): string {
  const signature = createHmac('sha256', SECRET).update(text).digest('base64')
  return `${text}.${signature.replaceAll('=', '')}`
}

function splitCookie(text: string): string[] {
  const index = text.indexOf('=')
  return [text.slice(0, index), text.slice(index + 1)]
}
