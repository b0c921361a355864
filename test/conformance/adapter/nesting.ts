import type { Session } from 'fetch-sessions'
import { withSession } from 'fetch-sessions/fetch'
import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import { bodies, COOKIE, countVisits, requestWith } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** Middlewares and applications within one another. */
export function describeNesting(
  { storageWith, visit, createApp }: Setup,
  copiesRequest: boolean,
): void {
  describe('several middlewares', () => {
    if (copiesRequest) {
      it('leave out the cookie of an application within, which was handed a copy of the Request', async () => {
        vi.spyOn(console, 'warn').mockImplementation(() => {})
        const cookie = { ...COOKIE, name: 'inner' }
        const inner = withSession(signIn, { storage: storageWith({ cookie }) })
        const app = visit(({ request }) => inner(request))
        expect((await app.get('/')).headers.getSetCookie()).toEqual([])
      })
    } else {
      it.each(['__session', 'inner'])(
        'keep each its cookie where another application stands within, named %s',
        async (cookieName) => {
          const inner = withSession(signIn, {
            storage: storageWith({ cookie: { ...COOKIE, name: cookieName } }),
          })
          const app = visit(({ request }) => inner(request))
          expect((await app.get('/')).headers.getSetCookie()).toEqual([startingWith(cookieName)])
          expect([...app.cookies.keys()]).toEqual([cookieName])
        },
      )

      it('find one another as long as one of them is under way', async () => {
        const app = visit(async ({ request, session }) => {
          const other = withSession(() => new Response(), {
            storage: storageWith({ cookie: { ...COOKIE, name: 'other' } }),
          })
          await other(request)
          const again = withSession(
            (_, same) => {
              same.set('n', 1)
              return new Response(String(session().get('n')))
            },
            { storage: storageWith() },
          )
          return again(request)
        })
        expect(await bodies(app, '/')).toEqual(['1'])
      })
    }

    it.each(['__session', 'outer'])(
      'keep each its cookie where they stand within another application, named %s',
      async (cookieName) => {
        const app = visit(({ session }) => signIn(undefined, session()))
        const outer = withSession((request) => Promise.resolve(app.fetch(request)), {
          storage: storageWith({ cookie: { ...COOKIE, name: cookieName } }),
        })
        const response = await createClient(outer).get('/')
        expect(response.headers.getSetCookie()).toEqual([startingWith('__session')])
      },
    )

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

    it('of one cookie name share the outer session, which is committed once', async () => {
      const storage = storageWith()
      const { fetch } = createApp([{ storage }, { storage, key: 'inner' }], ({ session }) => {
        session('inner').set('n', Number(session().get('n') ?? 0) + 1)
        return new Response(String(session().get('n')))
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

    it('of one cookie name find each other across a session of another', async () => {
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
