import { Hono } from 'hono'
import { getIronSession, webCookies } from 'iron-session'
import type { IronSession, SessionOptions } from 'iron-session'

import { createHonoFloor } from '../hono-floor.ts'
import { routeHono } from '../hono-routes.ts'
import { ANONYMOUS, SECRET, USER_ID } from '../subject.ts'
import type { App, Subject, VisitorData } from '../subject.ts'

/** Does not commit by itself, and has no ids: a handler asks for the session and saves it, which is "on demand". */
export const subject: Subject = {
  name: 'iron-session on demand (encrypted), Hono',
  packages: ['iron-session', 'hono'],
  createFloor: createHonoFloor,
  create,
}

const options: SessionOptions = { password: SECRET, cookieName: 'session' }

function sessionOf(request: Request, headers: Headers): Promise<IronSession<VisitorData>> {
  return getIronSession<VisitorData>(webCookies(request, headers), options)
}

function create(): App {
  return routeHono(new Hono(), {
    async start(c) {
      const headers = new Headers()
      const session = await sessionOf(c.req.raw, headers)
      Object.assign(session, ANONYMOUS)
      await session.save()
      return new Response('ok', { headers })
    },
    async read(c) {
      const session = await sessionOf(c.req.raw, new Headers())
      return c.text(String(session.count ?? 'none'))
    },
    async count(c) {
      const headers = new Headers()
      const session = await sessionOf(c.req.raw, headers)
      session.count = (session.count ?? 0) + 1
      await session.save()
      return new Response(String(session.count), { headers })
    },
    async login(c) {
      const headers = new Headers()
      const session = await sessionOf(c.req.raw, headers)
      session.userId = USER_ID
      await session.save()
      return new Response('ok', { headers })
    },
  })
}
