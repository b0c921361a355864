import { createCookieSessionStorage, createSessionRunner } from 'fetch-sessions'
import type { Session, SessionData, SessionOptions } from 'fetch-sessions'
import { decide } from '../src/request-session.ts'
import * as reactRouter from 'react-router'
import { toCookie } from './support/client.ts'
import { SECRET } from './support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
const noEnvironment = {
  get: (): undefined => undefined,
  replace: <T>(context: undefined, _: object, use: (context: undefined) => T): T => use(context),
}

async function run(
  handler: (session: Session) => Response | Promise<Response>,
  cookie = '',
  options: SessionOptions<SessionData, SessionData, undefined> = { storage },
): Promise<Response> {
  const runner = createSessionRunner<undefined>(options, noEnvironment)
  const request = new Request('https://app.example/', { headers: { cookie } })
  return runner(request, undefined, async (session) => ({ response: await handler(session) }))
}

describe('decide', () => {
  const kept = { saves: true, destroyed: false, changed: false, renews: false }

  it.each([
    [{}, 'keep'],
    [{ changed: true }, 'write'],
    [{ renews: true }, 'write'],
    [{ destroyed: true, changed: true }, 'drop'],
    [{ saves: false, changed: true }, 'keep'],
    [{ saves: false, destroyed: true, changed: true }, 'keep'],
    [{ saves: false, renews: true }, 'keep'],
  ] as const)('%o: %s', (state, decision) => {
    expect(decide({ ...kept, ...state })).toBe(decision)
  })
})

describe('a request', () => {
  it('decrypts nothing where nobody looks, and once where somebody does', async () => {
    const cookie = toCookie(
      (await run((session) => (session.set('n', 1), new Response()))).headers.getSetCookie()[0],
    )
    const parse = vi.spyOn(JSON, 'parse')
    await run(() => new Response(), cookie)
    expect(parse).not.toHaveBeenCalled()
    await run((session) => new Response(`${session.get('n')}${session.get('n')}`), cookie)
    expect(parse).toHaveBeenCalledTimes(1)
  })

  it('commits by hand without a second cookie, and by itself what came after', async () => {
    const response = await run(async (session) => {
      session.set('n', 1)
      const setCookie = await storage.commitSession(session)
      return new Response('', { headers: { 'set-cookie': setCookie } })
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    const later = await run(async (session) => {
      const setCookie = await storage.commitSession(session)
      session.set('n', 2)
      return new Response('', { headers: { 'set-cookie': setCookie } })
    })
    const last = toCookie(later.headers.getSetCookie().at(-1))
    expect((await storage.getSession(last)).get('n')).toBe(2)
  })

  it('destroys by hand without a second cookie', async () => {
    const response = await run(async (session) => {
      const setCookie = await storage.destroySession(session)
      return new Response('', { headers: { 'set-cookie': setCookie } })
    })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringContaining('__session=; Max-Age=0'),
    ])
  })

  it('moves the users of React Router to sealed cookies at the next response', async () => {
    const theirs = reactRouter.createCookieSessionStorage({
      cookie: { name: '__session', secrets: [SECRET] },
    })
    const session = await theirs.getSession()
    session.set('userId', '123')
    const moving = createCookieSessionStorage({
      cookie: { secrets: [SECRET], acceptSigned: true },
    })
    for (const lazy of [false, true]) {
      const cookie = toCookie(await theirs.commitSession(session))
      const response = await run(() => new Response(), cookie, { storage: moving, lazy })
      const sealed = toCookie(response.headers.getSetCookie()[0])
      expect(sealed).toMatch(/^__session=[\w-]+$/)
      const again = await run(() => new Response(), sealed, { storage: moving, lazy })
      expect(again.headers.getSetCookie()).toEqual([])
      expect((await storage.getSession(sealed)).get('userId')).toBe('123')
    }
  })

  it('says what to write where a session on demand was not awaited', async () => {
    const memory = createCookieSessionStorage({
      cookie: { secrets: [SECRET], protection: 'signed' },
    })
    const session = await memory.getSession()
    const cookie = toCookie(await memory.commitSession(session))
    const request = run((current) => new Response(String(current.get('n'))), cookie, {
      storage: memory,
      lazy: true,
    })
    await expect(request).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('await session.load()'),
    })
  })

  it('never rebuilds a response that switches protocols', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    // Only servers can make a real one; test/workers.test.ts has one of workerd.
    const upgrade = Object.defineProperty(Response.redirect('https://app.example/'), 'status', {
      value: 101,
    })
    const response = await run((session) => (session.set('n', 1), upgrade))
    expect(response).toBe(upgrade)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('switches protocols'))
  })

  it('rethrows what is no response, and closes the session all the same', async () => {
    for (const thrown of [new Error('broken'), 'text', null, undefined, { status: 200 }]) {
      let left: Session | undefined
      const request = run((session) => {
        left = session
        session.set('n', 1)
        throw thrown
      })
      await expect(request).rejects.toBe(thrown)
      expect(() => left?.set('n', 2)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }),
      )
    }
  })
})
