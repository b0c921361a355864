import {
  createCookieSessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionEvent, SessionOptions, SessionScope } from 'fetch-sessions'
import { createMemorySessionStorage, createMemoryStore } from '../../src/storage/memory.ts'
import { createClient } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { runWith } from './run.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET], maxAge: 24 * 60 * 60 }
const storage = createCookieSessionStorage({ cookie: COOKIE })
const sealed = { storage, debug: true }

/** What is printed of requests that go through `use`, one line each, in one browser. */
function browse(
  use: (session: Session, path: string) => unknown,
  options: SessionOptions = sealed,
  { origin, ...scope }: { origin?: string } & Omit<SessionScope, 'place'> = {},
): { lines: string[]; visit(path: string): Promise<void> } {
  const lines: string[] = []
  vi.spyOn(console, 'debug').mockImplementation((line: string) => lines.push(line))
  const runner = createSessionRunner(options)
  const handle = (request: Request): Promise<Response> =>
    runWith(
      runner,
      request,
      async (session) => {
        await use(session, new URL(request.url).pathname)
        return new Response('ok')
      },
      scope,
    )
  const client = createClient(handle, origin)
  const visit = async (path: string): Promise<void> => {
    await client.get(path).catch(() => undefined)
  }
  return { lines, visit }
}

/** The event in a line. */
function eventIn(line: string | undefined): unknown {
  return JSON.parse(/^fetch-sessions: GET \S+ (\{.*\})/.exec(line ?? '')?.[1] ?? 'null')
}

describe('a debugged request', () => {
  it('prints what `observe` is told in one line, without the user', async () => {
    const memory = createMemorySessionStorage({ cookie: COOKIE })
    const { lines, visit } = browse(
      (session) => {
        session.set('cart', ['secret tea'])
        session.signIn('secret ada')
      },
      { storage: memory, debug: true },
    )
    await visit('/cart?secret')
    expect(lines).toEqual([expect.stringMatching(/^fetch-sessions: GET \/cart \{.*\}$/)])
    expect(eventIn(lines[0])).toEqual({
      name: '__session',
      origin: 'new',
      outcome: 'written',
      changed: ['cart'],
      conflicts: 0,
      storeTime: expect.any(Number),
      cookieBytes: expect.any(Number),
      handle: (await memory.sessionsOf('secret ada'))[0]?.handle,
    })
    expect(lines.join()).not.toContain('secret')
  })

  it('prints the code or the class of an error, since its message may hold a value', async () => {
    const { lines, visit } = browse((session, path) => {
      if (path === '/throw') throw new TypeError('secret error')
      session.set('n', new Date() as never)
    })
    await visit('/throw')
    await visit('/value')
    expect(lines.map(eventIn)).toMatchObject([
      { outcome: 'kept', error: 'TypeError' },
      { outcome: 'kept', error: 'ERR_SESSION_VALUE' },
    ])
    expect(lines.join()).not.toContain('secret')
  })

  it('prints nothing else, and is not printed where somebody observes alone', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const debugged = browse(() => undefined)
    await debugged.visit('/')
    expect(debugged.lines).toHaveLength(1)
    expect(error).not.toHaveBeenCalled()
    const observe = vi.fn<(event: SessionEvent) => void>()
    const observed = browse(() => undefined, { storage, observe })
    await observed.visit('/')
    expect(observe).toHaveBeenCalledTimes(1)
    expect(observed.lines).toEqual([])
  })

  it('sends no command to the terminal, whatever name a client chooses', async () => {
    const { lines, visit } = browse((session) =>
      session.set(`\u001b[31m"\u2028\u009b${'x'.repeat(999)}`, 1),
    )
    await visit('/')
    expect(lines[0]).toMatch(/^[ -~]+$/)
    expect(lines[0]).toContain(String.raw`\u001b[31m\"\u2028\u009b`)
    expect(lines[0]?.length).toBeLessThan(300)
  })

  it.each([
    ['http://192.168.0.7:3000', '; not stored, since this is plain http'],
    ['http://shop.example', '; not stored, since this is plain http'],
    ['http://localhost:3000', ''],
    ['https://192.168.0.7:3000', ''],
  ])('says in every line whether browsers refuse the cookie: %s', async (origin, said) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const name = origin.replace(/\W+/g, '-') // a warning is given once in a process
    const secure = {
      storage: createCookieSessionStorage({ cookie: { ...COOKIE, name } }),
      debug: true,
    }
    const { lines, visit } = browse(
      (session, path) => (path === '/out' ? session.destroy() : session.set('n', path)),
      secure,
      { origin },
    )
    for (const path of ['/a', '/b', '/out']) await visit(path)
    expect(lines.map((line) => line.slice(line.lastIndexOf('}') + 1))).toEqual([said, said, said])
    expect(warn).toHaveBeenCalledTimes(said === '' ? 0 : 1)
  })

  it('says nothing of plain http where the session could not be saved', async () => {
    const store = createMemoryStore(10)
    vi.spyOn(store, 'create').mockRejectedValue(new Error('host is gone'))
    const { lines, visit } = browse(
      (session) => session.set('n', 1),
      { storage: createStoreSessionStorage(store, { cookie: COOKIE }), debug: true },
      { origin: 'http://192.168.0.7:3000' },
    )
    await visit('/')
    expect(lines).toEqual([expect.stringMatching(/"outcome":"failed".*\}$/)])
  })

  it('rounds the time of the store to a tenth of a millisecond', async () => {
    const store = createMemoryStore(10)
    const { create } = store
    vi.spyOn(store, 'create').mockImplementation(async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return create(...args)
    })
    const events: SessionEvent[] = []
    const { lines, visit } = browse((session) => session.set('n', 1), {
      storage: createStoreSessionStorage(store, { cookie: COOKIE }),
      debug: true,
      observe: (event) => events.push(event),
    })
    await visit('/')
    const [{ storeTime } = { storeTime: 0 }] = events
    const shown = (eventIn(lines[0]) as SessionEvent).storeTime
    expect(String(shown)).toMatch(/^\d+(\.\d)?$/)
    expect(Math.abs(shown - storeTime)).toBeLessThan(0.051)
  })

  it('says nothing of plain http where the cookie is not Secure', async () => {
    const open = createCookieSessionStorage({ cookie: { ...COOKIE, secure: false } })
    const { lines, visit } = browse(
      (session) => session.set('n', 1),
      { storage: open, debug: true },
      { origin: 'http://192.168.0.7:3000' },
    )
    await visit('/')
    expect(lines[0]).toMatch(/\}$/)
  })
})

