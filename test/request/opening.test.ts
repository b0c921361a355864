import { createCookie } from '@remix-run/cookie'
import {
  createCookieSessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionStorage } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import type { SessionStore } from '../../src/engine/store.ts'
import * as reactRouter from 'react-router'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { requestWith, run, runWith, storage } from './run.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'

const cookieWith = (options: object): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets: [SECRET], ...options } })

const stored = async (used: SessionStorage, options = {}): Promise<string> =>
  toCookie(await used.commitSession(await used.getSession(), options))

const setCookies = async (used: SessionStorage, cookie: string, rolling = true) => {
  const response = await run(() => new Response(), cookie, { storage: used, rolling })
  return response.headers.getSetCookie()
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a session in a cookie', () => {
  it('is decrypted not where nobody looks, and once where somebody does', async () => {
    const cookie = await stored(storage)
    const parse = vi.spyOn(JSON, 'parse')
    await run(() => new Response(), cookie)
    expect(parse).not.toHaveBeenCalled()
    await run((session) => new Response(`${session.get('n')}${session.get('n')}`), cookie)
    expect(parse).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['is chosen by hand', {}, { maxAge: 100 }, true],
    ['is not to be renewed', { maxAge: 100 }, {}, false],
  ])('is not decrypted late in a lifetime that %s', async (_, options, chosen, rolling) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const used = cookieWith(options)
    const cookie = await stored(used, chosen)
    vi.setSystemTime(Date.now() + 90_000)
    const parse = vi.spyOn(JSON, 'parse')
    expect(await setCookies(used, cookie, rolling)).toEqual([])
    expect(parse).not.toHaveBeenCalled()
  })

  it('is not decrypted before it is due, with `acceptSigned` neither', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const moving = cookieWith({ acceptSigned: true, maxAge: 1000 })
    const cookie = await stored(moving)
    const parse = vi.spyOn(JSON, 'parse')
    expect(await setCookies(moving, cookie)).toEqual([])
    expect(parse).not.toHaveBeenCalled()
    vi.setSystemTime(Date.now() + 600_000)
    expect(await setCookies(moving, cookie)).toHaveLength(1)
  })

  it('is signed anew if an older secret has signed it', async () => {
    const signedBy = (...secrets: string[]) => cookieWith({ secrets, protection: 'signed' })
    const rotated = signedBy(SECRET, OLD_SECRET)
    const [setCookie] = await setCookies(rotated, await stored(signedBy(OLD_SECRET)))
    const renewed = toCookie(setCookie)
    expect((await signedBy(SECRET).getSession(renewed)).origin).toBe('resumed')
    expect(await setCookies(rotated, renewed)).toEqual([])
  })

  it.each<[string, boolean, (session: Session) => unknown]>([
    ['at the next response', false, () => {}],
    ['on demand once it is loaded', true, (session) => session.load()],
  ])('moves from React Router to a sealed one %s', async (_, lazy, use) => {
    const theirs = reactRouter.createCookieSessionStorage({
      cookie: { name: '__session', secrets: [SECRET] },
    })
    const before = await theirs.getSession()
    before.set('userId', '123')
    const cookie = toCookie(await theirs.commitSession(before))
    const moving = { storage: cookieWith({ acceptSigned: true }), lazy }
    const visit = async (session: Session): Promise<Response> => (
      await use(session),
      new Response()
    )
    const response = await run(visit, cookie, moving)
    const sealed = toCookie(response.headers.getSetCookie()[0])
    expect(sealed).toMatch(/^__session=[\w-]+$/)
    const again = await run(visit, sealed, moving)
    expect(again.headers.getSetCookie()).toEqual([])
    expect((await storage.getSession(sealed)).get('userId')).toBe('123')
  })

  it.each([
    ['remix', false],
    ['__Host-remix', true],
  ])('leaves Secure out on loopback where its name allows: %s', async (name, secure) => {
    const cookie = createCookie(name, { secrets: [SECRET], secure: true, path: '/' })
    const runner = createSessionRunner({ storage: createCookieSessionStorage({ cookie }) })
    const use = (session: Session): Response => (session.set('n', 1), new Response())
    const response = await runWith(runner, requestWith('', 'http://localhost/'), use)
    expect(/; Secure/.test(response.headers.getSetCookie()[0] ?? '')).toBe(secure)
  })
})

