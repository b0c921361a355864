import { createCookieSessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'

import { createHonoFloor } from '../hono-floor.ts'
import { createOurHono } from '../our-hono.ts'
import { SECRET } from '../subject.ts'
import type { Subject, VisitorData } from '../subject.ts'

/** Does not end a session from the server: a copy of the cookie works until it expires. */
export const subject: Subject = {
  name: 'fetch-sessions: encrypted cookie, Hono',
  packages: ['fetch-sessions', 'hono'],
  createFloor: createHonoFloor,
  create() {
    const storage = createCookieSessionStorage<VisitorData>({ cookie: { secrets: [SECRET] } })
    return createOurHono(session({ storage }))
  },
}
