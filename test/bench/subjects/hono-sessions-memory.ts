import { MemoryStore } from 'hono-sessions'

import { createHonoFloor } from '../hono-floor.ts'
import { createHonoSessions } from '../hono-sessions.ts'
import type { Subject } from '../subject.ts'

/** Does not sign the id, does not drop expired records, and makes a record for every visitor without a cookie. */
export const subject: Subject = {
  name: 'hono-sessions memory (id not signed), Hono',
  packages: ['hono-sessions', 'hono'],
  createFloor: createHonoFloor,
  create: () => createHonoSessions({ store: new MemoryStore() }),
}
