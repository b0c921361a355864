import { Buffer } from 'node:buffer'

import { createCookieSessionStorage } from 'fetch-sessions'
import type { CookieOptions, SessionStorage } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storageWith = (cookie: CookieOptions): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...cookie } })

async function setCookieOf(cookie: CookieOptions): Promise<string> {
  const storage = storageWith(cookie)
  return storage.commitSession(await storage.getSession())
}

describe('the session cookie', () => {
  it('takes no value for its own that is longer than any that a browser keeps', async () => {
    const storage = createCookieSessionStorage<{ a: unknown }>({ cookie: { protection: 'none' } })
    const cookieOf = (depth: number): string => {
      const body = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const token = JSON.stringify([1, 'cookie', '__session', 0, Date.now(), 8e15, 0, body])
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
      priority: 'high',
      maxAge: 60,
    }
    expect(await setCookieOf(attributes)).toMatch(
      /^__Secure-id=[\w-]+; Max-Age=60; Domain=app.example; Path=\/shop; Secure; Partitioned; Priority=High; SameSite=None$/,
    )
  })

  it.each([
    [true, /; SameSite=Strict$/],
    [false, /; Path=\/; HttpOnly; Secure$/],
    [undefined, /; SameSite=Lax$/],
  ])('takes sameSite as %s, too', async (sameSite, attributes) => {
    expect(await setCookieOf({ sameSite })).toMatch(attributes)
    const storage = storageWith({ sameSite: 'none' })
    const overridden = await storage.commitSession(await storage.getSession(), { sameSite })
    expect(overridden).toMatch(sameSite === undefined ? /; SameSite=None$/ : attributes)
  })

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

  it('warns once of a fixed expiry', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (let i = 0; i < 2; i++) {
      await setCookieOf({ name: 'warned', expires: new Date(Date.now() + 1000) })
    }
    expect(warn.mock.calls).toEqual([[expect.stringContaining('fixed `expires`')]])
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
