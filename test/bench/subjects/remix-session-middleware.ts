import { createCookie } from '@remix-run/cookie'
import { Session } from '@remix-run/session'
import { createCookieSessionStorage } from '@remix-run/session/cookie-storage'
import { session } from '@remix-run/session-middleware'
// The version that the middleware depends on.
import { createRouter } from 'fetch-router-0.18'

import { ANONYMOUS, ROUTES, SECRET, USER_ID } from '../subject.ts'
import type { App, Subject } from '../subject.ts'

/** Does not encrypt, does not expire on the server, and builds the Response anew with every cookie. */
export const subject: Subject = {
  name: 'Remix session-middleware cookie (signed only), fetch-router',
  packages: ['@remix-run/session-middleware', '@remix-run/session', 'fetch-router-0.18'],
  createFloor,
  create,
}

function create(): App {
  const cookie = createCookie('__session', {
    secrets: [SECRET],
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
  })
  const router = createRouter({ middleware: [session(cookie, createCookieSessionStorage())] })
  router.get(ROUTES.untouched, () => new Response('ok'))
  router.get(ROUTES.start, (context) => {
    const current = context.get(Session)
    for (const [name, value] of Object.entries(ANONYMOUS)) current.set(name, value)
    return new Response('ok')
  })
  router.get(
    ROUTES.read,
    (context) => new Response(String(context.get(Session).get('count') ?? 'none')),
  )
  router.get(ROUTES.count, (context) => {
    const current = context.get(Session)
    const count = Number(current.get('count') ?? 0) + 1
    current.set('count', count)
    return new Response(String(count))
  })
  router.get(ROUTES.login, (context) => {
    const current = context.get(Session)
    current.regenerateId()
    current.set('userId', USER_ID)
    return new Response('ok')
  })
  return router
}

function createFloor(): App {
  const router = createRouter()
  for (const route of Object.values(ROUTES)) router.get(route, () => new Response('ok'))
  return router
}
