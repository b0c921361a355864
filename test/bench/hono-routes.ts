import type { Context, Env, Hono } from 'hono'

import { ROUTES } from './subject.ts'
import type { App } from './subject.ts'

type Handler<E extends Env> = (c: Context<E>) => Response | Promise<Response>

/** What a subject's handlers do; see {@link ROUTES}. */
export interface HonoHandlers<E extends Env> {
  start: Handler<E>
  read: Handler<E>
  count: Handler<E>
  login: Handler<E>
}

export function routeHono<E extends Env>(app: Hono<E>, handlers: HonoHandlers<E>): App {
  app.get(ROUTES.untouched, (c) => c.text('ok'))
  app.get(ROUTES.start, (c) => handlers.start(c))
  app.get(ROUTES.read, (c) => handlers.read(c))
  app.get(ROUTES.count, (c) => handlers.count(c))
  app.get(ROUTES.login, (c) => handlers.login(c))
  return app
}
