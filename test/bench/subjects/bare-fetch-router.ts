import { createRouter } from '@remix-run/fetch-router'

import { ROUTES } from '../subject.ts'
import type { App, Subject } from '../subject.ts'

/** What fetch-router asks for any middleware, so that no session can cost less. */
export const subject: Subject = {
  name: 'no sessions, a middleware that only calls next(), fetch-router',
  packages: ['@remix-run/fetch-router'],
  scenarios: ['no cookie'],
  createFloor: () => route(createRouter()),
  create: () => route(createRouter({ middleware: [(_, next) => next()] })),
}

function route(router: ReturnType<typeof createRouter>): App {
  for (const path of Object.values(ROUTES)) router.get(path, () => new Response('ok'))
  return router
}
