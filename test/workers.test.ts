import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker } from './support/bundle-worker.ts'
import { createClient } from './support/client.ts'
import type { Client } from './support/client.ts'
import { SECRET } from './support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-'))
  script = await readFile(await bundleWorker('test/workers/fixture.ts', folder), 'utf8')
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

// Compatibility dates of 2025 and later bring Node's Buffer, and with it another path of base64url.
describe.each([
  ['2026-10-20', true],
  ['2024-08-01', false],
])('on the Workers runtime of %s', (compatibilityDate, hasBuffer) => {
  let miniflare: Miniflare

  beforeAll(async () => {
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script,
        compatibilityDate,
        bindings: { SESSION_SECRET: SECRET, STORE_SECRET: SECRET },
        outboundService: () => new Response('from upstream', { headers: { 'x-upstream': '1' } }),
      }),
    )
    await miniflare.ready
  })
  afterAll(async () => {
    await miniflare?.dispose()
  })

  const client = (): Client =>
    createClient(
      (request) =>
        miniflare.dispatchFetch(request.url, {
          headers: [...request.headers],
          redirect: 'manual',
        }) as unknown as Promise<Response>,
    )

  it.each(['cookie', 'memory', 'default', 'made', 'later'])(
    'counts visits with the %s storage',
    async (kind) => {
      const browser = client()
      for (const visits of [1, 2, 3]) {
        const response = await browser.get(`/${kind}/count`)
        expect(await response.json()).toMatchObject({ visits, hasBuffer })
      }
    },
  )

  it('makes a storage from bindings once, not per request', async () => {
    const browser = client()
    for (let i = 0; i < 3; i++) {
      expect(await (await browser.get('/made/count')).json()).toMatchObject({ made: 1 })
    }
  })

  it('answers 200 requests at once, whose first have to derive the keys', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => (await client().get('/cookie/count')).json()),
    )
    for (const answer of answers) expect(answer).toMatchObject({ visits: 1 })
  })

  it('has one storage for first requests at once, though it comes later', async () => {
    const browsers = Array.from({ length: 20 }, client)
    await Promise.all(browsers.map((browser) => browser.get('/later/count')))
    for (const browser of browsers) {
      expect(await (await browser.get('/later/count')).json()).toMatchObject({ visits: 2 })
    }
  })

  it('calls a changed cookie tampered', async () => {
    const browser = client()
    await browser.get('/cookie/count')
    const token = browser.cookies.get('__session') ?? ''
    browser.cookies.set('__session', `${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`)
    expect(await (await browser.get('/cookie/origin')).text()).toBe('tampered')
  })

  it('copies responses with immutable headers', async () => {
    const fetched = await client().get('/cookie/fetched')
    expect(await fetched.text()).toBe('from upstream')
    expect(fetched.headers.get('x-upstream')).toBe('1')
    expect(fetched.headers.getSetCookie()).toHaveLength(1)
    const redirect = await client().get('/cookie/redirect')
    expect([redirect.status, redirect.headers.getSetCookie().length]).toEqual([303, 1])
  })

  it.each(['cookie', 'memory'])('lets a WebSocket through, with the %s storage', async (kind) => {
    const response = await miniflare.dispatchFetch(`http://localhost/${kind}/socket`, {
      headers: { upgrade: 'websocket' },
    })
    expect(response.status).toBe(101)
    const socket = response.webSocket
    socket?.accept()
    const echo = new Promise((resolve) => {
      socket?.addEventListener('message', (event) => resolve(event.data))
    })
    socket?.send('hello')
    expect(await echo).toBe('echo hello')
    socket?.close()
  })
})
