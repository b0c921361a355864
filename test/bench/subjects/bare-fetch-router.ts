import { createFetchRouterFloor } from '../fetch-router-floor.ts'
import type { Subject } from '../subject.ts'

/** What fetch-router asks for any middleware, so that no session can cost less. */
export const subject: Subject = {
  name: 'no sessions, a middleware that only calls next(), fetch-router',
  packages: ['@remix-run/fetch-router'],
  scenarios: ['no cookie'],
  createFloor: () => createFetchRouterFloor(),
  create: () => createFetchRouterFloor([(_, next) => next()]),
}
