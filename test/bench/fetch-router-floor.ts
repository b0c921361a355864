import { createRouter } from '@remix-run/fetch-router'
import type { Middleware } from '@remix-run/fetch-router'

import { ROUTES } from './subject.ts'
import type { App } from './subject.ts'

/** fetch-router without sessions. */
export function createFetchRouterFloor(middleware: Middleware[] = []): App {
  const router = createRouter({ middleware })
  for (const route of Object.values(ROUTES)) router.get(route, () => new Response('ok'))
  return router
}
