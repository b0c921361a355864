import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
} from 'fetch-sessions'
import type { Session, SessionStorage } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { requestWith, run, runWith, storage } from './run.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'

const answer = (...setCookies: string[]): Response =>
  new Response('', { headers: setCookies.map((text): [string, string] => ['set-cookie', text]) })

afterEach(() => {
  vi.useRealTimers()
})

const cleared = expect.stringContaining('__session=; Max-Age=0')

describe('a handler that commits its session by hand', () => {
  it('sends one cookie, with whatever comes after the commit', async () => {
    const response = await run(async (session) => {
      session.set('n', 1)
      return answer(await storage.commitSession(session))
    })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    const later = await run(async (session) => {
      const setCookie = await storage.commitSession(session)
      session.set('n', 2)
      return answer(setCookie)
    })
    const [setCookie, ...others] = later.headers.getSetCookie()
    expect(others).toEqual([])
    expect((await storage.getSession(toCookie(setCookie))).get('n')).toBe(2)
  })

  it.each([200, 500])('and sends no cookie has it sent, with status %d too', async (status) => {
    const response = await run(async (session) => {
      session.set('n', 1)
      await storage.commitSession(session)
      return new Response(null, { status })
    })
    const [setCookie, ...others] = response.headers.getSetCookie()
    expect(others).toEqual([])
    expect((await storage.getSession(toCookie(setCookie))).get('n')).toBe(1)
    expect(response.headers.get('cache-control')).toBe('private')
  })

  it('and writes again to a store without sending has the cookie of its id sent', async () => {
    const used = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const response = await run(
      async (session) => {
        session.set('a', 1)
        await used.commitSession(session)
        session.set('b', 2)
        return new Response()
      },
      '',
      { storage: used },
    )
    const [setCookie, ...others] = response.headers.getSetCookie()
    expect(others).toEqual([])
    expect((await used.getSession(toCookie(setCookie))).data).toEqual({ a: 1, b: 2 })
  })

  it.each<[string, (session: Session) => void]>([
    ['a new id', (session) => session.regenerate()],
    ['a clear()', (session) => [session.clear(), session.set('b', 2)]],
    ['an older secret', () => {}],
  ])('sends one cookie for %s', async (_, use) => {
    const old = createCookieSessionStorage({ cookie: { secrets: [OLD_SECRET] } })
    const rotated = createCookieSessionStorage({ cookie: { secrets: [SECRET, OLD_SECRET] } })
    const before = await old.getSession()
    before.set('a', 1)
    const handler = async (session: Session): Promise<Response> => {
      use(session)
      const setCookie = await rotated.commitSession(session)
      expect(session.changed).toBe(false)
      return answer(setCookie)
    }
    const cookie = toCookie(await old.commitSession(before))
    const response = await run(handler, cookie, { storage: rotated })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('has its cookie sent beside those that the handler has set', async () => {
    const response = await run(async (session) => {
      session.set('n', 1)
      await storage.commitSession(session)
      return answer('theme=dark')
    })
    expect(response.headers.getSetCookie()).toEqual([
      'theme=dark',
      expect.stringContaining('__session='),
    ])
  })

  it('and sends the cookie has the duplicates of it cleared', async () => {
    const used = createCookieSessionStorage({
      cookie: { secrets: [SECRET], domain: 'app.example' },
    })
    const stored = async (): Promise<string> =>
      toCookie(await used.commitSession(await used.getSession()))
    const response = await run(
      async (session) => {
        session.set('n', 1)
        return answer(await used.commitSession(session))
      },
      `${await stored()}; ${await stored()}`,
      { storage: used },
    )
    const [sent, ...others] = response.headers.getSetCookie()
    expect((await used.getSession(toCookie(sent))).get('n')).toBe(1)
    expect(others).toEqual([cleared])
  })

  it('sends one cookie for a copy of the session that the middleware would renew', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const used = createMemorySessionStorage({ cookie: { secrets: [SECRET], maxAge: 100 } })
    const cookie = toCookie(await used.commitSession(await used.getSession()))
    vi.setSystemTime(Date.now() + 60_000)
    let byHand: string | undefined
    const handler = async (): Promise<Response> => {
      byHand = await used.commitSession(await used.getSession(cookie))
      return answer(byHand)
    }
    const response = await run(handler, cookie, { storage: used })
    expect(response.headers.getSetCookie()).toEqual([byHand])
  })

  it('uses the secret with which the middleware has opened it', async () => {
    const bound = createCookieSessionStorage()
    const runner = createSessionRunner({ storage: bound })
    vi.stubEnv('SESSION_SECRET', OLD_SECRET)
    const handler = async (session: Session): Promise<Response> => {
      session.set('n', 1)
      return answer(await bound.commitSession(session))
    }
    const environment = { SESSION_SECRET: SECRET }
    const response = await runWith(runner, requestWith(''), handler, { environment })
    const cookie = toCookie(response.headers.getSetCookie()[0])
    expect((await storage.getSession(cookie)).get('n')).toBe(1)
  })
})

describe('a handler that destroys its session by hand', () => {
  it.each([
    ['and sends the cookie', true],
    ['and sends nothing', false],
  ])('%s: one cookie clears it', async (_, sends) => {
    const response = await run(async (session) => {
      const setCookie = await storage.destroySession(session)
      return sends ? answer(setCookie) : new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([cleared])
  })

  it('through another storage ends that of the middleware', async () => {
    const other = createCookieSessionStorage({ cookie: { name: 'other', secrets: [SECRET] } })
    const cookie = toCookie(await storage.commitSession(await storage.getSession()))
    const response = await run(async (session) => {
      await other.destroySession(session)
      return new Response()
    }, cookie)
    expect(response.headers.getSetCookie()).toEqual([cleared])
  })
})

describe('a handler that commits another session under the same cookie', () => {
  const memory = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })

  async function commitBoth(
    used: SessionStorage,
    use: (session: Session) => void,
    attributes: { path?: string } = {},
  ): Promise<{ sent: string[]; after: Session }> {
    const start = await used.getSession()
    start.set('start', true)
    const cookie = toCookie(await used.commitSession(start))
    const handler = async (session: Session): Promise<Response> => {
      use(session)
      const byHand = await used.getSession(cookie)
      byHand.set('byHand', true)
      return answer(await used.commitSession(byHand, attributes), 'other=1')
    }
    const response = await run(handler, cookie, { storage: used })
    const sent = response.headers.getSetCookie()
    const after = await used.getSession(
      toCookie(sent.find((text) => text.startsWith('__session='))),
    )
    return { sent, after }
  }

  it.each([
    ['cookie storage', storage],
    ['memory storage', memory],
  ])('has the last word where the middleware has nothing to write: %s', async (_, used) => {
    const { sent, after } = await commitBoth(used, (session) => session.get('start'))
    expect(sent).toEqual([expect.stringContaining('__session='), 'other=1'])
    expect(after.data).toEqual({ start: true, byHand: true })
  })

  it('has it in cookie storage even so, and the loss of changes is told', async () => {
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

  it.each<[string, (session: Session) => void, object]>([
    ['keeps its own changes in a store', (session) => session.set('own', 1), { start: 1, own: 1 }],
    ['drops a new id of its own', (session) => session.regenerate(), { start: 1 }],
  ])('%s if that is the session of somebody else', async (_, use, expected) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const start = await memory.getSession()
    start.set('start', 1)
    const cookie = toCookie(await memory.commitSession(start))
    const other = await memory.getSession()
    const handler = async (session: Session): Promise<Response> => {
      use(session)
      return answer(await memory.commitSession(other))
    }
    const sent = (await run(handler, cookie, { storage: memory })).headers.getSetCookie()
    expect(sent).toHaveLength(1)
    expect((await memory.getSession(toCookie(sent[0]))).id).toBe(other.id)
    expect((await memory.getSession(cookie)).data).toEqual(expected)
  })

  it('keeps the changes of both under a new id, whose cookie is the only one', async () => {
    const { sent, after } = await commitBoth(memory, (session) => session.regenerate())
    expect(sent).toEqual(['other=1', expect.stringContaining('__session=')])
    expect(after.data).toEqual({ start: true, byHand: true })
  })

  it.each([
    ['cookie storage', storage],
    ['memory storage', memory],
  ])('signs out where the session of the middleware is destroyed: %s', async (_, used) => {
    const { sent } = await commitBoth(used, (session) => session.destroy())
    expect(sent).toEqual(['other=1', cleared])
  })

  it('may set a cookie of another path, which is another cookie', async () => {
    const { sent } = await commitBoth(storage, (session) => session.set('own', 1), { path: '/x' })
    expect(sent).toHaveLength(3)
  })
})
