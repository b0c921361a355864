import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NITRO_CONFIG, startNitro } from './attacks/nitro.ts'
import { createVisitor } from './attacks/visits.ts'
import type { RunningServer } from './server-process.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-nitro-'))

const cached = (options: string): string => `
  import { defineCachedHandler } from 'nitro/cache'
  export default defineCachedHandler(
    ({ context }) => 'hello ' + (context.session?.get('name') ?? 'stranger'),
    ${options},
  )`

const files = {
  'nitro.config.mjs': NITRO_CONFIG.replace(
    'export default {',
    `export default { routeRules: { '/:kind/:test/ruled': { cache: { maxAge: 60 } } },`,
  ),
  'middleware/0.sessions.js': `
    import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
    import { session } from 'fetch-sessions/h3'
    const cookie = { name: 'sid', secrets: ['a secret of the applications that are attacked'] }
    const inCookie = session({ storage: createCookieSessionStorage({ cookie }) })
    const inMemory = session({ storage: createMemorySessionStorage({ cookie }) })
    export default (event, next) =>
      (event.url.pathname.startsWith('/cookie/') ? inCookie : inMemory)(event, next)`,
  // Signs in whoever says a name, on their way to any page.
  'middleware/1.name.js': `
    export default (event) => {
      const name = event.url.searchParams.get('name')
      if (name !== null) event.context.session.set('name', name)
    }`,
  'routes/[kind]/[test]/hello.js': `
    export default ({ context }) => 'hello ' + (context.session.get('name') ?? 'stranger')`,
  'routes/[kind]/[test]/ruled.js': `
    export default ({ context }) => 'hello ' + (context.session?.get('name') ?? 'stranger')`,
  'routes/[kind]/[test]/cached.js': cached('{ maxAge: 60 }'),
  'routes/[kind]/[test]/swr.js': cached('{ maxAge: 60, swr: true }'),
  'routes/[kind]/[test]/by-cookie.js': cached(`{ maxAge: 60, allowCookies: ['sid'] }`),
  'routes/[kind]/[test]/bypassed.js': cached('{ maxAge: 60, shouldBypassCache: () => true }'),
  'routes/[kind]/[test]/impersonal.js': `
    import { defineCachedHandler } from 'nitro/cache'
    const times = {}
    export default defineCachedHandler(({ url }) => {
      times[url.pathname] = (times[url.pathname] ?? 0) + 1
      return 'made ' + times[url.pathname]
    }, { maxAge: 60 })`,
}

let server: RunningServer
beforeAll(async () => {
  server = await startNitro(folder, files)
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true })
})

describe.each(['cookie', 'memory'])(
  "a cached handler of Nitro's, with %s storage in session()",
  (kind) => {
    // Every test has its own entries in the cache.
    let test = 0
    beforeEach(() => {
      test += 1
    })
    const at = (page: string): string => `${server.url}/${kind}/${test}/${page}`

    it.each(['cached', 'swr', 'by-cookie', 'ruled'])(
      'shows the name of a visitor to nobody: %s',
      async (page) => {
        const ada = createVisitor()
        await ada(at('hello?name=lovelace'))
        const hers = await ada(at(page))
        for (const method of ['GET', 'GET', 'HEAD']) {
          const stranger = await createVisitor()(at(page), { method })
          expect(stranger.body).not.toContain('lovelace')
          expect(stranger.headers.getSetCookie()).toEqual([])
        }
        // A cache by cookie may tell her own name to her; no other may know it.
        if (page !== 'by-cookie') expect(hers.body).not.toContain('lovelace')
        expect((await ada(at('hello'))).body).toBe('hello lovelace')
      },
    )

    it.each(['cached', 'swr', 'by-cookie', 'ruled'])(
      'shows it to nobody where she has signed in by the same request: %s',
      async (page) => {
        await createVisitor()(at(`${page}?name=lovelace`))
        const stranger = await createVisitor()(at(page))
        expect(stranger.body).not.toContain('lovelace')
        expect(stranger.headers.getSetCookie()).toEqual([])
      },
    )

    it('has its session where the request bypasses the cache', async () => {
      const ada = createVisitor()
      await ada(at('hello?name=lovelace'))
      expect((await ada(at('bypassed'))).body).toBe('hello lovelace')
      expect((await createVisitor()(at('bypassed'))).body).toBe('hello stranger')
    })

    it('is cached where it looks at no session, and every visitor gets a cookie of their own', async () => {
      for (const name of ['lovelace', 'hopper']) {
        const visitor = createVisitor()
        const { body, headers } = await visitor(at(`impersonal?name=${name}`))
        expect([body, headers.getSetCookie().length]).toEqual(['made 1', 1])
        expect((await visitor(at('hello'))).body).toBe(`hello ${name}`)
      }
      const stranger = await createVisitor()(at('impersonal'))
      expect([stranger.body, stranger.headers.getSetCookie()]).toEqual(['made 1', []])
    })
  },
)
