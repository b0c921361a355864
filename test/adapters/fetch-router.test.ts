import { createContextKey, createRouter } from '@remix-run/fetch-router'
import { createMemorySessionStorage, Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/fetch-router'
import { describe, expect, it } from 'vitest'

import { adapterConformance } from '../conformance/adapter.ts'
import { SECRET } from '../support/secrets.ts'

adapterConformance('fetch-router', (mounts, handler) => {
  const errors: unknown[] = []
  const keys = new Map(
    mounts.map(({ key = 'session' }) => [
      key,
      key === 'session' ? Session : createContextKey<Session>(),
    ]),
  )
  const router = createRouter({
    middleware: mounts.map((mount) => {
      const name = mount.key ?? 'session'
      return session({ ...mount, key: keys.get(name), property: name })
    }),
    defaultHandler: (context) =>
      handler({
        request: context.request,
        path: context.url.pathname,
        session: (key = 'session') => context.get(keys.get(key) as typeof Session) as Session,
      }),
  })
  async function fetch(request: Request): Promise<Response> {
    try {
      return await router.fetch(request)
    } catch (thrown) {
      if (thrown instanceof Response) return thrown
      errors.push(thrown)
      return new Response('failed', { status: 500 })
    }
  }
  return { fetch, errors }
})

describe('session() for fetch-router', () => {
  it('is found as context.session and by the class as its key', async () => {
    const storage = createMemorySessionStorage<{ n: number }>({ cookie: { secrets: [SECRET] } })
    const router = createRouter({ middleware: [session({ storage })] })
    router.get('/', (context) => {
      context.session.set('n', 1)
      return Response.json([
        context.get(Session) === context.session,
        context.get(Session).get('n') === 1,
      ])
    })
    const response = await router.fetch('https://app.example/')
    expect(await response.json()).toEqual([true, true])
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('refuses two sessions under one key, of which one would be taken for the other', async () => {
    const storages = ['one', 'two'].map((name) =>
      createMemorySessionStorage({ cookie: { name, secrets: [SECRET] } }),
    )
    const [one, two] = storages
    const router = createRouter({
      middleware: [session({ storage: one }), session({ storage: two, property: 'visitor' })],
      defaultHandler: () => new Response(),
    })
    await expect(router.fetch('https://app.example/')).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('"visitor"'),
    })
  })

  it('leaves to the router to refuse a property that something else has', async () => {
    const storage = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const router = createRouter({
      middleware: [session({ storage, property: 'url' as 'session' })],
      defaultHandler: () => new Response(),
    })
    await expect(router.fetch('https://app.example/')).rejects.toThrow('"url"')
  })

  it('says what to write where `middleware: [session]` lacks the call', async () => {
    const router = createRouter({
      middleware: [session as never],
      defaultHandler: () => new Response(),
    })
    await expect(router.fetch('https://app.example/')).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('write `session()`, with the call') as string,
    })
  })

  it('keeps a second session under its own key and property', async () => {
    const AdminSession = createContextKey<Session<{ role: string }>>()
    const storage = createMemorySessionStorage<{ role: string }>({
      cookie: { name: 'admin', secrets: [SECRET] },
    })
    const router = createRouter({
      middleware: [session({ storage, key: AdminSession, property: 'admin' })],
    })
    router.get('/', ({ admin, get }) => Response.json(get(AdminSession) === admin))
    expect(await (await router.fetch('https://app.example/')).json()).toBe(true)
  })
})
