import { createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { withSession } from 'fetch-sessions/fetch'
import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import { bodies, COOKIE, countVisits, gate, requestWith, signedIn } from './helpers.ts'
import type { Setup } from './helpers.ts'

const INNER = { ...COOKIE, name: 'inner' }

const sameName: unknown = expect.objectContaining({
  code: 'ERR_SESSION_CONFIG',
  message: expect.stringContaining('Two storages of one request use the cookie "__session"'),
})

/** Middlewares and applications within one another. */
export function describeNesting(
  { storageWith, visit, createApp }: Setup,
  copiesRequest: boolean,
): void {
  describe('several middlewares', () => {
    it('keep each its cookie where another application stands within', async () => {
      const inner = withSession(signIn, { storage: storageWith({ cookie: INNER }) })
      const app = visit(({ request }) => inner(request))
      expect((await app.get('/')).headers.getSetCookie()).toEqual([startingWith('inner')])
      expect([...app.cookies.keys()]).toEqual(['inner'])
    })

    it('keep each its cookie where they stand within another application', async () => {
      const app = visit(({ session }) => signIn(undefined, session()))
      const outer = withSession(
        (request, session) => {
          session.set('outer', 1)
          return app.fetch(request)
        },
        { storage: storageWith({ cookie: INNER }) },
      )
      const response = await createClient(outer).get('/')
      expect(response.headers.getSetCookie()).toEqual([
        startingWith('__session'),
        startingWith('inner'),
      ])
    })

    it('are one with an application around them that has their storage', async () => {
      const storage = storageWith()
      const app = visit(({ session }) => signIn(undefined, session()), { storage })
      let user: unknown
      const outer = withSession(
        async (request, session) => {
          const response = await app.fetch(request)
          user = session.get('user')
          return response
        },
        { storage },
      )
      const response = await createClient(outer).get('/')
      expect(response.headers.getSetCookie()).toEqual([startingWith('__session')])
      expect(user).toBe('ada')
    })

    it.each([
      ['/read', 'Cookie', 'private, max-age=60'],
      ['/untouched', null, 'public, max-age=60'],
    ])('of one storage guard what passes between them: %s', async (path, vary, cacheControl) => {
      const storage = storageWith()
      const app = visit(
        (now) => {
          if (now.path === '/read') now.session().get('user')
          return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
        },
        { storage },
      )
      let between: Headers | undefined
      const outer = withSession(
        async (request) => {
          const answer = await app.fetch(request)
          between = answer.headers // as a cache would see it
          return answer
        },
        { storage },
      )
      await outer(requestWith(await signedIn(storage, 'ada'), path))
      expect([between?.get('vary'), between?.get('cache-control')]).toEqual([vary, cacheControl])
      expect(between?.getSetCookie()).toEqual([])
    })

    it.runIf(!copiesRequest)(
      'are one with an application within that has their storage, as long as they are under way',
      async () => {
        const storage = storageWith()
        const other = withSession(() => new Response(), { storage: storageWith({ cookie: INNER }) })
        const inner = withSession(signIn, { storage })
        const app = visit(
          async ({ request, session }) => {
            await other(request)
            const response = await inner(request)
            return new Response(`${await response.text()}: ${session().get('user')}`)
          },
          { storage },
        )
        const response = await app.get('/')
        expect(await response.text()).toBe('signed in: ada')
        expect(response.headers.getSetCookie()).toHaveLength(1)
      },
    )

    describe('of another storage under the same cookie name', () => {
      const customers = () => storageWith()
      const staff = () =>
        createMemorySessionStorage({ cookie: { ...COOKIE, secrets: [OLD_SECRET] } })

      it('are refused at the first request, and meet no session of each other', async () => {
        const met: unknown[] = []
        const app = createApp(
          [{ storage: customers() }, { storage: staff(), key: 'staff' }],
          ({ session }) => {
            met.push(session('staff').get('user'))
            return new Response('staff only')
          },
        )
        const response = await app.fetch(requestWith(await signedIn(customers(), 'a customer')))
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        expect(app.errors).toEqual([sameName])
        expect(met).toEqual([])
      })

      it.runIf(!copiesRequest)('are refused in an application within', async () => {
        const inner = withSession(() => new Response('staff only'), { storage: staff() })
        const storage = customers()
        const app = visit(({ request }) => inner(request), { storage })
        const cookie = await signedIn(storage, 'a customer')
        expect((await app.fetch(requestWith(cookie))).status).toBe(500)
        expect(app.errors).toEqual([sameName])
      })

      it('are refused in an application around', async () => {
        const app = visit(() => new Response('staff only'), { storage: staff() })
        const outer = withSession((request) => app.fetch(request), { storage: customers() })
        expect((await outer(requestWith(''))).status).toBe(500)
        expect(app.errors).toEqual([sameName])
      })
    })

    it('without a storage share the default one', async () => {
      vi.stubEnv('SESSION_SECRET', SECRET)
      const { fetch } = createApp([{}, { key: 'inner' }], ({ session }) => {
        session('inner').set('n', 1)
        return Response.json(session() === session('inner'))
      })
      const response = await fetch(requestWith(''))
      expect([await response.json(), response.headers.getSetCookie().length]).toEqual([true, 1])
    })

    it('keep two sessions side by side', async () => {
      const admin = storageWith({ cookie: { ...COOKIE, name: 'admin' } })
      const { fetch } = createApp(
        [{ storage: storageWith() }, { storage: admin, key: 'admin' }],
        ({ path, session }) => {
          if (path === '/shop') session().set('n', 'shop')
          if (path === '/admin') session('admin').set('n', 'admin')
          return Response.json([session().get('n') ?? null, session('admin').get('n') ?? null])
        },
      )
      const client = createClient(fetch)
      await bodies(client, '/shop', '/admin')
      expect([...client.cookies.keys()]).toEqual(['__session', 'admin'])
      expect(await (await client.get('/')).json()).toEqual(['shop', 'admin'])
    })

    it('of one storage share the outer session, which is committed once', async () => {
      const storage = storageWith()
      const { fetch } = createApp([{ storage }, { storage, key: 'inner' }], ({ session }) => {
        session('inner').set('n', Number(session().get('n') ?? 0) + 1)
        return new Response(String(session() === session('inner') && session().get('n')))
      })
      const client = createClient(fetch)
      expect(await bodies(client, '/', '/')).toEqual(['1', '2'])
      expect((await client.get('/start')).headers.getSetCookie().length).toBeLessThan(2)
    })

    it('load what an outer one leaves for later', async () => {
      const storage = storageWith()
      const { fetch } = createApp(
        [
          { storage, lazy: true },
          { storage, key: 'inner' },
        ],
        ({ session }) => {
          session('inner').set('n', Number(session('inner').get('n') ?? 0) + 1)
          return new Response(String(session('inner').get('n')))
        },
      )
      expect(await bodies(createClient(fetch), '/', '/')).toEqual(['1', '2'])
    })

    it('of one storage find each other across a session of another', async () => {
      const storage = storageWith()
      const admin = storageWith({ cookie: { ...COOKIE, name: 'admin' } })
      const { fetch } = createApp(
        [{ storage }, { storage: admin, key: 'admin' }, { storage, key: 'inner' }],
        ({ session }) => {
          session().set('outer', 1)
          session('inner').set('inner', 1)
          return Response.json(Object.keys(session().data))
        },
      )
      const response = await fetch(requestWith(''))
      expect(await response.json()).toEqual(['outer', 'inner'])
      expect(response.headers.getSetCookie()).toHaveLength(1)
    })

    it('keep apart what requests at once have, of one application or of two', async () => {
      const storage = storageWith()
      const reached = gate()
      const go = gate()
      const { fetch } = createApp(
        [{ storage }, { storage, key: 'inner' }],
        async ({ path, session }) => {
          session().set('user', path)
          if (path === '/slow') {
            reached.open()
            await go.passed
          }
          return Response.json([session().get('user'), session('inner').get('user')])
        },
      )
      const slow = fetch(requestWith('', '/slow'))
      await reached.passed
      expect(await (await fetch(requestWith('', '/fast'))).json()).toEqual(['/fast', '/fast'])
      go.open()
      expect(await (await slow).json()).toEqual(['/slow', '/slow'])
    })

    it('handle one Request object twice, one after the other', async () => {
      const app = visit(countVisits)
      const request = new Request('https://app.example/')
      for (let i = 0; i < 2; i++) expect(await (await app.fetch(request)).text()).toBe('1')
    })
  })
}

function signIn(_request: unknown, session: Session): Response {
  session.set('user', 'ada')
  return new Response('signed in')
}

const startingWith = (name: string): unknown => expect.stringMatching(new RegExp(`^${name}=`))
