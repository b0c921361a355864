import { createCookieSessionStorage, createSessionStorage } from 'fetch-sessions'
import type { CookieOptions, Session, SessionStorage } from 'fetch-sessions'
import * as reactRouter from 'react-router'
import { toCookie } from './support/client.ts'
import { OLD_SECRET, SECRET } from './support/secrets.ts'
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

  it.each([{ idleTimeout: 60 }, { absoluteTimeout: 60 }])(
    'refuses timeouts, which its cookies cannot carry: %o',
    (timeout) => {
      expect(() =>
        createCookieSessionStorage({ cookie: { ...cookie, protection: 'signed' }, ...timeout }),
      ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    },
  )
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

function splitCookie(text: string): string[] {
  const index = text.indexOf('=')
  return [text.slice(0, index), text.slice(index + 1)]
}
