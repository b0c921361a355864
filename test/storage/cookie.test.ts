import { Buffer } from 'node:buffer'

import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
import { createSealedCodec } from '../../src/token/sealed.ts'
import { storageConformance } from '../conformance/storage.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

storageConformance('cookie', () => createCookieSessionStorage)

describe('createCookieSessionStorage', () => {
  it('has no id', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
    const session = await storage.getSession()
    const resumed = await storage.getSession(toCookie(await storage.commitSession(session)))
    expect([session.id, resumed.id, resumed.origin]).toEqual(['', '', 'resumed'])
  })

  it('decrypts nothing before the session is looked at', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const parse = vi.spyOn(JSON, 'parse')
    const session = await storage.getSession(cookie)
    expect(parse).not.toHaveBeenCalled()
    expect(session.origin).toBe('resumed')
    expect(parse).toHaveBeenCalledTimes(1)
  })

  it('hides what it holds', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
    const session = await storage.getSession()
    session.set('user', 'ada')
    const [, token = ''] = toCookie(await storage.commitSession(session)).split('=')
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/user|ada/)
  })

  it.each([
    '[]',
    'null',
    '1',
    '"text"',
    '{',
    '',
    '[null,"ada",0]',
    '[1,"ada",0]',
    '[[],"ada",0]',
    '[{},1,0]',
    '[{},"ada"]',
    '[{},"ada","0"]',
  ])('calls a token invalid that authenticates but holds no session: %s', async (body) => {
    const codec = createSealedCodec([SECRET], { kind: 'cookie', name: '__session' })
    await codec.ready()
    const times = {
      createdAt: 0,
      expiresAt: Date.now() + 1000,
      issuedAt: Date.now(),
      fixed: false,
      transient: false,
    }
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
    const session = await storage.getSession(`__session=${await codec.seal(body, times)}`)
    expect([session.origin, session.data]).toEqual(['invalid', {}])
  })
})
