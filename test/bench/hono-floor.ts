import { Hono } from 'hono'

import { routeHono } from './hono-routes.ts'
import type { App } from './subject.ts'

/** Hono without sessions. */
export function createHonoFloor(app: Hono = new Hono()): App {
  return routeHono(app, {
    start: (c) => c.text('ok'),
    read: (c) => c.text('1'),
    count: (c) => c.text('1'),
    login: (c) => c.text('ok'),
  })
}
