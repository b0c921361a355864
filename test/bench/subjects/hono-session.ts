import { useSession } from '@hono/session'
import type { SessionEnv } from '@hono/session'
import { Hono } from 'hono'

import { createHonoFloor } from '../hono-floor.ts'
import { routeHono } from '../hono-routes.ts'
import { ANONYMOUS, SECRET, USER_ID } from '../subject.ts'
import type { App, Subject, VisitorData } from '../subject.ts'

/** Does not expire by default, does not save nested changes, and has no new id at login. */
export const subject: Subject = {
  name: '@hono/session cookie (encrypted), Hono',
  packages: ['@hono/session', 'hono'],
  createFloor: createHonoFloor,
  create,
}

// A type alias, for the index signature that the library asks for.
type Data = Partial<Pick<VisitorData, keyof VisitorData>>

function create(): App {
  const app = new Hono<SessionEnv<Data>>()
  app.use(useSession<Data>({ secret: SECRET }))
  return routeHono(app, {
    async start(c) {
      await c.var.session.update({ ...ANONYMOUS })
      return c.text('ok')
    },
    async read(c) {
      const data = await c.var.session.get()
      return c.text(String(data?.count ?? 'none'))
    },
    async count(c) {
      await c.var.session.update((data) => ({ ...data, count: (data?.count ?? 0) + 1 }))
      return c.text(String(c.var.session.data?.count))
    },
    async login(c) {
      await c.var.session.update((data) => ({ ...data, userId: USER_ID }))
      return c.text('ok')
    },
  })
}
