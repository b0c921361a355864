import { createMemorySessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'

import { createHonoFloor } from '../hono-floor.ts'
import { createOurHono } from '../our-hono.ts'
import { SECRET } from '../subject.ts'
import type { Subject, VisitorData } from '../subject.ts'

/** Keeps nothing beyond the process. */
export const subject: Subject = {
  name: 'fetch-sessions: memory, sealed id, Hono',
  packages: ['fetch-sessions', 'hono'],
  createFloor: createHonoFloor,
  create() {
    const storage = createMemorySessionStorage<VisitorData>({ cookie: { secrets: [SECRET] } })
    return createOurHono(session({ storage }))
  },
}
