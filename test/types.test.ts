import { createRouter } from '@remix-run/fetch-router'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  isSession,
  Session,
} from 'fetch-sessions'
import * as api from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session as fetchRouterSession } from 'fetch-sessions/fetch-router'
import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { SECRET } from './support/secrets.ts'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

// Checked by `npm run types`; each expected error that does not occur is an error itself.

interface UserData {
  userId: string
  role: 'admin' | 'user'
  preferences: { theme: string; notifications: boolean }
}
interface FlashData {
  successMessage: string
  errorMessage: string
}

const options = { cookie: { secrets: [SECRET] } }
const storage = createCookieSessionStorage<UserData, FlashData>(options)

it('every public name is exported', () => {
  expect(Object.keys(api).toSorted()).toEqual([
    'Session',
    'SessionError',
    'createCookieSessionStorage',
    'createMemorySessionStorage',
    'createSession',
    'createSessionRunner',
    'createSessionStorage',
    'createStoreSessionStorage',
    'isSession',
  ])
  expectTypeOf<
    [
      api.CookieAttributes,
      api.CookieLike,
      api.CookieOptions,
      api.EnvironmentAccess<unknown>,
      api.FlashSessionData<UserData, FlashData>,
      api.HandlerOutcome,
      api.MemorySessionStorageOptions,
      api.ParseOptions,
      api.SerializeOptions,
      api.SessionData,
      api.SessionErrorCode,
      api.SessionIdStorageStrategy,
      api.SessionOptions,
      api.SessionOrigin,
      api.SessionRunner<UserData, FlashData, unknown>,
      api.SessionStorage,
      api.SessionStorageOptions,
      api.SessionStore,
      api.StoredSession,
    ]
  >().not.toBeAny()
})

describe('the types of a session', () => {
  it('infer what get() gives', async () => {
    const current = await storage.getSession()
    expectTypeOf(current.get('userId')).toEqualTypeOf<string | undefined>()
    expectTypeOf(current.get('role')).toEqualTypeOf<'admin' | 'user' | undefined>()
    expectTypeOf(current.get('preferences')).toEqualTypeOf<UserData['preferences'] | undefined>()
    expectTypeOf(current.get('successMessage')).toEqualTypeOf<string | undefined>()
    expectTypeOf(current.peek('errorMessage')).toEqualTypeOf<string | undefined>()
    expectTypeOf(current.data.userId).toEqualTypeOf<string | undefined>()
    expectTypeOf(current.data.__flash_errorMessage__).toEqualTypeOf<string | undefined>()
    // @ts-expect-error no such key
    expect(current.get('absent')).toBeUndefined()
  })

  it('refuse wrong keys and values', async () => {
    const current = await storage.getSession()
    current.set('role', 'admin')
    current.flash('successMessage', 'Done!')
    // @ts-expect-error not a role
    current.set('role', 'invalid')
    // @ts-expect-error no such key
    current.set('absent', 1)
    // @ts-expect-error a flash key is not a key of set()
    current.set('successMessage', 'Done!')
    // @ts-expect-error no such flash key
    current.flash('invalidKey', 'Bad')
    // @ts-expect-error not a text
    current.flash('errorMessage', 1)
    expect(isSession(current)).toBe(true)
  })

  it('keep sessions of one storage out of another', async () => {
    const other = createMemorySessionStorage<{ n: number }>(options)
    const current = await storage.getSession()
    // @ts-expect-error a session with other data
    await other.commitSession(current)
    expectTypeOf(other).toEqualTypeOf<SessionStorage<{ n: number }>>()
  })

  it('are those of the schema', async () => {
    const schema = z.object({ userId: z.string(), role: z.enum(['admin', 'user']) })
    const typed = createMemorySessionStorage({ ...options, schema })
    const current = await typed.getSession()
    expectTypeOf(current.get('role')).toEqualTypeOf<'admin' | 'user' | undefined>()
    // @ts-expect-error not a role
    expect(() => current.set('role', 'invalid')).toThrow('role')
    // @ts-expect-error the schema gives other types
    createMemorySessionStorage<{ userId: number }>({ ...options, schema })
  })

  it('take any key of unknown value where no types are given', async () => {
    const current = await createMemorySessionStorage(options).getSession()
    current.set('anything', { goes: true })
    expectTypeOf(current.get('anything')).toEqualTypeOf<unknown>()
  })

  it('are those of the strategy for custom storages', () => {
    createSessionStorage<UserData, FlashData>({
      ...options,
      createData: async (data) => {
        expectTypeOf(data.role).toEqualTypeOf<'admin' | 'user' | undefined>()
        return 'id'
      },
      readData: async () => ({ userId: '1', __flash_errorMessage__: 'no' }),
      updateData: async () => false,
      deleteData: async () => {},
    })
    expect(true).toBe(true)
  })
})

describe('the types of c.var.session', () => {
  it('come from the environment type of the application', () => {
    const app = new Hono<SessionEnv<UserData, FlashData>>()
    app.use(session())
    app.get('/', (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<Session<UserData, FlashData>>()
      // @ts-expect-error not a role
      c.var.session.set('role', 'invalid')
      return c.text('')
    })
    expectTypeOf<SessionEnv<UserData>>().toEqualTypeOf<{
      Variables: { session: Session<UserData, UserData> }
    }>()
    expect(app.routes).toHaveLength(2)
  })

  it('are inferred after .use', () => {
    const admin = createMemorySessionStorage<{ level: number }>(options)
    const app = new Hono()
      .use(session({ storage }))
      .use(session({ storage: admin, key: 'admin' }))
      .get('/', (c) => {
        expectTypeOf(c.var.session.get('role')).toEqualTypeOf<'admin' | 'user' | undefined>()
        expectTypeOf(c.get('admin').get('level')).toEqualTypeOf<number | undefined>()
        // @ts-expect-error no such variable
        c.get('absent')
        return c.text('')
      })
    const chosen = new Hono().use(session<UserData>()).get('/', (c) => {
      expectTypeOf(c.var.session.get('userId')).toEqualTypeOf<string | undefined>()
      return c.text('')
    })
    expect([app, chosen]).toHaveLength(2)
  })

  it('are inferred from a storage that is made from bindings', () => {
    const app = new Hono<{ Bindings: { SECRET: string } }>()
      .use(
        session({
          storage: (c) =>
            createCookieSessionStorage<UserData>({ cookie: { secrets: [c.env.SECRET] } }),
        }),
      )
      .get('/', (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<Session<UserData, UserData>>()
        expectTypeOf(c.env.SECRET).toEqualTypeOf<string>()
        return c.text('')
      })
    expect(app.routes).toHaveLength(2)
  })
})

describe("the types of fetch-router's context", () => {
  it('are those of the storage, by property and by key', () => {
    const router = createRouter({ middleware: [fetchRouterSession({ storage })] })
    router.get('/', (context) => {
      expectTypeOf(context.session).toEqualTypeOf<Session<UserData, FlashData>>()
      expectTypeOf(context.get(Session)).toEqualTypeOf<Session<UserData, FlashData>>()
      // @ts-expect-error not a role
      context.session.set('role', 'invalid')
      return new Response()
    })
    expect(router).toBeDefined()
  })
})
