import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'

import { revalidating } from './revalidation.ts'
import type { Site } from './site.ts'
import { inCookie, inMemory } from './storages.ts'

export function withHono(site: Site): (request: Request) => Response | Promise<Response> {
  const app = new Hono<SessionEnv>()
    .use('/cookie/*', session({ storage: inCookie }))
    .use('/memory/*', session({ storage: inMemory }))
    .all('*', async (c) => (await site(c.req.raw, c.get('session'))) as Response)
  return revalidating((request) => app.fetch(request))
}
