import { createMemorySessionStorage } from 'fetch-sessions'
import type { SessionData } from 'fetch-sessions'
import { session } from 'fetch-sessions/h3'
import { H3, serve } from 'h3'
import type { H3Event } from 'h3'
import { describe, expect, it } from 'vitest'

import { createClient } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const storage = createMemorySessionStorage<SessionData>({ cookie: { secrets: [SECRET] } })

function count({ context: { session: current } }: H3Event): number {
  const n = Number(current.get('n') ?? 0) + 1
  current.set('n', n)
  return n
}

describe('session() for h3', () => {
  it('serves on Node, where responses are only made when they are sent', async () => {
    const app = new H3().use(session({ storage }))
    app.get('/text', (event) => `Visit ${count(event)}`)
    app.get('/json', (event) => ({ visit: count(event) }))
    const server = serve(app, {
      port: 0,
      hostname: '127.0.0.1',
      silent: true,
      gracefulShutdown: false,
    })
    try {
      await server.ready()
      const client = createClient((request) => fetch(request), server.url)
      expect(await (await client.get('/text')).text()).toBe('Visit 1')
      expect(await (await client.get('/json')).json()).toEqual({ visit: 2 })
      const response = await client.get('/text')
      expect([await response.text(), response.headers.get('content-type')]).toEqual([
        'Visit 3',
        'text/plain;charset=UTF-8',
      ])
    } finally {
      await server.close(true)
    }
  })
})
