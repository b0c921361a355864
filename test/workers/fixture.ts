import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { upgradeWebSocket } from 'hono/cloudflare-workers'

// Made at module scope, where Workers allow neither randomness nor I/O.
const sealed = createCookieSessionStorage<{ visits: number; made: number }>({
  cookie: { secrets: ['a secret of the test fixture'] },
})
const memory = createMemorySessionStorage<{ visits: number }>({
  cookie: { name: 'id', secrets: ['a secret of the test fixture'] },
})
let made = 0

const app = new Hono<{ Bindings: { STORE_SECRET: string } }>()
  .use('/cookie/*', session({ storage: sealed }))
  .use('/memory/*', session({ storage: memory }))
  .use('/default/*', session())
  .use(
    '/made/*',
    session({
      storage: (env: { STORE_SECRET: string }) => {
        made++
        return createCookieSessionStorage<{ visits: number }>({
          cookie: { secrets: env.STORE_SECRET },
        })
      },
    }),
  )
  .use(
    '/later/*',
    session({
      // As from a secrets store, which answers later.
      storage: async (env: { STORE_SECRET: string }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return createMemorySessionStorage<{ visits: number }>({
          cookie: { secrets: env.STORE_SECRET },
        })
      },
    }),
  )
  .get('/:kind/count', (c) => {
    const { session: current } = c.var
    const visits = Number(current.get('visits') ?? 0) + 1
    current.set('visits', visits)
    return c.json({ visits, made, hasBuffer: 'Buffer' in globalThis })
  })
  .get('/cookie/origin', (c) => c.text(c.var.session.origin))
  .get('/cookie/fetched', async (c) => {
    c.var.session.set('visits', 7)
    return fetch('https://upstream.example/')
  })
  .get('/cookie/redirect', (c) => {
    c.var.session.set('visits', 7)
    return Response.redirect('https://app.example/', 303)
  })
  .use('/:kind/socket', async (c, next) => {
    c.var.session.set('visits', 7)
    await next()
  })
  .get(
    '/:kind/socket',
    upgradeWebSocket(() => ({
      onMessage: (event, socket) => socket.send(`echo ${String(event.data)}`),
    })),
  )

export default app
