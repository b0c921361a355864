import { createCookieSessionStorage, createSessionRunner } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { session as elysiaSession } from 'fetch-sessions/elysia'
import { Elysia } from 'elysia'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, inject, it, vi } from 'vitest'

const runtime = inject('runtime')
const isBun = runtime === 'bun'
const isWorkerd = runtime === 'workerd'

const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })

const runWithStorage = createSessionRunner({ storage })

/** One request whose handler sets a value and gives this response. */
function save(response: Response, run = runWithStorage): Promise<Response> {
  let current: Session
  const scope = { place: (session: Session) => void (current = session) }
  return run(new Request('https://app.example/'), scope, () => {
    current.set('n', 1)
    return response
  })
}

describe('the runtime', () => {
  it(`is ${runtime}`, () => {
    const { navigator } = globalThis as { navigator?: Navigator }
    expect(['Bun', 'Deno', 'WebSocketPair'].filter((name) => name in globalThis)).toEqual(
      { node: [], bun: ['Bun'], deno: ['Deno'], workerd: ['WebSocketPair'] }[runtime],
    )
    // Node has had a navigator since 21.
    if (navigator !== undefined || runtime !== 'node') {
      expect(navigator?.userAgent.toLowerCase()).toContain(
        isWorkerd ? 'cloudflare-workers' : runtime,
      )
    }
  })

  it('has the Buffer that it is to have', () => {
    expect('Buffer' in globalThis).toBe(inject('hasBuffer'))
  })
})

describe('the default storage', () => {
  const visit = (): Promise<Response> => {
    vi.stubEnv('SESSION_SECRET', undefined)
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    return save(new Response(''), createSessionRunner({}))
  }

  if (isWorkerd) {
    it('makes up no secret on workerd', async () => {
      await expect(visit()).rejects.toThrow('SESSION_SECRET is not set')
    })
  } else {
    it('makes up a secret', async () => {
      expect((await visit()).headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__session=[\w-]{50,};/),
      ])
    })
  }
})

describe('the headers of a redirect', () => {
  const redirect = (): Response => Response.redirect('https://app.example/next', 303)
  const append = (): void => redirect().headers.append('x-own', '1')

  if (isBun) {
    it('are mutable on Bun', () => {
      expect(append).not.toThrow()
    })
  } else {
    it('are immutable', () => {
      expect(append).toThrow(TypeError)
    })
  }

  it('carry the cookie of one visitor either way', async () => {
    const constant = redirect()
    const sent = [await save(constant), await save(constant)]
    expect(sent.map(({ headers }) => headers.getSetCookie().length)).toEqual([1, 1])
    expect(constant.headers.getSetCookie()).toEqual([])
  })
})

describe('the headers of a fetched data: URL', () => {
  const append = async (): Promise<void> => {
    const { headers } = await fetch('data:text/plain,fetched')
    headers.append('x-own', '1')
  }

  // On workerd those of other URLs are immutable: test/workers.test.ts.
  if (isBun || isWorkerd) {
    it('are mutable on Bun and workerd', async () => {
      await expect(append()).resolves.toBeUndefined()
    })
  } else {
    it('are immutable', async () => {
      await expect(append()).rejects.toThrow(TypeError)
    })
  }
})

describe('an Elysia application', () => {
  async function visit(): Promise<{ status: number; errors: unknown[] }> {
    const errors: unknown[] = []
    const app = new Elysia()
      .onError(({ error }) => {
        errors.push(error)
        return new Response('failed', { status: 500 })
      })
      .use(elysiaSession({ storage }))
      .get('/', ({ session }) => session.origin)
    const { status } = await app.fetch(new Request('https://app.example/'))
    return { status, errors }
  }

  if (isWorkerd) {
    it('cannot be compiled on workerd, which forbids code from text', async () => {
      await expect(visit()).rejects.toThrow('Code generation from strings disallowed')
    })
  } else {
    it('is compiled, and has its session', async () => {
      expect(await visit()).toEqual({ status: 200, errors: [] })
    })
  }
})

describe('a response with text and no type of its own', () => {
  const type = new Response('text').headers.get('content-type')?.toLowerCase()

  if (isBun) {
    it('has no type on Bun before it is sent', () => {
      expect(type).toBeUndefined()
    })
  } else {
    it('has the type of text', () => {
      expect(type).toBe('text/plain;charset=utf-8')
    })
  }

  it('keeps its text with the session cookie', async () => {
    const response = await save(new Response('text'))
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await response.text()).toBe('text')
  })
})

describe('a response that switches protocols', () => {
  if (runtime === 'node') {
    it('cannot be made on Node', () => {
      expect(() => new Response(null, { status: 101 })).toThrow(RangeError)
    })
    return
  }

  it('goes out as the same object, with the cookie', async () => {
    const upgrade = new Response(null, { status: 101, ...webSocket() } as ResponseInit)
    const sent = await save(upgrade)
    expect(sent).toBe(upgrade)
    expect(sent.status).toBe(101)
    expect(sent.headers.getSetCookie()).toEqual([expect.stringContaining('__session=')])
  })

  if (!isWorkerd) return

  it('keeps its WebSocket on workerd, which still talks', async () => {
    const { client, server, ...upgrade } = webSocket()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(`echo ${String(data)}`))
    const sent = await save(new Response(null, { status: 101, ...upgrade } as ResponseInit))
    expect(sent).toHaveProperty('webSocket', client)
    client.accept()
    const answer = new Promise((resolve) => {
      client.addEventListener('message', ({ data }) => resolve(data))
    })
    client.send('hello')
    expect(await answer).toBe('echo hello')
    client.close()
  })
})

describe('Headers', () => {
  it('keep Set-Cookie texts apart, with commas in them', () => {
    const headers = new Headers()
    headers.append('set-cookie', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
    headers.append('set-cookie', 'b=2')
    const { headers: copy } = new Response(null, { headers: new Headers(headers) })
    expect(copy.getSetCookie()).toEqual(['a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'b=2'])
  })

  const joins = ['deno', 'workerd'].includes(runtime) ? ', ' : '; '

  // Servers join what arrives in several fields with a semicolon, on Deno too: test/runtimes/servers.test.ts.
  it(`join Cookie texts that code appends with "${joins}"`, () => {
    const headers = new Headers({ cookie: 'a=1' })
    headers.append('cookie', 'b=2')
    expect(headers.get('cookie')).toBe(`a=1${joins}b=2`)
  })
})

interface Socket {
  accept(): void
  send(text: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/** The two ends of a WebSocket on workerd, which a 101 needs there. */
function webSocket(): { webSocket?: Socket; client: Socket; server: Socket } {
  const { WebSocketPair } = globalThis as { WebSocketPair?: new () => { 0: Socket; 1: Socket } }
  if (WebSocketPair === undefined) return {} as ReturnType<typeof webSocket>
  const { 0: client, 1: server } = new WebSocketPair()
  return { webSocket: client, client, server }
}
