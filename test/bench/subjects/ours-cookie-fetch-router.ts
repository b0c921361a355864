import { createRouter } from '@remix-run/fetch-router'
import { createCookieSessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/fetch-router'

import { createFetchRouterFloor } from '../fetch-router-floor.ts'
import { ANONYMOUS, ROUTES, SECRET, USER_ID } from '../subject.ts'
import type { App, Subject, VisitorData } from '../subject.ts'

/** Does not end a session from the server: a copy of the cookie works until it expires. */
export const subject: Subject = {
  name: 'fetch-sessions: encrypted cookie, fetch-router',
  packages: ['fetch-sessions', '@remix-run/fetch-router'],
  createFloor: () => createFetchRouterFloor(),
  create,
}

function create(): App {
  const storage = createCookieSessionStorage<VisitorData>({ cookie: { secrets: [SECRET] } })
  const router = createRouter({ middleware: [session({ storage })] })
  router.get(ROUTES.untouched, () => new Response('ok'))
  router.get(ROUTES.start, ({ session: current }) => {
    for (const [name, value] of Object.entries(ANONYMOUS)) {
      current.set(name as keyof VisitorData, value)
    }
    return new Response('ok')
  })
  router.get(
    ROUTES.read,
    ({ session: current }) => new Response(String(current.get('count') ?? 'none')),
  )
  router.get(ROUTES.count, ({ session: current }) => {
    const count = (current.get('count') ?? 0) + 1
    current.set('count', count)
    return new Response(String(count))
  })
  router.get(ROUTES.login, ({ session: current }) => {
    current.regenerate()
    current.set('userId', USER_ID)
    return new Response('ok')
  })
  return router
}