describe('debugging', () => {
  it.each([
    ['fetch-sessions', {}, 1],
    ['express:*, fetch-sessions', {}, 1],
    ['*', {}, 1],
    ['express:*', {}, 0],
    ['express:*fetch-sessions', {}, 0],
    ['fetch-sessions-x', {}, 0],
    ['', {}, 0],
    [undefined, { DEBUG: 'fetch-sessions' }, 1],
    [undefined, { DEBUG: 'other' }, 0],
  ])('is asked for by the variable DEBUG: %j, bindings %o', async (variable, bindings, count) => {
    vi.stubEnv('DEBUG', variable)
    const { lines, visit } = browse(() => undefined, { storage }, { environment: bindings })
    await visit('/')
    expect(lines).toHaveLength(count)
  })

  it('is off where the option says so', async () => {
    vi.stubEnv('DEBUG', 'fetch-sessions')
    const { lines, visit } = browse(
      () => undefined,
      { storage, debug: false },
      { environment: { DEBUG: 'fetch-sessions' } },
    )
    await visit('/')
    expect(lines).toEqual([])
  })

  it('fails no request of a router whose environment is null', async () => {
    const runner = createSessionRunner({ storage })
    const request = new Request('https://app.example/')
    const page = (): Response => new Response('page')
    const response = await runWith(runner, request, page, { environment: null })
    expect(await response.text()).toBe('page')
  })

  it.each([
    ['nobody but Workers passes bindings', undefined, 0],
    ['these are the bindings of Workers', 'Cloudflare-Workers', 1],
  ])('is asked for by what a client may have sent only where %s', async (_, userAgent, count) => {
    vi.stubEnv('DEBUG', undefined)
    vi.stubGlobal('navigator', { userAgent })
    const scope = { environment: { DEBUG: 'fetch-sessions' }, processFirst: true }
    const { lines, visit } = browse(() => undefined, { storage }, scope)
    await visit('/')
    expect(lines).toHaveLength(count)
  })
})
