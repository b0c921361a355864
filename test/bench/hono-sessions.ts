import { Hono } from 'hono'
import { sessionMiddleware } from 'hono-sessions'
import type { Session } from 'hono-sessions'

import { routeHono } from './hono-routes.ts'
import { ANONYMOUS, USER_ID } from './subject.ts'
import type { App, VisitorData } from './subject.ts'

interface HonoSessionsEnv {
  Variables: { session: Session<VisitorData>; session_key_rotation: boolean }
}

/** The routes with hono-sessions: the options of its README, and either of its stores. */
export function createHonoSessions(
  options: Pick<Parameters<typeof sessionMiddleware>[0], 'store' | 'encryptionKey'>,
): App {
  const app = new Hono<HonoSessionsEnv>()
  app.use(
    '*',
    sessionMiddleware({
      ...options,
      expireAfterSeconds: 900,
      cookieOptions: { sameSite: 'Lax', path: '/', httpOnly: true },
    }),
  )
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
      c.set('session_key_rotation', true)
      c.var.session.set('userId', USER_ID)
      return c.text('ok')
    },
  })
}
