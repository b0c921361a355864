import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { H3_PAGES } from './attacks/h3-pages.ts'
import { NITRO_CONFIG, startNitro } from './attacks/nitro.ts'
import { PAGES } from './attacks/site.ts'
import { attack } from './attacks/suite.ts'
import type { RunningServer } from './server-process.ts'
import { afterAll, beforeAll, describe } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-nitro-'))
const at = (file: string): string => JSON.stringify(resolve('test/runtimes/attacks', file))

const files = {
  'nitro.config.mjs': NITRO_CONFIG,
  'middleware/0.revalidation.js': `
    import { toResponse } from 'h3'
    export default async (event, next) => {
      const tag = event.req.headers.get('If-None-Match')
      if (tag === null) return next()
      const response = await toResponse(await next(), event)
      if (response.headers.get('ETag') !== tag) return response
      return new Response(null, { status: 304, headers: { ETag: tag } })
    }`,
  'middleware/1.sessions.js': `
    import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
    import { session } from 'fetch-sessions/h3'
    const secrets = ['a secret of the applications that are attacked']
    const cookie = session({ storage: createCookieSessionStorage({ cookie: { secrets } }) })
    const memory = session({ storage: createMemorySessionStorage({ cookie: { secrets } }) })
    export default (event, next) => {
      if (event.url.pathname.startsWith('/cookie/')) return cookie(event, next)
      if (event.url.pathname.startsWith('/memory/')) return memory(event, next)
      return next()
    }`,
  'routes/[...page].js': `
    import { createSite, PAGES } from ${at('site.ts')}
    import { H3_PAGES } from ${at('h3-pages.ts')}
    const site = createSite({ ...PAGES, ...H3_PAGES })
    export default ({ req, context }) => site(req, context.session)`,
}

let server: RunningServer
beforeAll(async () => {
  server = await startNitro(folder, files)
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true })
})

describe('Nitro, served by Node', () => {
  attack(() => server.url, { pages: { ...PAGES, ...H3_PAGES } })
})
