import { createCookie } from '@remix-run/cookie'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionData, SessionOptions, SessionStorage } from 'fetch-sessions'
import { decide } from '../../src/request/request-outcome.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import * as reactRouter from 'react-router'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
async function run(
  handler: (session: Session) => Response | Promise<Response>,
  cookie = '',
  options: SessionOptions<SessionData, SessionData, undefined> = { storage },
): Promise<Response> {
  const runner = createSessionRunner<undefined>(options)
  const request = new Request('https://app.example/', { headers: { cookie } })
  return runner(request, undefined, async (session) => ({ response: await handler(session) }))
}

describe('decide', () => {
  const kept = { saves: true, destroyed: false, changed: false, yields: false, renews: false }

  it.each([
    [{}, 'keep'],
    [{ changed: true }, 'write'],
    [{ renews: true }, 'write'],
    [{ destroyed: true, changed: true }, 'drop'],
    [{ changed: true, yields: true }, 'yield'],
    [{ destroyed: true, changed: true, yields: true }, 'drop'],
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
    const [setCookie, ...others] = later.headers.getSetCookie()
    expect(others).toEqual([])
    expect((await storage.getSession(toCookie(setCookie))).get('n')).toBe(2)
  })

  describe('whose handler commits another session under the same cookie by hand', () => {
    const memory = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })

    async function commitBoth(
      used: SessionStorage,
      use: (session: Session) => void,
      attributes: { path?: string } = {},
    ): Promise<{ sent: string[]; after: Session }> {
      const start = await used.getSession()
      start.set('start', true)
      const cookie = toCookie(await used.commitSession(start))
      const response = await run(
        async (session) => {
          use(session)
          const byHand = await used.getSession(cookie)
          byHand.set('byHand', true)
          const setCookie = await used.commitSession(byHand, attributes)
          return new Response('', {
            headers: [
              ['set-cookie', setCookie],
              ['set-cookie', 'other=1'],
            ],
          })
        },
        cookie,
        { storage: used },
      )
      const sent = response.headers.getSetCookie()
      const after = await used.getSession(
        toCookie(sent.find((text) => text.startsWith('__session='))),
      )
      return { sent, after }
    }

    it.each([
      ['cookie storage', storage],
      ['memory storage', memory],
    ])('leaves it to that cookie where it has only read its own: %s', async (_, used) => {
      const { sent, after } = await commitBoth(used, (session) => session.get('start'))
      expect(sent).toEqual([expect.stringContaining('__session='), 'other=1'])
      expect(after.data).toEqual({ start: true, byHand: true })
    })

    it('keeps that one, and says that changes of its own are lost, in cookie storage', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const { sent, after } = await commitBoth(storage, (session) => session.set('own', 'value'))
      expect(sent).toEqual([expect.stringContaining('__session='), 'other=1'])
      expect(after.data).toEqual({ start: true, byHand: true })
      expect(warn.mock.calls.flat().join()).toContain('the changes are lost')
    })

    it('keeps the changes of both in a store', async () => {
      const { sent, after } = await commitBoth(memory, (session) => session.set('own', 1))
      expect(sent).toEqual([expect.stringContaining('__session='), 'other=1'])
      expect(after.data).toEqual({ start: true, byHand: true, own: 1 })
    })

    it('keeps the changes of both under a new id, whose cookie is the only one', async () => {
      const { sent, after } = await commitBoth(memory, (session) => session.regenerate())
      expect(sent).toEqual(['other=1', expect.stringContaining('__session=')])
      expect(after.data).toEqual({ start: true, byHand: true })
    })

    it.each([
      ['cookie storage', storage],
      ['memory storage', memory],
    ])('signs out where it destroys its own: %s', async (_, used) => {
      const { sent } = await commitBoth(used, (session) => session.destroy())
      expect(sent).toEqual(['other=1', expect.stringContaining('__session=; Max-Age=0')])
    })

    it('takes a cookie of another path for another cookie', async () => {
      const { sent } = await commitBoth(storage, (session) => session.set('own', 1), { path: '/x' })
      expect(sent).toHaveLength(3)
    })
  })

  it.each<[string, (session: Session) => unknown]>([
    ['id', (session) => session.id],
    ['data', (session) => session.data],
    ['origin', (session) => session.origin],
    ['createdAt', (session) => session.createdAt],
    ['expiresAt', (session) => session.expiresAt],
    ['has', (session) => session.has('n')],
    ['get', (session) => session.get('n')],
    ['peek', (session) => session.peek('n')],
    ['load', (session) => session.load()],
  ])('varies by cookie where a handler used %s', async (_, use) => {
    const response = await run(async (session) => (await use(session), new Response()))
    expect(response.headers.get('vary')).toBe('Cookie')
  })

  it('decrypts nothing for a lifetime that was chosen by hand', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session, { maxAge: 100 }))
    vi.setSystemTime(Date.now() + 90_000)
    const parse = vi.spyOn(JSON, 'parse')
    await run(() => new Response(), cookie)
    expect(parse).not.toHaveBeenCalled()
    vi.useRealTimers()
  })

  it.each<[string, (session: Session) => void]>([
    ['a new id', (session) => session.regenerate()],
    ['a clear()', (session) => [session.clear(), session.set('b', 2)]],
    ['an older secret', () => {}],
  ])('commits %s by hand without a second cookie', async (_, use) => {
    const old = createCookieSessionStorage({ cookie: { secrets: [OLD_SECRET] } })
    const rotated = createCookieSessionStorage({ cookie: { secrets: [SECRET, OLD_SECRET] } })
    const before = await old.getSession()
    before.set('a', 1)
    const cookie = toCookie(await old.commitSession(before))
    const handler = async (session: Session): Promise<Response> => {
      use(session)
      const setCookie = await rotated.commitSession(session)
      expect(session.changed).toBe(false)
      return new Response('', { headers: { 'set-cookie': setCookie } })
    }
    const response = await run(handler, cookie, { storage: rotated })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('keeps the writes of all who await a session on demand at once', async () => {
    const store = createMemoryStore(10)
    const onDemand = createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
    const cookie = toCookie(await onDemand.commitSession(await onDemand.getSession()))
    const { read } = store
    let reads = 0
    vi.spyOn(store, 'read').mockImplementation(async (key) => {
      const slow = ++reads === 2
      if (slow) await new Promise((resolve) => setTimeout(resolve, 10))
      return read(key)
    })
    await run(
      async (session) => {
        const set = async (key: string): Promise<void> => (await session.load()).set(key, 1)
        await Promise.all([set('a'), set('b')])
        return new Response()
      },
      cookie,
      { storage: onDemand, lazy: true },
    )
    expect((await onDemand.getSession(cookie)).data).toEqual({ a: 1, b: 1 })
  })

  it('reads nothing where a session on demand was not awaited', async () => {
    const store = createMemoryStore(10)
    const onDemand = createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
    const cookie = toCookie(await onDemand.commitSession(await onDemand.getSession()))
    const read = vi.spyOn(store, 'read')
    const request = run((session) => new Response(String(session.get('n'))), cookie, {
      storage: onDemand,
      lazy: true,
    })
    await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    expect(read).not.toHaveBeenCalled()
  })

  it.each([
    ['remix', false],
    ['__Host-remix', true],
  ])(
    'leaves Secure out of a Cookie on loopback where its name allows: %s',
    async (name, secure) => {
      const foreign = createCookieSessionStorage({
        cookie: createCookie(name, { secrets: [SECRET], secure: true, path: '/' }),
      })
      const runner = createSessionRunner<undefined>({ storage: foreign })
      const request = new Request('http://localhost/')
      const response = await runner(request, undefined, async (session) => {
        session.set('n', 1)
        return { response: new Response() }
      })
      expect(/; Secure/.test(response.headers.getSetCookie()[0] ?? '')).toBe(secure)
    },
  )

  it('signs anew what an older secret has signed', async () => {
    const signedBy = (...secrets: string[]) =>
      createCookieSessionStorage({ cookie: { secrets, protection: 'signed' } })
    const old = signedBy(OLD_SECRET)
    const cookie = toCookie(await old.commitSession(await old.getSession()))
    const rotated = { storage: signedBy(SECRET, OLD_SECRET) }
    const response = await run(() => new Response(), cookie, rotated)
    const renewed = toCookie(response.headers.getSetCookie()[0])
    expect((await signedBy(SECRET).getSession(renewed)).origin).toBe('resumed')
    expect((await run(() => new Response(), renewed, rotated)).headers.getSetCookie()).toEqual([])
  })

  it('decrypts no sealed cookie with `acceptSigned` before it is due', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const moving = createCookieSessionStorage({
      cookie: { secrets: [SECRET], acceptSigned: true, maxAge: 1000 },
    })
    const cookie = toCookie(await moving.commitSession(await moving.getSession()))
    const parse = vi.spyOn(JSON, 'parse')
    await run(() => new Response(), cookie, { storage: moving })
    expect(parse).not.toHaveBeenCalled()
    vi.setSystemTime(Date.now() + 600_000)
    const due = await run(() => new Response(), cookie, { storage: moving })
    expect(due.headers.getSetCookie()).toHaveLength(1)
    vi.useRealTimers()
  })

  it.each(['commitSession', 'destroySession'] as const)(
    'opens a session on demand for %s by hand',
    async (method) => {
      const store = createMemoryStore(10)
      const onDemand = createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
      const cookie = toCookie(await onDemand.commitSession(await onDemand.getSession()))
      const handler = async (session: Session): Promise<Response> =>
        new Response(await onDemand[method](session))
      const response = await run(handler, cookie, { storage: onDemand, lazy: true })
      expect(await response.text()).toContain('__session=')
      const { origin } = await onDemand.getSession(cookie)
      expect(origin).toBe(method === 'commitSession' ? 'resumed' : 'unknown')
    },
  )

  it('saves where the exception of an outcome is a Response', async () => {
    const runner = createSessionRunner<undefined>({ storage })
    const request = new Request('https://app.example/')
    const response = await runner(request, undefined, async (session) => {
      session.set('n', 1)
      return { response: new Response(), error: new Response(null, { status: 303 }) }
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('takes nothing for a Response that only has headers', async () => {
    const thrown = { headers: new Headers() }
    const request = run((session) => {
      session.set('n', 1)
      throw thrown
    })
    await expect(request).rejects.toBe(thrown)
    expect([...thrown.headers]).toEqual([])
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

  it('ends its own session though another storage was asked to', async () => {
    const other = createCookieSessionStorage({ cookie: { name: 'other', secrets: [SECRET] } })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    const response = await run(async (current) => {
      await other.destroySession(current)
      return new Response()
    }, cookie)
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

  it('decrypts nothing for a renewal that will not be', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const short = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 100 } })
    const cookie = toCookie(await short.commitSession(await short.getSession()))
    vi.setSystemTime(Date.now() + 90_000)
    const parse = vi.spyOn(JSON, 'parse')
    await run(() => new Response(), cookie, { storage: short, rolling: false })
    expect(parse).not.toHaveBeenCalled()
    vi.useRealTimers()
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

  it('lets go of the request where the handler throws at once', async () => {
    const runner = createSessionRunner<undefined>({ storage })
    const request = new Request('https://app.example/')
    const broken = runner(request, undefined, () => {
      throw new Error('broken')
    })
    await expect(broken).rejects.toThrow('broken')
    const response = await runner(request, undefined, async (session) => {
      session.set('n', 1)
      return { response: new Response('ok') }
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('is read no more once the handler has upgraded it, when Deno closes it', async () => {
    vi.stubGlobal('Deno', {})
    const request = new Request('http://localhost/', { headers: { upgrade: 'websocket' } })
    const closed = (): never => {
      throw new TypeError('Request closed')
    }
    const runner = createSessionRunner<undefined>({
      storage: createCookieSessionStorage({ cookie: { secrets: [SECRET] } }),
    })
    const { headers } = await runner(request, undefined, async (session) => {
      for (const name of ['method', 'url', 'headers']) {
        Object.defineProperty(request, name, { get: closed })
      }
      session.set('n', session.get('n') ?? 1)
      return { response: new Response() }
    })
    expect(headers.getSetCookie()).toEqual([expect.not.stringContaining('Secure')])
  })

  describe('with a response that switches protocols', () => {
    // Only servers can make a real one; test/runtimes/ has those.
    const switching = (headers: Headers): Response =>
      Object.defineProperties(new Response(), {
        status: { value: 101 },
        headers: { value: headers },
      })

    it('adds the cookie to that very response', async () => {
      const upgrade = switching(new Headers())
      expect(await run((session) => (session.set('n', 1), upgrade))).toBe(upgrade)
      expect(upgrade.headers.getSetCookie()).toHaveLength(1)
    })

    it('sends it without, and says so, where its headers are immutable', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const refuse = (): never => {
        throw new TypeError('immutable')
      }
      const upgrade = switching(Object.assign(new Headers(), { append: refuse, set: refuse }))
      expect(await run((session) => (session.set('n', 1), upgrade))).toBe(upgrade)
      expect(upgrade.headers.getSetCookie()).toEqual([])
      expect(warn).toHaveBeenCalledWith(expect.stringContaining('switches protocols'))
    })
  })

  it('says so where a stream is the first to look at its session', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    let late: Session | undefined
    const response = await run(async (session) => {
      late = session
      return new Response('streaming')
    })
    expect(late?.get('n')).toBeUndefined()
    expect(response.headers.has('vary')).toBe(false)
    expect(warn.mock.calls.flat().join()).toContain('without `Vary: Cookie`')
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
