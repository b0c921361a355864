import { FastResponse, serve } from 'srvx'

import { withElysia } from '../elysia.ts'
import { withFetch } from '../fetch.ts'
import { H3_PAGES } from '../h3-pages.ts'
import { withH3 } from '../h3.ts'
import { revalidating } from '../revalidation.ts'
import { createSite, PAGES } from '../site.ts'

// test/runtimes/attacks.test.ts also builds it with an older srvx in the place of this one.
const [, , router, responseClass] = process.argv
const platform = responseClass === 'FastResponse' ? { Response: FastResponse } : globalThis
const site = createSite(router === 'h3' ? { ...PAGES, ...H3_PAGES } : PAGES, platform)
const fetch = {
  elysia: () => {
    const app = withElysia(site)
    return revalidating((request) => app.fetch(request))
  },
  fetch: () => withFetch(site),
  h3: () => withH3(site),
}[router as 'elysia' | 'fetch' | 'h3']()

const server = serve({ fetch, hostname: '127.0.0.1', port: 0, silent: true })
await server.ready()
console.log(`port ${new URL(server.url ?? '').port}`)
