import { Hono } from 'hono'

import { createHonoFloor } from '../hono-floor.ts'
import type { Subject } from '../subject.ts'

/** What Hono asks for any middleware, so that no session can cost less. */
export const subject: Subject = {
  name: 'no sessions, a middleware that only calls next(), Hono',
  packages: ['hono'],
  scenarios: ['no cookie'],
  createFloor: () => createHonoFloor(),
  create: () => createHonoFloor(new Hono().use((_, next) => next())),
}
