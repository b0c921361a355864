import { Hono } from 'hono'
import type { Context } from 'hono'
import { createCookieSessionStorage } from 'react-router-7'

import { createHonoFloor } from '../hono-floor.ts'
import { routeHono } from '../hono-routes.ts'
import { ANONYMOUS, SECRET, USER_ID } from '../subject.ts'
import type { App, Subject, VisitorData } from '../subject.ts'

/** Does not encrypt, does not commit by itself, and does not expire on the server. */
export const subject: Subject = {
  name: 'React Router 7 cookie (signed only), Hono',
  packages: ['react-router-7', 'hono'],
  createFloor: createHonoFloor,
  create,
}

function create(): App {
  const { getSession, commitSession } = createCookieSessionStorage<VisitorData>({
    cookie: {
      name: '__session',
      secrets: [SECRET],
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
      path: '/',
    },
  })
  const sessionOf = (c: Context): ReturnType<typeof getSession> =>
    getSession(c.req.header('Cookie'))

  return routeHono(new Hono(), {
    async start(c) {
      const session = await sessionOf(c)
      for (const [name, value] of Object.entries(ANONYMOUS)) {
        session.set(name as keyof VisitorData, value)
      }
      return c.text('ok', 200, { 'Set-Cookie': await commitSession(session) })
    },
    async read(c) {
      const session = await sessionOf(c)
      return c.text(String(session.get('count') ?? 'none'))
    },
    async count(c) {
      const session = await sessionOf(c)
      const count = (session.get('count') ?? 0) + 1
      session.set('count', count)
      return c.text(String(count), 200, { 'Set-Cookie': await commitSession(session) })
    },
    async login(c) {
      const session = await sessionOf(c)
      session.set('userId', USER_ID)
      return c.text('ok', 200, { 'Set-Cookie': await commitSession(session) })
    },
  })
}
