import { session } from 'fetch-sessions/elysia'
import { Elysia } from 'elysia'

import type { Site } from './site.ts'
import { inCookie, inMemory } from './storages.ts'

// The same for every Elysia: `fetch` to serve it elsewhere, `listen` to serve it on Bun.
export function withElysia(site: Site): Elysia {
  const app = new Elysia()
    .all('/outside/*', ({ request }) => site(request))
    .all('/plain/*', ({ request }) => site(request))
    .use(session({ storage: inCookie, key: 'inCookie' }))
    .use(session({ storage: inMemory, key: 'inMemory' }))
    .all('/cookie/*', (context) => site(context.request, context.inCookie))
    .all('/memory/*', (context) => site(context.request, context.inMemory))
  return app as unknown as Elysia
}