describe('a session on demand (`lazy: true`)', () => {
  const overStore = (): { store: SessionStore; used: SessionStorage } => {
    const store = createMemoryStore(10)
    return { store, used: createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } }) }
  }

  it('keeps the writes of all who await it at once', async () => {
    const { store, used } = overStore()
    const cookie = await stored(used)
    const { read } = store
    let reads = 0
    vi.spyOn(store, 'read').mockImplementation(async (key) => {
      const slow = ++reads === 2
      if (slow) await new Promise((resolve) => setTimeout(resolve, 10))
      return read(key)
    })
    const set = async (session: Session, key: string): Promise<void> =>
      (await session.load()).set(key, 1)
    await run(
      async (session) => {
        await Promise.all([set(session, 'a'), set(session, 'b')])
        return new Response()
      },
      cookie,
      { storage: used, lazy: true },
    )
    expect((await used.getSession(cookie)).data).toEqual({ a: 1, b: 1 })
  })

  it('is read once by two who await it at once, and is empty for both and all others if that fails', async () => {
    const { store, used } = overStore()
    const cookie = await stored(used)
    const read = vi.spyOn(store, 'read').mockRejectedValue(new Error('connection lost'))
    let later: unknown
    const response = await run(
      async (session) => {
        const loads = await Promise.allSettled([session.load(), session.load()])
        expect(loads.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
        later = [session.origin, session.data, session.get('n')]
        expect(() => session.set('n', 1)).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }),
        )
        expect((await session.load()).data).toEqual({})
        return new Response()
      },
      cookie,
      { storage: used, lazy: true },
    )
    expect(later).toEqual(['new', {}, undefined])
    expect(read).toHaveBeenCalledTimes(1)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('is read once by two who await it at once', async () => {
    const { store, used } = overStore()
    const cookie = await stored(used)
    const read = vi.spyOn(store, 'read')
    const both = async (session: Session): Promise<Response> => {
      const [one, two] = await Promise.all([session.load(), session.load()])
      return Response.json([one === two, one.origin])
    }
    const response = await run(both, cookie, { storage: used, lazy: true })
    expect(await response.json()).toEqual([true, 'resumed'])
    expect(read).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['before the response, and read after', true, 0],
    ['after the response', false, 1],
  ])('warns of a page in a stream that is awaited %s', async (_, isEarly, warnings) => {
    vi.resetModules() // a warning is given once in a process
    const { createMemorySessionStorage, createSessionRunner: create } =
      await import('fetch-sessions')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const used = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const cookie = toCookie(await used.commitSession(await used.getSession()))
    const handler = async (session: Session): Promise<Response> => {
      if (isEarly) await session.load()
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const { origin } = await session.load()
            controller.enqueue(new TextEncoder().encode(origin))
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(body)
    }
    const runner = create({ storage: used, lazy: true })
    const response = await runWith(runner, requestWith(cookie), handler)
    expect(warn).not.toHaveBeenCalled()
    expect(await response.text()).toBe('resumed')
    expect(response.headers.get('vary')).toBe(isEarly ? 'Cookie' : null)
    expect(warn).toHaveBeenCalledTimes(warnings)
    if (!isEarly) expect(warn.mock.calls.flat().join()).toContain('no `Vary: Cookie`')
  })

  it('is not read, and says what to write, where it was not awaited', async () => {
    const { store, used } = overStore()
    const cookie = await stored(used)
    const read = vi.spyOn(store, 'read')
    for (const options of [used, cookieWith({ protection: 'signed' })]) {
      const value = options === used ? cookie : await stored(options)
      const request = run((session) => new Response(String(session.get('n'))), value, {
        storage: options,
        lazy: true,
      })
      await expect(request).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('await session.load()'),
      })
    }
    expect(read).not.toHaveBeenCalled()
  })

  it('is not renewed unless it was awaited', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const short = cookieWith({ maxAge: 100 })
    const cookie = await stored(short)
    vi.setSystemTime(Date.now() + 60_000)
    const visit = async (use: (session: Session) => unknown) =>
      (
        await run(async (session) => (await use(session), new Response()), cookie, {
          storage: short,
          lazy: true,
        })
      ).headers.getSetCookie()
    expect(await visit(() => {})).toEqual([])
    expect(await visit((session) => session.load())).toHaveLength(1)
  })

  it.each(['commitSession', 'destroySession'] as const)(
    'is opened by %s by hand',
    async (method) => {
      const { used } = overStore()
      const cookie = await stored(used)
      const handler = async (session: Session): Promise<Response> =>
        new Response(await used[method](session))
      const response = await run(handler, cookie, { storage: used, lazy: true })
      expect(await response.text()).toContain('__session=')
      const { origin } = await used.getSession(cookie)
      expect(origin).toBe(method === 'commitSession' ? 'resumed' : 'unknown')
    },
  )
})
