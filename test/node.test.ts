import type { AddressInfo } from 'node:net'

import { serve, upgradeWebSocket } from '@hono/node-server'
import type { ServerType, WebSocketServerLike } from '@hono/node-server'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { WebSocket, WebSocketServer } from 'ws'
import { createMemoryStore } from '../src/storage/memory.ts'
import { toCookie } from './support/client.ts'
import { SECRET } from './support/secrets.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'

const cookie = { secrets: [SECRET] }
let server: ServerType | undefined
let errors: unknown[]

afterEach(async () => {
  await new Promise((closed) => server?.close(closed))
})

/** A chat whose handshake counts the visits, on a real server. Gives its origin. */
function serveChat(storage: SessionStorage): Promise<string> {
  errors = []
  const app = new Hono()
    .onError((error) => {
      errors.push(error)
      return new Response('failed', { status: 500 })
    })
    .use(session({ storage }))
    .get('/visits', (c) => c.json(c.var.session.get('visits') ?? 0))
    .get('/login', (c) => {
      c.var.session.set('user', 'ada')
      return c.text('ok')
    })
    .get('/refused', (c) => {
      c.var.session.set('visits', -1)
      return c.text('no chat for you', 403)
    })
    .get('/late', (c, next) =>
      upgradeWebSocket(() => ({
        onMessage(_, socket) {
          try {
            c.var.session.set('visits', -1)
          } catch (error) {
            socket.send((error as { code: string }).code)
          }
        },
      }))(c, next),
    )
    .get('/chat', (c, next) => {
      const { session: current } = c.var
      const user = String(current.get('user') ?? 'nobody')
      current.set('visits', Number(current.get('visits') ?? 0) + 1)
      return upgradeWebSocket(() => ({
        onMessage: (event, socket) => socket.send(`${user}: ${String(event.data)}`),
      }))(c, next)
    })
  const websocket = { server: new WebSocketServer({ noServer: true }) as WebSocketServerLike }
  return new Promise((listening) => {
    const options = { fetch: app.fetch, websocket, hostname: '127.0.0.1', port: 0 }
    server = serve(options, ({ port }: AddressInfo) => listening(`http://127.0.0.1:${port}`))
  })
}

interface Handshake {
  readonly status: number
  readonly cookies: readonly string[]
  /** What came back for "hello"; undefined where there was no WebSocket. */
  readonly answer?: string
}

function shakeHands(url: string, sent = ''): Promise<Handshake> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie: sent } })
    let cookies: readonly string[] = []
    socket.once('upgrade', ({ headers }) => (cookies = headers['set-cookie'] ?? []))
    socket.once('unexpected-response', (_, { statusCode = 0, headers }) =>
      done({ status: statusCode, cookies: headers['set-cookie'] ?? [] }),
    )
    socket.once('open', () => socket.send('hello'))
    socket.once('message', (data: Buffer) => {
      socket.once('close', () => done({ status: 101, cookies, answer: data.toString() }))
      socket.close()
    })
    socket.once('error', fail)
  })
}

async function get(url: string, sent = ''): Promise<{ body: string; cookie: string }> {
  const response = await fetch(url, { headers: { cookie: sent } })
  return { body: await response.text(), cookie: toCookie(response.headers.getSetCookie()[0]) }
}

describe.each([
  ['cookie storage', () => createCookieSessionStorage({ cookie })],
  ['memory storage', () => createMemorySessionStorage({ cookie })],
])('a WebSocket on Node, with %s', (kind, createStorage) => {
  it('is opened by a handler that reads the session of the login before', async () => {
    const chat = await serveChat(createStorage())
    const { cookie: signedIn } = await get(`${chat}/login`)
    expect(await shakeHands(`${chat}/chat`, signedIn)).toMatchObject({ answer: 'ada: hello' })
    expect(await shakeHands(`${chat}/chat`, 'a=1')).toMatchObject({ answer: 'nobody: hello' })
  })

  it('gets the cookie of a new session with the 101', async () => {
    const chat = await serveChat(createStorage())
    const { status, cookies } = await shakeHands(`${chat}/chat`)
    expect([status, cookies.length]).toEqual([101, 1])
    expect((await get(`${chat}/visits`, toCookie(cookies[0]))).body).toBe('1')
  })

  it('keeps what its handshake wrote to a session that has a cookie', async () => {
    const chat = await serveChat(createStorage())
    const { cookie: before } = await get(`${chat}/login`)
    const { cookies } = await shakeHands(`${chat}/chat`, before)
    // Cookie storage answers with the values; an id stays as it is.
    expect(cookies).toHaveLength(kind === 'cookie storage' ? 1 : 0)
    const after = cookies.length === 0 ? before : toCookie(cookies[0])
    expect((await get(`${chat}/visits`, after)).body).toBe('1')
  })

  it('gets the cookie with a refusal too', async () => {
    const chat = await serveChat(createStorage())
    const { status, cookies, answer } = await shakeHands(`${chat}/refused`)
    expect([status, cookies.length, answer]).toEqual([403, 1, undefined])
  })

  it('finds its session closed once it is open', async () => {
    const chat = await serveChat(createStorage())
    expect(await shakeHands(`${chat}/late`)).toMatchObject({ answer: 'ERR_SESSION_CLOSED' })
  })
})

describe('the store, under the handshake of a WebSocket on Node', () => {
  it('is written before the WebSocket is open', async () => {
    const store = createMemoryStore(10)
    const chat = await serveChat(createStoreSessionStorage(store, { cookie }))
    const events: string[] = []
    const create = store.create.bind(store)
    vi.spyOn(store, 'create').mockImplementation(async (...args) => {
      await new Promise((resolve) => setImmediate(resolve))
      const version = await create(...args)
      events.push('written')
      return version
    })
    const { answer } = await shakeHands(`${chat}/chat`)
    events.push(`opened: ${answer}`)
    expect(events).toEqual(['written', 'opened: nobody: hello'])
  })

  it('refuses it where the session cannot be read', async () => {
    const store = createMemoryStore(10)
    const chat = await serveChat(createStoreSessionStorage(store, { cookie }))
    const { cookie: signedIn } = await get(`${chat}/login`)
    vi.spyOn(store, 'read').mockRejectedValue(new Error('connection lost'))
    expect(await shakeHands(`${chat}/chat`, signedIn)).toEqual({ status: 500, cookies: [] })
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORAGE' })])
  })

  // Once upgradeWebSocket() was called, @hono/node-server opens the WebSocket whatever the response is.
  it('cannot refuse it where the session cannot be written, and reports that', async () => {
    const store = createMemoryStore(10)
    const chat = await serveChat(createStoreSessionStorage(store, { cookie }))
    vi.spyOn(store, 'create').mockRejectedValue(new Error('connection lost'))
    expect(await shakeHands(`${chat}/chat`)).toMatchObject({ status: 101, cookies: [] })
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORAGE' })])
  })
})
