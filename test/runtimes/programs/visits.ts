import { createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import type { UpgradeWebSocket } from 'hono/ws'

const memory = createMemorySessionStorage({
  cookie: { secrets: ['a secret of the programs for the runtimes'] },
})

/**
 * Counts the visits of each client: below /cookie in cookie storage with SESSION_SECRET, below /memory in memory. What
 * differs from runtime to runtime is how it is served, and how it gets a WebSocket.
 */
export function createVisits(upgradeWebSocket: UpgradeWebSocket): Hono<SessionEnv> {
  return new Hono<SessionEnv>()
    .use('/cookie/*', session())
    .use('/memory/*', session({ storage: memory }))
    .get('/:kind/count', (c) => c.json(countVisit(c.var.session)))
    .get('/:kind/redirect', (c) => {
      countVisit(c.var.session)
      return Response.redirect('https://app.example/', 303)
    })
    .get(
      '/:kind/socket',
      upgradeWebSocket((c) => {
        const visits = countVisit(c.get('session'))
        return {
          onMessage: (event, socket) => socket.send(`visit ${visits}: ${String(event.data)}`),
        }
      }),
    )
}

function countVisit(current: Session): number {
  const visits = Number(current.get('visits') ?? 0) + 1
  current.set('visits', visits)
  return visits
}
