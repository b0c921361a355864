import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { createClient } from '../support/client.ts'
import type { Client, Fetch } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-nitro-'))

const files = {
  'nitro.config.mjs': `export default { serverDir: './', preset: 'standard', compatibilityDate: '2026-10-20' }`,
  'middleware/session.js': `
    import { session } from 'fetch-sessions/h3'
    export default session()`,
  'routes/index.js': `
    export default ({ context: { session } }) => {
      session.set('visits', (session.get('visits') ?? 0) + 1)
      return { visits: session.get('visits') }
    }`,
  'routes/refused.js': `
    import { HTTPError } from 'nitro'
    export default ({ context: { session } }) => {
      session.flash('notice', 'Sign in first')
      throw new HTTPError({ status: 401, message: 'no' })
    }`,
  'routes/within.js': `
    import { serverFetch } from 'nitro'
    export default async ({ context }) => {
      context.session.set('visits', 100)
      const inner = await serverFetch('/', {}, context)
      return { inner: await inner.json(), cookies: inner.headers.getSetCookie().length }
    }`,
  'routes/cached.js': `
    import { defineCachedHandler } from 'nitro/cache'
    export default defineCachedHandler(
      ({ context }) => 'visits: ' + context.session.get('visits'),
      { maxAge: 60 },
    )`,
  'routes/news.js': `
    import { defineCachedHandler } from 'nitro/cache'
    export default defineCachedHandler(() => 'one page for all', { maxAge: 60 })`,
  'routes/broken.js': `
    export default ({ context: { session } }) => {
      session.set('visits', 100)
      throw new Error('broken')
    }`,
}

let fetch: Fetch

// Needs `npm run build`.
beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  mkdirSync(join(folder, 'node_modules'))
  for (const [name, target] of [
    ['fetch-sessions', '.'],
    ['nitro', 'node_modules/nitro'],
  ] as const) {
    symlinkSync(resolve(target), join(folder, 'node_modules', name))
  }
  const nitro = resolve('node_modules/nitro/dist/cli/index.mjs')
  execFileSync(process.execPath, [nitro, 'build'], { cwd: folder, stdio: 'pipe' })
  const built = pathToFileURL(join(folder, '.output/server/index.mjs')).href
  ;({ fetch } = ((await import(built)) as { default: { fetch: Fetch } }).default)
})
afterAll(() => rmSync(folder, { recursive: true }))

beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', SECRET)
})

const browser = (): Client => createClient(async (request) => fetch(request))

describe('session() of fetch-sessions/h3 as a middleware of Nitro', () => {
  it('counts visits', async () => {
    const client = browser()
    for (const visits of [1, 2, 3]) {
      expect(await (await client.get('/')).json()).toEqual({ visits })
    }
  })

  it("commits to Nitro's own page for an HTTPError", async () => {
    const response = await browser().get('/refused')
    expect(await response.json()).toMatchObject({ status: 401, message: 'no' })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(response.headers.get('cache-control')).toBe('private')
  })

  // Nitro copies what the context has into that of the request within.
  it('has another session for a request that is made within it', async () => {
    const client = browser()
    const response = await client.get('/within')
    expect(await response.json()).toEqual({ inner: { visits: 1 }, cookies: 1 })
    expect(await (await client.get('/')).json()).toEqual({ visits: 101 })
  })

  it('saves nothing where a handler breaks', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await browser().get('/broken')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    expect(log).toHaveBeenCalled()
  })

  it('reveals nothing to a cached handler, whose page is for everybody', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const ada = browser()
    await ada.get('/')
    for (const client of [ada, browser()]) {
      const response = await client.get('/cached')
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('visits: ')
    }
  })

  it('lets a cached handler answer everybody that looks at no session', async () => {
    const ada = browser()
    await ada.get('/')
    for (const client of [ada, browser()]) {
      const response = await client.get('/news')
      expect(await response.text()).toBe('one page for all')
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect(await (await ada.get('/')).json()).toEqual({ visits: 2 })
  })

  it('leaves paths without a route alone', async () => {
    const response = await browser().get('/nowhere')
    expect([response.status, response.headers.getSetCookie()]).toEqual([404, []])
  })
})
