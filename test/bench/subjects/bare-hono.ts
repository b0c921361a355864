import { Hono } from 'hono'

import { createHonoFloor } from '../hono-floor.ts'
import { routeHono } from '../hono-routes.ts'
import type { App, Subject } from '../subject.ts'

/** What Hono asks for any middleware, so that no session can cost less. */
export const subject: Subject = {
  name: 'no sessions, a middleware that only calls next(), Hono',
  packages: ['hono'],
  scenarios: ['no cookie'],
  createFloor: createHonoFloor,
  create,
}

function create(): App {
  const app = new Hono()
  app.use((_, next) => next())
  return routeHono(app, {
    start: (c) => c.text('ok'),
    read: (c) => c.text('1'),
    count: (c) => c.text('1'),
    login: (c) => c.text('ok'),
  })
}
