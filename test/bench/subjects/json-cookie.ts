import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Context } from 'hono'

import { createHonoFloor } from '../hono-floor.ts'
import { routeHono } from '../hono-routes.ts'
import { ANONYMOUS, USER_ID } from '../subject.ts'
import type { App, Subject, VisitorData } from '../subject.ts'

/** Does not protect anything: whoever holds the cookie may write what it says. What a cookie costs at the least. */
export const subject: Subject = {
  name: 'a plain JSON cookie, Hono',
  packages: ['hono'],
  createFloor: createHonoFloor,
  create,
}

function load(c: Context): Partial<VisitorData> {
  return JSON.parse(getCookie(c, 'session') ?? '{}') as Partial<VisitorData>
}

function save(c: Context, data: Partial<VisitorData>): void {
  const text = JSON.stringify(data)
  setCookie(c, 'session', text, { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' })
}

function create(): App {
  return routeHono(new Hono(), {
    start(c) {
      save(c, ANONYMOUS)
      return c.text('ok')
    },
    read: (c) => c.text(String(load(c).count ?? 'none')),
    count(c) {
      const data = load(c)
      const count = (data.count ?? 0) + 1
      save(c, { ...data, count })
      return c.text(String(count))
    },
    login(c) {
      save(c, { ...load(c), userId: USER_ID })
      return c.text('ok')
    },
  })
}
