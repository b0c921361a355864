import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { createKVSessionStorage } from 'fetch-sessions/storage/kv'
import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import type { Client } from '../../support/client.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import type { CreateApp, Mount } from './app.ts'
import { bodies, COOKIE, countVisits, gate, requestWith } from './helpers.ts'

interface Env {
  readonly SECRET: string
}

const one = (): SessionStorage => createMemorySessionStorage({ cookie: COOKIE })

/** `storage` as a function of the environment. */
export function describeTenants(name: string, createApp: CreateApp, hasEnvironment: boolean): void {
  const configError = (message: string, cause?: unknown): unknown =>
    expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining(message) as string,
      ...(cause === undefined ? {} : { cause }),
    })

  describe(`${name}, a function that gives the storage`, () => {
    it.each([
      ['at once', one],
      ['later', async () => one()],
    ])('%s runs once for a process that has no environment', async (_, make) => {
      const storage = vi.fn<() => SessionStorage | Promise<SessionStorage>>(make)
      const { fetch } = createApp([{ storage }], countVisits)
      expect(await bodies(createClient(fetch), '/', '/', '/')).toEqual(['1', '2', '3'])
      expect(storage).toHaveBeenCalledTimes(1)
    })

    it('gives two first requests at once the storage that was ready first', async () => {
      const ready = [gate(), gate()]
      let calls = 0
      const storage = async (): Promise<SessionStorage> => {
        await ready[calls++]?.passed
        return one()
      }
      const { fetch } = createApp([{ storage }], countVisits)
      const clients = [createClient(fetch), createClient(fetch)]
      const first = clients.map((client) => client.get('/'))
      await vi.waitFor(() => expect(calls).toBe(2))
      ready[1]?.open()
      await first[1]
      ready[0]?.open()
      await Promise.all(first)
      for (const client of clients) expect(await bodies(client, '/')).toEqual(['2'])
      expect(calls).toBe(2)
    })

    it('is one storage where it is mounted twice, and gives one session', async () => {
      const storage = vi.fn<() => SessionStorage>(one)
      const { fetch } = createApp([{ storage }, { storage, key: 'inner' }], ({ session }) => {
        session('inner').set('n', Number(session().get('n') ?? 0) + 1)
        return new Response(String(session() === session('inner') && session().get('n')))
      })
      const client = createClient(fetch)
      expect(await bodies(client, '/', '/')).toEqual(['1', '2'])
      expect(storage).toHaveBeenCalledTimes(1)
    })

    it.each(['throws', 'rejects'])(
      'and %s fails that request with its cause, and runs again at the next',
      async (how) => {
        const cause = new Error('no vault')
        const storage = vi.fn<() => SessionStorage | Promise<SessionStorage>>(one)
        if (how === 'rejects') storage.mockRejectedValueOnce(cause)
        else storage.mockThrowOnce(cause)
        const app = createApp([{ storage }], countVisits)
        const client = createClient(app.fetch)
        const response = await client.get('/')
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        expect(app.errors).toEqual([configError('no vault', cause)])
        expect(await bodies(client, '/', '/')).toEqual(['1', '2'])
        expect(storage).toHaveBeenCalledTimes(2)
      },
    )

    it.each([
      ['nothing', () => undefined, 'gave undefined'],
      ['nothing, later', async () => undefined, 'gave undefined'],
      ['null', () => null, 'gave null'],
      ['what is no storage', () => ({}), 'not made by this package'],
      ['a storage for a missing binding', () => kvOf({}), 'kv'],
    ])('and gives %s fails the request', async (_, make, message) => {
      const app = createApp([{ storage: make as () => SessionStorage }], countVisits)
      expect((await createClient(app.fetch).get('/')).status).toBe(500)
      expect(app.errors).toEqual([configError(message)])
    })

    it('is what to write for a promise of a storage', () => {
      const storage = Promise.resolve(one()) as unknown as SessionStorage
      expect(() => createApp([{ storage }], countVisits)).toThrow(
        configError('`storage: () => promise`'),
      )
    })

    it('gets nothing of the request', async () => {
      const storage = vi.fn<(...given: unknown[]) => SessionStorage>(one)
      const { fetch } = createApp([{ storage }], countVisits)
      await fetch(requestWith('', '/?SECRET=chosen'))
      expect(storage.mock.calls).toEqual([[undefined]])
    })
  })

  describe.runIf(hasEnvironment)(`${name}, the environments of several tenants`, () => {
    const bySecret = (env: Env): SessionStorage =>
      createCookieSessionStorage({ cookie: { secrets: [env.SECRET] } })

    const tenants = (mount: Mount): ((environment: object) => Client) => {
      const { fetch } = createApp([mount], countVisits)
      return (environment) => createClient((request) => fetch(request, environment))
    }

    it('have each their own storage, made once', async () => {
      const storage = vi.fn<typeof bySecret>(bySecret)
      const tenant = tenants({ storage })
      const [a, b] = [{ SECRET }, { SECRET: OLD_SECRET }]
      const ada = tenant(a)
      expect(await bodies(ada, '/', '/')).toEqual(['1', '2'])
      const thief = tenant(b)
      thief.cookies.set('__session', ada.cookies.get('__session') ?? '')
      expect(await bodies(thief, '/', '/')).toEqual(['1', '2'])
      expect(await bodies(ada, '/')).toEqual(['3'])
      expect(storage.mock.calls).toEqual([[a], [b]])
    })

    it('have each their own records, where the storage comes later', async () => {
      const tenant = tenants({ storage: async () => one() })
      const [a, b] = [{}, {}]
      const ada = tenant(a)
      await ada.get('/')
      const thief = tenant(b)
      thief.cookies.set('__session', ada.cookies.get('__session') ?? '')
      expect(await bodies(thief, '/')).toEqual(['1'])
      expect(await bodies(ada, '/')).toEqual(['2'])
    })

    it('are none where a server makes an object for each request', async () => {
      const storage = vi.fn<() => SessionStorage>(one)
      const { fetch } = createApp([{ storage }], countVisits)
      const info = [
        { incoming: {}, outgoing: {} },
        { remoteAddr: { hostname: '192.0.2.1' } },
        { incoming: {}, outgoing: {} },
        undefined,
      ]
      const client = createClient((request) => fetch(request, info.shift()))
      expect(await bodies(client, '/', '/', '/', '/')).toEqual(['1', '2', '3', '4'])
      expect(storage.mock.calls).toEqual([[undefined]])
    })

    it('have each their SESSION_SECRET without a `storage`', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      const tenant = tenants({})
      const ada = tenant({ SESSION_SECRET: SECRET })
      await ada.get('/')
      const thief = tenant({ SESSION_SECRET: OLD_SECRET })
      thief.cookies.set('__session', ada.cookies.get('__session') ?? '')
      expect(await bodies(thief, '/')).toEqual(['1'])
      const again = tenant({ SESSION_SECRET: SECRET }) // another object with the same secret
      again.cookies.set('__session', ada.cookies.get('__session') ?? '')
      expect(await bodies(again, '/')).toEqual(['2'])
    })
  })
}

const kvOf = (env: { KV?: never }): SessionStorage =>
  createKVSessionStorage({ cookie: COOKIE, kv: env.KV as never })
