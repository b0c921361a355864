import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'

import { routeHono } from './hono-routes.ts'
import { ANONYMOUS, USER_ID } from './subject.ts'
import type { App, VisitorData } from './subject.ts'

type OurEnv = SessionEnv<VisitorData>

/** The routes with this package's sessions, whatever keeps them. */
export function createOurHono(middleware: MiddlewareHandler<OurEnv>): App {
  const app = new Hono<OurEnv>()
  app.use(middleware)
  return routeHono(app, {
    start(c) {
      for (const [name, value] of Object.entries(ANONYMOUS)) {
        c.var.session.set(name as keyof VisitorData, value)
      }
      return c.text('ok')
    },
    read: (c) => c.text(String(c.var.session.get('count') ?? 'none')),
    count(c) {
      const count = (c.var.session.get('count') ?? 0) + 1
      c.var.session.set('count', count)
      return c.text(String(count))
    },
    login(c) {
      c.var.session.regenerate()
      c.var.session.set('userId', USER_ID)
      return c.text('ok')
    },
  })
}
