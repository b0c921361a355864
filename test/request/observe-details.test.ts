import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session, SessionEvent, SessionOptions } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { requestWith, runWith } from './run.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }
const storage = createCookieSessionStorage({ cookie: COOKIE })
const memory = createMemorySessionStorage({ cookie: COOKIE })

/** One request, and what it was told of. */
async function observe(
  use: (session: Session) => unknown,
  { cookie = '', ...options }: SessionOptions & { cookie?: string } = {},
): Promise<{ event: SessionEvent | undefined; setCookies: string[] }> {
  const events: SessionEvent[] = []
  const runner = createSessionRunner({
    storage,
    observe: (told) => events.push(told),
    ...options,
  })
  const sent = await runWith(runner, requestWith(cookie), async (session) => {
    const made = await use(session)
    return made instanceof Response ? made : new Response('ok')
  }).catch(() => undefined)
  expect(events).toHaveLength(1)
  return { event: events[0], setCookies: sent?.headers.getSetCookie() ?? [] }
}

const stored = async (used = storage): Promise<string> =>
  toCookie(await used.commitSession(await used.getSession()))

describe('what `observe` is told', () => {
  it.each([
    ['commitSession', 'written'],
    ['destroySession', 'ended'],
  ] as const)('of a handler that calls %s is `%s`, sent or not', async (method, outcome) => {
    for (const isSent of [true, false]) {
      const cookie = await stored()
      const { event } = await observe(
        async (session) => {
          const headers = { 'Set-Cookie': await storage[method](session) }
          return isSent ? new Response('', { headers }) : undefined
        },
        { cookie },
      )
      expect(event?.outcome).toBe(outcome)
    }
  })

  it('of a handler that sends another session under the cookie is `yielded`', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { event } = await observe(async (session) => {
      session.set('n', 1)
      const headers = { 'Set-Cookie': await storage.commitSession(await storage.getSession()) }
      return new Response('', { headers })
    })
    expect(event).toMatchObject({ outcome: 'yielded', changed: [], cookieBytes: 0 })
  })

  it('of a response that saves nothing names no key', async () => {
    const { event } = await observe((session) => {
      session.set('n', 1)
      return new Response('', { status: 500 })
    })
    expect(event).toMatchObject({ outcome: 'kept', changed: [] })
  })

  it('of a session that nobody has loaded names no session', async () => {
    const cookie = await stored(memory)
    const { event } = await observe(() => {}, { cookie, storage: memory, lazy: true })
    expect(event).toMatchObject({ origin: undefined, handle: '', outcome: 'kept' })
  })

  it('counts the bytes of every cookie that is sent', async () => {
    const used = createCookieSessionStorage({ cookie: { ...COOKIE, domain: 'app.example' } })
    const cookie = `${await stored(used)}; ${await stored(used)}`
    const options = { cookie, storage: used }
    const { event, setCookies } = await observe((session) => session.set('n', 1), options)
    expect(setCookies).toHaveLength(2)
    expect(event?.cookieBytes).toBe(setCookies.join('').length)
  })

  it('counts no cookie if the handler throws, since none is sent', async () => {
    const cookie = await stored()
    const { event } = await observe(
      (session) => {
        session.destroy()
        throw new Error('of the handler')
      },
      { cookie },
    )
    expect(event).toMatchObject({ outcome: 'ended', cookieBytes: 0 })
  })

  it('counts the time of reading and of writing, and no more', async () => {
    const store = createMemoryStore(10)
    const used = createStoreSessionStorage(store, { cookie: COOKIE })
    const cookie = await stored(used)
    const { read, update } = store
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    vi.spyOn(store, 'read').mockImplementation(async (key) => {
      now += 3
      return read(key)
    })
    vi.spyOn(store, 'update').mockImplementation(async (...args) => {
      now += 40
      return update(...args)
    })
    const use = (session: Session): void => {
      now += 500
      session.set('n', 1)
    }
    const { event } = await observe(use, { cookie, storage: used })
    expect(event?.storeTime).toBe(43)
  })
})
