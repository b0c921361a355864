import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { build } from 'tsdown'
import { WebSocket } from 'ws'
import { bundleWorker } from '../support/bundle-worker.ts'
import { toCookie } from '../support/client.ts'
import { skipLoudly } from '../support/engine.ts'
import { installPackage } from '../support/packed-package.ts'
import { SECRET } from '../support/secrets.ts'
import { bun, deno, node20 } from './commands.ts'
import { startServer } from './server-process.ts'
import type { RunningServer } from './server-process.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Server {
  readonly program: string
  /** What runs the program; undefined where it is missing. */
  readonly command: readonly string[] | undefined
  /** Whether the session cookie can go with the handshake of a WebSocket; undefined where there is no such handshake. */
  readonly handshake?: 'with cookie' | 'without cookie'
}

const SERVERS: Record<string, Server> = {
  'Node 24': { program: 'node', command: [process.execPath], handshake: 'with cookie' },
  'Node 20': { program: 'node', command: node20(), handshake: 'with cookie' },
  Bun: { program: 'bun', command: bun(), handshake: 'without cookie' },
  Deno: { program: 'deno', command: deno() },
  workerd: { program: 'workerd', command: [], handshake: 'with cookie' },
}

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))

// The programs as plain JavaScript, beside an installed package: what a user's own build gives.
beforeAll(async () => {
  installPackage(folder, ['@hono/node-server', 'ws'])
  await build({
    config: false,
    entry: ['node', 'bun', 'deno'].map((name) => `test/runtimes/programs/${name}.ts`),
    outDir: folder,
    outExtensions: () => ({ js: '.mjs' }),
    deps: { neverBundle: /^[^./]/ },
    clean: false,
    dts: false,
    logLevel: 'error',
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

function start({ program, command = [] }: Server): Promise<RunningServer> {
  if (program === 'workerd') return startWorkerd()
  return startServer(command, join(folder, `${program}.mjs`))
}

async function startWorkerd(): Promise<RunningServer> {
  const script = await bundleWorker('test/runtimes/programs/workerd.ts', join(folder, 'workerd'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: readFileSync(script, 'utf8'),
      compatibilityDate: '2026-10-20',
      bindings: { SESSION_SECRET: SECRET },
    }),
  )
  const url = await miniflare.ready
  return { url: url.origin, stop: () => miniflare.dispose() }
}

/** What a WebSocket client sees: the cookies that came with the handshake, and the answer to one message. */
function converse(url: string, cookie: string): Promise<{ cookies: string[]; answer: string }> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie } })
    let cookies: string[] = []
    socket.once('upgrade', ({ headers }) => (cookies = headers['set-cookie'] ?? []))
    socket.once('open', () => socket.send('hello'))
    socket.once('message', (data: Buffer) => {
      socket.close()
      done({ cookies, answer: data.toString() })
    })
    socket.once('error', fail)
  })
}

for (const [name, server] of Object.entries(SERVERS)) {
  if (server.command === undefined) skipLoudly(`the server on ${name}`, 'install it')

  describe.skipIf(server.command === undefined)(`a server on ${name}`, () => {
    let running: RunningServer

    beforeAll(async () => {
      running = await start(server)
    })
    afterAll(() => running?.stop())

    const get = (path: string, cookie = ''): Promise<Response> =>
      fetch(`${running.url}${path}`, { headers: { cookie }, redirect: 'manual' })

    describe.each(['/cookie', '/memory'])('below %s', (kind) => {
      const firstVisit = async (): Promise<string> =>
        toCookie((await get(`${kind}/count`)).headers.getSetCookie()[0])

      it('counts the visits of each client alone', async () => {
        for (const client of ['one', 'two']) {
          let cookie = ''
          for (const visits of [1, 2, 3]) {
            const response = await get(`${kind}/count`, cookie)
            expect(await response.json(), client).toBe(visits)
            cookie = toCookie(response.headers.getSetCookie()[0]) || cookie
          }
        }
      })

      it('sends one cookie, which the loopback host may have without TLS', async () => {
        const { headers } = await get(`${kind}/count`)
        expect(headers.getSetCookie()).toEqual([
          expect.stringMatching(/^__session=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/),
        ])
        expect(headers.get('cache-control')).toBe('private')
        expect(headers.get('vary')).toBe('Cookie')
      })

      it('sends the cookie with a redirect', async () => {
        const response = await get(`${kind}/redirect`)
        expect([response.status, response.headers.get('location')]).toEqual([
          303,
          'https://app.example/',
        ])
        const cookie = toCookie(response.headers.getSetCookie()[0])
        expect(await (await get(`${kind}/count`, cookie)).json()).toBe(2)
      })

      it('takes a changed cookie for none', async () => {
        const cookie = await firstVisit()
        const changed = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'Q' : 'A'}`
        expect(await (await get(`${kind}/count`, changed)).json()).toBe(1)
      })

      if (server.handshake === undefined) return

      it('opens the session in the handshake of a WebSocket', async () => {
        const cookie = await firstVisit()
        const { answer } = await converse(`${running.url}${kind}/socket`, cookie)
        expect(answer).toBe('visit 2: hello')
      })

      if (server.handshake === 'with cookie') {
        it('sends the cookie with the handshake', async () => {
          const { cookies, answer } = await converse(`${running.url}${kind}/socket`, '')
          expect([answer, cookies.length]).toEqual(['visit 1: hello', 1])
          expect(await (await get(`${kind}/count`, toCookie(cookies[0]))).json()).toBe(2)
        })
      } else {
        it('cannot send the cookie with the handshake, which is over before the commit', async () => {
          const { cookies, answer } = await converse(`${running.url}${kind}/socket`, '')
          expect([answer, cookies.length]).toEqual(['visit 1: hello', 0])
        })
      }
    })

    if (server.handshake !== undefined) {
      it('saves in memory what a handshake writes to a session that has its cookie', async () => {
        const cookie = toCookie((await get('/memory/count')).headers.getSetCookie()[0])
        await converse(`${running.url}/memory/socket`, cookie)
        expect(await (await get('/memory/count', cookie)).json()).toBe(3)
      })
    }

    if (name === 'Deno') {
      it('finds its cookie among those that HTTP/2 sends in several fields', async () => {
        const cookie = toCookie((await get('/cookie/count')).headers.getSetCookie()[0])
        expect(await overHttp2(`${running.url}/cookie/count`, ['a=1', cookie, 'b=2'])).toBe('2')
      })
    }
  })
}

/** A request as browsers send it over HTTP/2: a field for every cookie (RFC 9113 section 8.2.3). */
function overHttp2(url: string, cookie: string[]): Promise<string> {
  const { origin, pathname } = new URL(url)
  const client = connect(origin)
  return new Promise<string>((done, fail) => {
    const request = client.request({ ':path': pathname, cookie })
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.once('end', () => done(body))
    request.once('error', fail)
    client.once('error', fail)
  }).finally(() => client.close())
}
