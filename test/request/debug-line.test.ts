import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionOptions } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { createClient } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { runWith } from './run.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
const COOKIE = { secrets: [SECRET], maxAge: 24 * 60 * 60 }
const storage = createCookieSessionStorage({ cookie: COOKIE })

const sealed = { storage, debug: true }

/** What is said of requests that go through `use`, one line each, in one browser. */
function browse(
  use: (session: Session, path: string) => unknown,
  options: SessionOptions = sealed,
  { environment, origin }: { environment?: object; origin?: string } = {},
): { lines: string[]; visit(path: string): Promise<void>; cookies: Map<string, string> } {
  const lines: string[] = []
  vi.spyOn(console, 'debug').mockImplementation((line: string) => lines.push(line))
  const runner = createSessionRunner(options)
  const handle = (request: Request): Promise<Response> =>
    runWith(
      runner,
      request,
      async (session) => {
        const made = await use(session, new URL(request.url).pathname)
        return made instanceof Response ? made : new Response('ok')
      },
      { environment },
    )
  const client = createClient(handle, origin)
  const visit = async (path: string): Promise<void> => {
    await client.get(path).catch(() => undefined)
  }
  return { lines, visit, cookies: client.cookies }
}

describe('a debugged request', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('says what happened and why, in one line', async () => {
    const { lines, visit } = browse((session, path) => {
      if (path === '/cart') session.set('cart', ['secret tea'])
      if (path === '/read') session.get('cart')
      if (path === '/save') session.flash('notice', 'secret news')
      if (path === '/next') session.get('notice')
      if (path === '/login') session.regenerate()
      if (path === '/drop') session.unset('cart')
      if (path === '/odd') session.set('\u001b[31m"', 1)
      if (path === '/clear') session.clear()
      if (path === '/logout') session.destroy()
      if (path === '/500') return new Response('', { status: 500 })
      if (path === '/throw') throw new Error('secret error')
      return undefined
    })
    const paths = '/ /cart /read /save /next /login /drop /odd /500 /throw /clear /logout /x?secret'
    for (const path of paths.split(' ')) await visit(path)
    expect(lines).toEqual([
      'fetch-sessions: GET / __session: keep: untouched',
      'fetch-sessions: GET /cart __session: write: cart changed; cookie sent',
      'fetch-sessions: GET /read __session: keep: nothing changed',
      'fetch-sessions: GET /save __session: write: notice flashed; cookie sent',
      'fetch-sessions: GET /next __session: write: notice read; cookie sent',
      'fetch-sessions: GET /login __session: write: new id; cookie sent',
      'fetch-sessions: GET /drop __session: write: cart removed; cookie sent',
      'fetch-sessions: GET /odd __session: write: "\\u001b[31m\\"" changed; cookie sent',
      'fetch-sessions: GET /500 __session: keep: status 500',
      'fetch-sessions: GET /throw __session: keep: the handler threw',
      'fetch-sessions: GET /clear __session: write: cleared; cookie sent',
      'fetch-sessions: GET /logout __session: end: destroyed; cookie sent',
      'fetch-sessions: GET /x __session: keep: untouched',
    ])
    expect(lines.join()).not.toContain('secret')
  })

  it('says why a cookie was refused', async () => {
    const { lines, visit, cookies } = browse((session) => session.set('n', session.origin))
    await visit('/')
    vi.setSystemTime(START + 27 * 60 * 60 * 1000)
    await visit('/')
    cookies.set('__session', 'junk')
    await visit('/')
    expect(lines.slice(1)).toEqual([
      'fetch-sessions: GET / __session: refused: expired 3 hours ago; write: n changed; cookie sent',
      'fetch-sessions: GET / __session: refused: tampered; write: n changed; cookie sent',
    ])
  })

  it('says why an untouched session was written', async () => {
    const { lines, visit, cookies } = browse(
      (session, path) => path === '/a' && session.set('n', 1),
    )
    await visit('/a')
    vi.setSystemTime(START + 20 * 60 * 60 * 1000)
    await visit('/b')
    const secrets = ['a newer secret of the same length', SECRET]
    const rotated = browse(() => undefined, {
      storage: createCookieSessionStorage({ cookie: { ...COOKIE, secrets } }),
      debug: true,
    })
    rotated.cookies.set('__session', cookies.get('__session') ?? '')
    await rotated.visit('/c')
    expect([...lines.slice(1), ...rotated.lines]).toEqual([
      'fetch-sessions: GET /b __session: write: renewed, would have ended in 4 hours; cookie sent',
      'fetch-sessions: GET /c __session: write: to be sealed or migrated anew; cookie sent',
    ])
  })

  it('says that a record is gone, and that a store has failed', async () => {
    const store = createMemoryStore(10)
    const { lines, visit } = browse(
      async (session, path) => {
        session.set('n', path)
        if (path === '/gone') await store.delete(vi.mocked(store.read).mock.lastCall?.[0] ?? '')
        if (path === '/fail') vi.spyOn(store, 'update').mockRejectedValue(new Error('secret host'))
      },
      { storage: createStoreSessionStorage(store, { cookie: COOKIE }), debug: true },
    )
    vi.spyOn(store, 'read')
    for (const path of ['/', '/gone', '/', '/fail']) await visit(path)
    expect(lines).toEqual([
      'fetch-sessions: GET / __session: write: n changed; cookie sent',
      'fetch-sessions: GET /gone __session: write: n changed, but retired',
      'fetch-sessions: GET / __session: refused: unknown; write: n changed; cookie sent',
      'fetch-sessions: GET /fail __session: failed: ERR_SESSION_STORAGE',
    ])
  })

  it.each<[string, () => Promise<{ postponed: true }>]>([
    ['a store postpones', () => Promise.resolve({ postponed: true })],
    ['a store fails to write', () => Promise.reject(new Error('secret host'))],
  ])('says that %s a renewal', async (_, update) => {
    const store = createMemoryStore(10)
    const { lines, visit } = browse((session, path) => path === '/a' && session.set('n', 1), {
      storage: createStoreSessionStorage(store, { cookie: COOKIE }),
      debug: true,
    })
    await visit('/a')
    vi.setSystemTime(START + 20 * 60 * 60 * 1000)
    vi.spyOn(store, 'update').mockImplementation(update)
    await visit('/b')
    expect(lines.slice(1)).toEqual([
      'fetch-sessions: GET /b __session: write: renewed, would have ended in 4 hours, but postponed',
    ])
  })

  it.each([
    ['http://192.168.0.7:3000', '; not stored, since this is plain http'],
    ['http://shop.example', '; not stored, since this is plain http'],
    ['http://localhost:3000', '; cookie sent'],
    ['https://192.168.0.7:3000', '; cookie sent'],
  ])('says in every line whether browsers store the cookie: %s', async (origin, said) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const secure = {
      storage: createCookieSessionStorage({
        cookie: { ...COOKIE, name: origin.replace(/\W+/g, '-') },
      }),
      debug: true,
    }
    const { lines, visit } = browse(
      (session, path) => (path === '/out' ? session.destroy() : session.set('n', path)),
      secure,
      { origin },
    )
    for (const path of ['/a', '/b', '/out']) await visit(path)
    expect(lines.map((line) => line.replace(/^.*(write|end): [\w ]+/, ''))).toEqual([
      said,
      said,
      said,
    ])
    expect(warn).toHaveBeenCalledTimes(said.includes('not stored') ? 1 : 0)
  })

  it('says that a logout holds though the handler threw, and that no cookie went with it', async () => {
    const { lines, visit } = browse((session, path) => {
      if (path === '/a') return session.set('n', 1)
      session.destroy()
      throw new Error('secret error')
    })
    await visit('/a')
    await visit('/logout')
    expect(lines.slice(1)).toEqual(['fetch-sessions: GET /logout __session: end: destroyed'])
  })

  it('says that the commit of a Response that was thrown has failed', async () => {
    const store = createMemoryStore(10)
    const { lines, visit } = browse(
      (session, path) => {
        session.set('n', path)
        throw Response.redirect('https://app.example/', 303)
      },
      { storage: createStoreSessionStorage(store, { cookie: COOKIE }), debug: true },
    )
    vi.spyOn(store, 'create').mockRejectedValue(new Error('secret host'))
    await visit('/')
    expect(lines).toEqual(['fetch-sessions: GET / __session: failed: ERR_SESSION_STORAGE'])
  })

  it('says nothing of plain http where the cookie is not Secure', async () => {
    const open = createCookieSessionStorage({ cookie: { ...COOKIE, secure: false } })
    const { lines, visit } = browse(
      (session) => session.set('n', 1),
      { storage: open, debug: true },
      { origin: 'http://192.168.0.7:3000' },
    )
    await visit('/')
    expect(lines).toEqual(['fetch-sessions: GET / __session: write: n changed; cookie sent'])
  })

  it('says what a handler did by hand, and whether its cookie was still to be sent', async () => {
    const memory = createMemorySessionStorage({ cookie: COOKIE })
    const { lines, visit } = browse(
      async (session, path) => {
        session.set('n', 1)
        const isLogout = path.startsWith('/destroyed')
        const method = isLogout ? memory.destroySession : memory.commitSession
        const setCookie = await method(session)
        if (!path.endsWith('/sent')) return undefined
        return new Response('', { headers: { 'set-cookie': setCookie } })
      },
      { storage: memory, debug: true },
    )
    for (const path of ['/same', '/same/sent', '/destroyed', '/destroyed/sent']) await visit(path)
    expect(lines).toEqual([
      'fetch-sessions: GET /same __session: keep: committed by hand; cookie sent',
      'fetch-sessions: GET /same/sent __session: keep: committed by hand',
      'fetch-sessions: GET /destroyed __session: keep: destroyed by hand; cookie sent',
      'fetch-sessions: GET /destroyed/sent __session: keep: destroyed by hand',
    ])
  })

  it('says that the handler has sent another session', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { lines, visit } = browse(async (session) => {
      session.set('n', 1)
      const other = await storage.commitSession(await storage.getSession())
      return new Response('', { headers: { 'set-cookie': other } })
    })
    await visit('/')
    expect(lines).toEqual([
      'fetch-sessions: GET / __session: keep: the handler committed another session under the same cookie',
    ])
  })
})

describe('debugging', () => {
  it.each([
    ['fetch-sessions', {}, 1],
    ['express:*, fetch-sessions', {}, 1],
    ['*', {}, 1],
    ['express:*', {}, 0],
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
    const { lines, visit } = browse(() => undefined, { storage, debug: false })
    await visit('/')
    expect(lines).toEqual([])
  })
})
