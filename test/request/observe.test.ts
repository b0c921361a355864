import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionEvent, SessionOptions } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { createClient } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { runWith } from './run.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
const DAY = 24 * 60 * 60
const COOKIE = { secrets: [SECRET], maxAge: DAY }
const storage = createCookieSessionStorage({ cookie: COOKIE })

/** The events of requests that go through `use`, in one browser. */
function browse(
  use: (session: Session, path: string) => unknown,
  options: SessionOptions = { storage },
): { events: SessionEvent[]; visit(path: string): Promise<void>; cookies: Map<string, string> } {
  const events: SessionEvent[] = []
  const runner = createSessionRunner({ observe: (event) => events.push(event), ...options })
  const client = createClient((request) =>
    runWith(runner, request, async (session) => {
      const made = await use(session, new URL(request.url).pathname)
      return made instanceof Response ? made : new Response('ok')
    }),
  )
  const visit = async (path: string): Promise<void> => {
    await client.get(path).catch(() => undefined)
  }
  return { events, visit, cookies: client.cookies }
}

describe('observe', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is told once per request what happened, with names and never with values', async () => {
    const { events, visit } = browse((session, path) => {
      if (path === '/cart') session.set('cart', ['secret tea'])
      if (path === '/read') session.get('cart')
      if (path === '/save') session.flash('notice', 'secret news')
      if (path === '/next') session.get('notice')
      if (path === '/drop') session.unset('cart')
      if (path === '/in') session.signIn('ada')
      if (path === '/500') return new Response('', { status: 500 })
      if (path === '/out') session.signOut()
      if (path === '/end') session.destroy()
      return undefined
    })
    const paths = '/ /cart /read /save /next /drop /in /500 /out /end /'.split(' ')
    for (const path of paths) await visit(path)
    expect(
      events.map(({ origin, outcome, changed, userId }) => [origin, outcome, changed, userId]),
    ).toEqual([
      ['new', 'kept', [], undefined],
      ['new', 'written', ['cart'], undefined],
      ['resumed', 'kept', [], undefined],
      ['resumed', 'written', ['notice'], undefined],
      ['resumed', 'written', ['notice'], undefined],
      ['resumed', 'written', ['cart'], undefined],
      ['resumed', 'written', [], 'ada'],
      [undefined, 'kept', [], undefined],
      ['resumed', 'written', [], undefined],
      ['resumed', 'ended', [], undefined],
      ['new', 'kept', [], undefined],
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
    expect(events.map(({ cookieBytes }) => cookieBytes > 0)).toEqual(
      events.map(({ outcome }) => outcome !== 'kept'),
    )
  })

  it('names nobody for a sign-in that was not saved, and who it was for a session that ended', async () => {
    const { events, visit } = browse((session, path) => {
      if (path !== '/out') session.signIn(path)
      else session.signOut()
      return new Response('', { status: path === '/ada' ? 200 : 500 })
    })
    for (const path of ['/eve', '/ada', '/eve', '/out']) await visit(path)
    expect(events.map(({ outcome, userId }) => [outcome, userId])).toEqual([
      ['kept', undefined],
      ['written', '/ada'],
      ['kept', '/ada'],
      ['ended', '/ada'],
    ])
  })

  it('is told why a cookie was refused, and of a renewal', async () => {
    const { events, visit, cookies } = browse(
      (session, path) => path === '/set' && session.set('n', 1),
    )
    await visit('/set')
    vi.setSystemTime(START + 20 * 60 * 60 * 1000)
    await visit('/')
    vi.setSystemTime(START + 20 * DAY * 1000)
    await visit('/set')
    cookies.set('__session', 'junk')
    await visit('/')
    expect(events.map(({ origin, outcome }) => [origin, outcome])).toEqual([
      ['new', 'written'],
      ['resumed', 'renewed'],
      ['expired', 'written'],
      ['tampered', 'kept'],
    ])
  })

  it('names a stored session by its handle, and tells how long the store took', async () => {
    const memory = createMemorySessionStorage({ cookie: COOKIE })
    const { events, visit } = browse((session) => session.signIn('ada'), { storage: memory })
    await visit('/')
    const [{ handle } = { handle: '' }] = await memory.sessionsOf('ada')
    await visit('/')
    expect(events[0]).toEqual({
      name: '__session',
      origin: 'new',
      outcome: 'written',
      changed: [],
      conflicts: 0,
      storeTime: expect.any(Number),
      cookieBytes: expect.any(Number),
      handle,
      userId: 'ada',
      error: undefined,
    })
    // Workers stop the clock between I/O
    for (const { storeTime } of events) expect(storeTime).toBeGreaterThanOrEqual(0)
  })

  it('counts the writes of others that a request has met', async () => {
    const store = createMemoryStore(10)
    const shared = createStoreSessionStorage(store, { cookie: COOKIE })
    const { events, visit, cookies } = browse(
      async (session, path) => {
        session.update('n', (n = 0) => n + 1)
        if (path !== '/slow') return
        const other = await shared.getSession(`__session=${cookies.get('__session')}`)
        other.update('n', (n = 0) => n + 1)
        await shared.commitSession(other)
      },
      { storage: shared },
    )
    await visit('/')
    await visit('/slow')
    expect(events.map(({ conflicts }) => conflicts)).toEqual([0, 1])
    expect((await shared.getSession(`__session=${cookies.get('__session')}`)).get('n')).toBe(3)
  })

  it('is told of changes that were dropped, since another request has logged out', async () => {
    const memory = createMemorySessionStorage({ cookie: COOKIE })
    const { events, visit, cookies } = browse(
      async (session, path) => {
        session.set('n', path)
        if (path === '/') return
        const cookie = `__session=${cookies.get('__session')}`
        await memory.destroySession(await memory.getSession(cookie))
      },
      { storage: memory },
    )
    await visit('/')
    await visit('/late')
    expect(events.map(({ outcome }) => outcome)).toEqual(['written', 'retired'])
    expect(events[1]?.cookieBytes).toBe(0)
  })

  it('is told of a store that fails to load or to save, and of a handler that throws', async () => {
    const store = createMemoryStore(10)
    const { events, visit } = browse(
      (session, path) => {
        session.set('n', path)
        if (path === '/throw') throw new TypeError('of the handler')
      },
      { storage: createStoreSessionStorage(store, { cookie: COOKIE }) },
    )
    await visit('/')
    await visit('/throw')
    vi.spyOn(store, 'update').mockRejectedValueOnce(new Error('host is gone'))
    await visit('/save')
    vi.spyOn(store, 'read').mockRejectedValueOnce(new Error('host is gone'))
    await visit('/load')
    expect(events).toMatchObject([
      { outcome: 'written', error: undefined },
      { outcome: 'kept', error: expect.any(TypeError) },
      { outcome: 'failed', error: { code: 'ERR_SESSION_STORAGE', cause: expect.any(Error) } },
      { outcome: 'failed', error: { code: 'ERR_SESSION_STORAGE', cause: expect.any(Error) } },
    ])
  })

  it('is told of a logout that failed after the handler had thrown', async () => {
    const store = createMemoryStore(10)
    const { events, visit } = browse(
      (session, path) => {
        if (path === '/') return void session.set('n', 1)
        session.destroy()
        throw new TypeError('of the handler')
      },
      { storage: createStoreSessionStorage(store, { cookie: COOKIE }) },
    )
    await visit('/')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(store, 'update').mockRejectedValue(new Error('host is gone'))
    await visit('/out')
    expect(events).toMatchObject([
      { outcome: 'written' },
      { outcome: 'failed', error: { code: 'ERR_SESSION_STORAGE' } },
    ])
  })

  it('is told once of a request whose handler throws a Response', async () => {
    const { events, visit } = browse((session) => {
      session.set('n', 1)
      throw Response.redirect('https://app.example/next', 303)
    })
    await visit('/')
    expect(events).toMatchObject([{ outcome: 'written', error: undefined }])
  })

  it('is told why a renewal was postponed', async () => {
    const store = createMemoryStore(10)
    const { events, visit } = browse((session, path) => path === '/set' && session.set('n', 1), {
      storage: createStoreSessionStorage(store, { cookie: COOKIE }),
    })
    await visit('/set')
    vi.setSystemTime(START + 20 * 60 * 60 * 1000)
    vi.spyOn(store, 'update').mockRejectedValueOnce(new Error('host is gone'))
    await visit('/')
    expect(events[1]).toMatchObject({ outcome: 'kept', error: { code: 'ERR_SESSION_STORAGE' } })
  })

  it('is told once where two middlewares share a session', async () => {
    const memory = createMemorySessionStorage({ cookie: COOKIE })
    const inner = vi.fn<(event: SessionEvent) => void>()
    const outer = vi.fn<(event: SessionEvent) => void>()
    const runInner = createSessionRunner({ storage: memory, observe: inner })
    const runOuter = createSessionRunner({ storage: memory, observe: outer })
    const request = new Request('https://app.example/')
    await runWith(runOuter, request, () =>
      runWith(runInner, request, (session) => {
        session.set('n', 1)
        return new Response('ok')
      }),
    )
    expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([1, 0])
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the observer')
      },
    ],
    ['rejects', () => Promise.reject(new Error('of the observer'))],
  ])('does not fail the request if it %s, and its error is printed', async (_, observe) => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const runner = createSessionRunner({ storage, observe })
    const response = await runWith(runner, new Request('https://app.example/'), (session) => {
      session.set('n', 1)
      return new Response('ok')
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(error.mock.calls).toEqual([
      [
        'fetch-sessions: `observe` failed:',
        expect.objectContaining({ message: 'of the observer' }),
      ],
    ])
  })

  it('must be a function', () => {
    expect(() => createSessionRunner({ observe: 'log' as never })).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('`observe` is "log"'),
      }),
    )
  })

  it('leaves a session alone that nobody observes', async () => {
    const store = createMemoryStore(10)
    const read = vi.spyOn(store, 'read')
    const runner = createSessionRunner({
      storage: createStoreSessionStorage(store, { cookie: COOKIE }),
      lazy: true,
    })
    const headers = { cookie: '__session=junk' }
    await runWith(runner, new Request('https://app.example/', { headers }), () => new Response())
    expect(read).not.toHaveBeenCalled()
  })
})
