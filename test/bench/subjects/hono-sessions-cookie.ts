import { CookieStore } from 'hono-sessions'

import { createHonoFloor } from '../hono-floor.ts'
import { createHonoSessions } from '../hono-sessions.ts'
import { SECRET } from '../subject.ts'
import type { Subject } from '../subject.ts'

/** Does not leave an untouched session alone: it opens and writes one at every request. Does not rotate secrets. */
export const subject: Subject = {
  name: 'hono-sessions cookie (encrypted), Hono',
  packages: ['hono-sessions', 'hono'],
  createFloor: createHonoFloor,
  create: () => createHonoSessions({ store: new CookieStore(), encryptionKey: SECRET }),
}
