import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionOptions, SessionScope } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { requestWith, runWith, storage } from './run.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

type Scope = Omit<SessionScope, 'place'>

/** Two middlewares around one handler, the inner one of which may get another Request of the same visit. */
async function nest(
  [outer, inner]: [SessionOptions, SessionOptions],
  scopes: [Scope, Scope] = [{}, {}],
  pass: (request: Request) => Request = (request) => request,
): Promise<{ one: Session; two: Session; response: Response }> {
  const sessions: Session[] = []
  const request = requestWith('')
  const response = await runWith(
    createSessionRunner(outer),
    request,
    async (one) => {
      sessions.push(one)
      one.set('outer', 1)
      const use = (two: Session): Response => {
        sessions.push(two)
        two.set('inner', 1)
        return new Response()
      }
      const made = await runWith(createSessionRunner(inner), pass(request), use, scopes[1])
      expect(made.headers.getSetCookie()).toHaveLength(one === sessions[1] ? 0 : 1)
      if (one === sessions[1]) one.set('later', 1)
      return made
    },
    scopes[0],
  )
  const [one, two] = sessions as [Session, Session]
  return { one, two, response }
}

describe('two middlewares of one request', () => {
  beforeEach(() => {
    vi.stubEnv('SESSION_SECRET', SECRET)
  })

  const factory = () => createMemorySessionStorage({ cookie: { secrets: [SECRET] } })

  it.each<[string, SessionOptions]>([
    ['the same storage', { storage }],
    ['the default storage', {}],
    ['the same factory', { storage: factory }],
  ])('share a session in %s, and the outer one commits it', async (_, options) => {
    const { one, two, response } = await nest([options, { ...options }])
    expect(two).toBe(one)
    expect(one.data).toEqual({ outer: 1, inner: 1, later: 1 })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  const proxied = (request: Request): Request =>
    new Proxy(request, { get: (target, name) => Reflect.get(target, name) as unknown })
  const context = {}

  it.each<[string, [Scope, Scope], (request: Request) => Request]>([
    ['a Proxy of the Request', [{}, {}], proxied],
    ['another Request of one context', [{ context }, { context }], (request) => request.clone()],
    ['one Request, of which one knows the context', [{ context: {} }, {}], (request) => request],
    ['one Request, and the other knows it', [{}, { context: {} }], (request) => request],
  ])('share it with %s', async (_, scopes, pass) => {
    const { one, two, response } = await nest([{ storage }, { storage }], scopes, pass)
    expect(two).toBe(one)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('share it, though one in between has a session of another name', async () => {
    const other = createCookieSessionStorage({ cookie: { name: 'other', secrets: [SECRET] } })
    const request = requestWith('')
    const scope = { context: {} }
    const runner = createSessionRunner({ storage })
    const inBetween = createSessionRunner({ storage: other })
    const sessions: Session[] = []
    await runWith(
      runner,
      request,
      (outer) => {
        sessions.push(outer)
        const again = (): Promise<Response> =>
          runWith(runner, request.clone(), (inner) => (sessions.push(inner), new Response()), scope)
        return runWith(inBetween, request.clone(), again, scope)
      },
      scope,
    )
    expect(sessions).toHaveLength(2)
    expect(sessions[1]).toBe(sessions[0])
  })

  it('keep the page of the inner one from a cache between them', async () => {
    const before = await storage.getSession()
    before.set('n', 1)
    const request = requestWith(toCookie(await storage.commitSession(before)))
    const runner = createSessionRunner({ storage })
    const show = (session: Session): Response => new Response(String(session.get('n')))
    await runWith(runner, request, async () => {
      const { headers } = await runWith(runner, request, show)
      expect([headers.get('Cache-Control'), headers.get('Vary')]).toEqual(['private', 'Cookie'])
      return new Response()
    })
  })

  it.each([
    ['on demand if both are lazy', true, 0],
    ['before the inner handler if only the outer one is lazy', false, 1],
  ])('read the session %s', async (_, lazy, reads) => {
    const store = createMemoryStore(10)
    const used = createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
    const before = await used.getSession()
    before.set('n', 1)
    const request = requestWith(toCookie(await used.commitSession(before)))
    const read = vi.spyOn(store, 'read')
    const outer = createSessionRunner({ storage: used, lazy: true })
    const inner = createSessionRunner({ storage: used, lazy })
    await runWith(outer, request, () =>
      runWith(inner, request, (session) => {
        expect(read).toHaveBeenCalledTimes(reads)
        if (!lazy) expect(session.get('n')).toBe(1)
        return new Response()
      }),
    )
  })

  it('share none by equal names and secrets', async () => {
    const other = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
    await expect(nest([{ storage }, { storage: other }])).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('"__session"'),
    })
  })

  it('share none of two factories', async () => {
    const other = () => factory()
    await expect(nest([{ storage: factory }, { storage: other }])).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
    })
  })

  it('have a session each under two names', async () => {
    const other = createCookieSessionStorage({ cookie: { name: 'other', secrets: [SECRET] } })
    const { one, two, response } = await nest([{ storage }, { storage: other }])
    expect(two).not.toBe(one)
    expect(response.headers.getSetCookie().map((text) => text.split('=')[0])).toEqual([
      'other',
      '__session',
    ])
  })

  it('have a session each one after the other', async () => {
    const request = requestWith('')
    const runner = createSessionRunner({ storage })
    const sessions: Session[] = []
    for (let i = 0; i < 2; i++) {
      const scope = { context }
      await runWith(runner, request, (one) => (sessions.push(one), new Response()), scope)
    }
    expect(sessions[0]).not.toBe(sessions[1])
  })
})
