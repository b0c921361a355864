import { createRouter } from '@remix-run/fetch-router'
import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSession,
  createSessionStorage,
  createStoreSessionStorage,
  isSession,
  Session,
} from 'fetch-sessions'
import * as api from 'fetch-sessions'
import type { IndexedSessionStorage, SessionStorage, SessionStore } from 'fetch-sessions'
import { session as elysiaSession } from 'fetch-sessions/elysia'
import { getSession, withSession } from 'fetch-sessions/fetch'
import { session as fetchRouterSession } from 'fetch-sessions/fetch-router'
import { getSession as honoSession, session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { session as reactRouterSession } from 'fetch-sessions/react-router'
import { Elysia } from 'elysia'
import type { H3Event } from 'h3'
import { Hono } from 'hono'
import type { Context as HonoContext } from 'hono'
import { createContext, RouterContextProvider } from 'react-router'
import type { MiddlewareFunction } from 'react-router'
import type { MiddlewareFunction as MiddlewareFunction7 } from 'react-router-7'
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

const nothing = async (): Promise<null> => null
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
      api.CookieOptions,
      api.FlashSessionData<UserData, FlashData>,
      api.IndexedSessionStorage,
      api.IndexedSessionStorageOptions,
      api.IndexedSessionStore,
      api.KeyPage,
      api.NewRecord,
      api.ParseOptions,
      api.Postponed,
      api.RecordChange,
      api.SerializeOptions,
      api.SessionData,
      api.SessionErrorCode,
      api.SessionIdStorageStrategy,
      api.SessionOptions,
      api.SessionOrigin,
      api.SessionScope,
      api.SessionStorage,
      api.SessionStorageOptions,
      api.SessionStore,
      api.SignInOptions,
      api.SqlSessionMaintenance,
      api.StoredSession,
      api.StoreSessionStorageOptions,
      api.UserSession,
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
    expectTypeOf(other).toEqualTypeOf<IndexedSessionStorage<{ n: number }>>()
    expectTypeOf(storage).toEqualTypeOf<SessionStorage<UserData, FlashData>>()
  })

  it('have the lists of users only if the back end can look up by user', () => {
    const indexed = createMemorySessionStorage<UserData>(options)
    expectTypeOf(indexed.sessionsOf).returns.resolves.toEqualTypeOf<api.UserSession[]>()
    expectTypeOf(indexed.endSession).returns.resolves.toEqualTypeOf<boolean>()
    expectTypeOf(indexed.endSessions).returns.resolves.toEqualTypeOf<number>()
    // @ts-expect-error cookies cannot be looked up
    expect(storage.sessionsOf).toBeUndefined()
    // @ts-expect-error nor ended
    expect(storage.endSession).toBeUndefined()
    // @ts-expect-error nor ended
    expect(storage.endSessions).toBeUndefined()
    const plain = {
      read: nothing,
      create: nothing,
      update: nothing,
      delete: nothing,
    } as unknown as SessionStore
    const without = createStoreSessionStorage(plain, options)
    // @ts-expect-error a store without keysOf
    expect(without.sessionsOf).toBeUndefined()
    // @ts-expect-error nor can it count
    expect(() => createStoreSessionStorage(plain, { maxSessionsPerUser: 1 })).toThrow('look up')
    // @ts-expect-error nor can cookies
    createCookieSessionStorage({ ...options, maxSessionsPerUser: 1 })
  })

  it('hold update() and signIn() to what they are given', async () => {
    const current = await storage.getSession()
    current.update('userId', (id) => {
      expectTypeOf(id).toEqualTypeOf<string | undefined>()
      return `${id}!`
    })
    current.update('role', () => 'admin')
    // @ts-expect-error not a role
    current.update('role', () => 'invalid')
    // @ts-expect-error no such key
    current.update('absent', () => 1)
    // @ts-expect-error a flash value is set, not updated
    current.update('successMessage', () => 'Done!')
    // @ts-expect-error not synchronous
    expect(() => current.update('userId', async () => 'ada')).toThrow('userId')
    const untyped = createSession()
    untyped.update('n', (n = 0) => n + 1)
    // @ts-expect-error JSON would lose it
    expect(() => untyped.update('at', () => new Date())).toThrow('Date')

    current.signIn('ada', { device: undefined, maxAge: undefined })
    // @ts-expect-error not a text
    expect(() => current.signIn(1)).toThrow('userId')
    // @ts-expect-error not a text
    expect(() => current.signIn('ada', { device: null })).toThrow('device')
    // @ts-expect-error no such option
    current.signIn('ada', { expires: new Date() })
    // @ts-expect-error read-only
    expect(() => (current.userId = 'eve')).toThrow(TypeError)
    expectTypeOf(current.userId).toEqualTypeOf<string | undefined>()
    expectTypeOf(current.authenticatedAt).toEqualTypeOf<Date | undefined>()
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

  it('take any key, and hold any, if no types are given', async () => {
    const current = await createMemorySessionStorage(options).getSession()
    current.set('anything', { goes: true })
    expectTypeOf(current.get('anything')).toBeAny()
    expectTypeOf(current.data['anything']).toBeAny()
    expect(current.get('anything').goes).toBe(true)
  })

  it('are read-only in session.data', async () => {
    const current = await storage.getSession()
    const untyped = createSession({ n: 1 })
    // @ts-expect-error call set()
    expect(() => (current.data.role = 'admin')).toThrow(TypeError)
    // @ts-expect-error call unset()
    expect(() => delete untyped.data.n).toThrow(TypeError)
    expectTypeOf(current.data).toExtend<api.FlashSessionData<UserData, FlashData>>()
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

  it('stay strict where session() is given no types of its own', () => {
    interface Bindings {
      SESSION_SECRET: string
    }
    const app = new Hono<SessionEnv<UserData, FlashData> & { Bindings: Bindings }>()
    app.use(session())
    app.use('/admin/*', session({ rolling: false }))
    app.post('/admin/:id', (c) => {
      const current = c.var.session
      expectTypeOf(current).toEqualTypeOf<Session<UserData, FlashData>>()
      expectTypeOf(c.get('session')).toEqualTypeOf<Session<UserData, FlashData>>()
      expectTypeOf(current.get('role')).toEqualTypeOf<'admin' | 'user' | undefined>()
      current.flash('successMessage', 'Done!')
      // @ts-expect-error not a role
      current.set('role', 'invalid')
      // @ts-expect-error no such key
      current.set('absent', 1)
      // @ts-expect-error no such key
      current.get('absent')
      // @ts-expect-error no such flash key
      current.flash('userId', 'x')
      // @ts-expect-error read-only
      current.data.role = 'user'
      return c.text(c.env.SESSION_SECRET)
    })
    expect(app.routes).toHaveLength(3)
  })

  it('stay strict in a chain that gives session() the types of the application', () => {
    const app = new Hono<SessionEnv<UserData, FlashData>>()
      .use(session<UserData, FlashData>())
      .get('/', (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<Session<UserData, FlashData>>()
        // @ts-expect-error no such key
        c.var.session.get('absent')
        return c.text('')
      })
    expect(app.routes).toHaveLength(2)
  })

  it('hold any if no types are given', () => {
    const app = new Hono().use(session()).get('/', (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<Session>()
      expectTypeOf(c.var.session.get('cart')).toBeAny()
      return c.text('')
    })
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
          storage: (env: { SECRET: string }) =>
            createCookieSessionStorage<UserData>({ cookie: { secrets: env.SECRET } }),
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

describe('the types of the options of a storage', () => {
  it('name the levels that `timeouts` may be', () => {
    expectTypeOf<api.SessionStorageOptions['timeouts']>().toEqualTypeOf<
      'aal1' | 'aal2' | 'aal3' | undefined
    >()
    expectTypeOf<api.IndexedSessionStorageOptions['timeouts']>().toEqualTypeOf<
      api.SessionStorageOptions['timeouts']
    >()
    // @ts-expect-error no such level
    expect(() => createCookieSessionStorage({ timeouts: 'aal4' })).toThrow("'aal1', 'aal2'")
  })
})

describe('the types of the options of session()', () => {
  interface Env {
    SECRET: string
  }

  it('take a function of the environment, which may answer later', () => {
    const make = async (env: Env) =>
      createCookieSessionStorage<UserData>({ cookie: { secrets: env.SECRET } })
    const app = new Hono<{ Bindings: Env }>().use(session({ storage: make })).get('/', (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<Session<UserData, UserData>>()
      return c.text('')
    })
    // @ts-expect-error the function of an untyped parameter gets never, so that its type is written down
    session({ storage: (env) => createCookieSessionStorage({ cookie: { secrets: env.SECRET } }) })
    // @ts-expect-error a promise of one request must not be awaited by another: give the function
    expect(() => session({ storage: make({ SECRET }) })).toThrow('promise')
    expect(app.routes).toHaveLength(2)
  })

  it('name what saves', () => {
    session({ saveIf: (response) => response.status < 400 })
    // @ts-expect-error no such option
    expect(() => session({ commit: () => true })).toThrow('no option `commit`')
    expectTypeOf<api.SessionOptions['saveIf']>().toEqualTypeOf<
      ((response: Response) => boolean) | undefined
    >()
  })

  it('are the word of the caller in getSession', () => {
    const read = (c: HonoContext) => honoSession<UserData>(c)
    expectTypeOf(read).returns.toEqualTypeOf<Session<UserData, UserData>>()
    expect(read).toBeTypeOf('function')
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

describe('the types of withSession', () => {
  interface Env {
    SECRET: string
  }
  interface ExecutionContext {
    waitUntil(promise: Promise<unknown>): void
  }

  it('are those of the storage, and of what the server hands over', () => {
    const handler = withSession(
      (request, current, env: Env, ctx: ExecutionContext) => {
        expectTypeOf(request).toEqualTypeOf<Request>()
        expectTypeOf(current).toEqualTypeOf<Session<UserData, FlashData>>()
        // @ts-expect-error not a role
        current.set('role', 'invalid')
        ctx.waitUntil(Promise.resolve())
        return new Response(env.SECRET)
      },
      { storage },
    )
    expectTypeOf(handler).toEqualTypeOf<
      (request: Request, env: Env, ctx: ExecutionContext) => Promise<Response>
    >()
    expect(handler).toBeTypeOf('function')
  })

  it('are inferred from a storage that is made from the environment', () => {
    const handler = withSession(
      (_, current, env: Env) => {
        expectTypeOf(current).toEqualTypeOf<Session<UserData>>()
        return new Response(env.SECRET)
      },
      {
        storage: (env: Env) =>
          createCookieSessionStorage<UserData>({ cookie: { secrets: [env.SECRET] } }),
      },
    )
    expectTypeOf(handler).toEqualTypeOf<(request: Request, env: Env) => Promise<Response>>()
    expect(handler).toBeTypeOf('function')
  })

  it('come from the handler type that Workers give', () => {
    interface ExportedHandler {
      fetch(request: Request & { cf: string }, env: Env, ctx: ExecutionContext): Promise<Response>
    }
    const worker = {
      fetch: withSession<UserData, UserData, [Env, ExecutionContext], Request & { cf: string }>(
        (request, current, env, ctx) => {
          expectTypeOf(current).toEqualTypeOf<Session<UserData, UserData>>()
          ctx.waitUntil(Promise.resolve())
          return new Response(env.SECRET + request.cf)
        },
      ),
    } satisfies ExportedHandler
    const inferred: ExportedHandler = {
      fetch: withSession((request, _, env, ctx) => {
        ctx.waitUntil(Promise.resolve())
        return new Response(env.SECRET + request.cf)
      }),
    }
    expect([worker, inferred]).toHaveLength(2)
  })

  it('take another session between', () => {
    const handler = withSession(
      withSession(
        (_, inner, outer: Session<UserData>, env: Env) => {
          expectTypeOf(inner).toEqualTypeOf<Session<UserData, FlashData>>()
          return new Response(env.SECRET + outer.get('role'))
        },
        { storage },
      ),
      {
        key: 'outer',
        storage: (env: Env) =>
          createCookieSessionStorage<UserData>({ cookie: { secrets: env.SECRET } }),
      },
    )
    expectTypeOf(handler).toEqualTypeOf<(request: Request, env: Env) => Promise<Response>>()
    expect(handler).toBeTypeOf('function')
  })

  it('are the word of the caller in getSession', () => {
    const read = (request: Request) => getSession<UserData>(request)
    expectTypeOf(read).returns.toEqualTypeOf<Session<UserData, UserData>>()
    expect(read).toBeTypeOf('function')
  })
})

describe("the types of React Router's context", () => {
  it('are those of the key, which the storage must fit', () => {
    const key = createContext<Session<UserData, FlashData>>()
    const middleware = reactRouterSession({ key, storage })
    expectTypeOf(middleware).toEqualTypeOf<MiddlewareFunction<Response>>()
    expectTypeOf(middleware).toExtend<MiddlewareFunction7<Response>>()
    const read = () => {
      const current = new RouterContextProvider().get(key)
      expectTypeOf(current).toEqualTypeOf<Session<UserData, FlashData>>()
      // @ts-expect-error not a role
      current.set('role', 'invalid')
    }
    expect(read).toThrow('No value found for context')
    reactRouterSession({
      key,
      // @ts-expect-error a storage of other data
      storage: createMemorySessionStorage<{ n: number }>(options),
    })
  })
})

describe("the types of Elysia's context", () => {
  it('are those of the storage, under each key', () => {
    const admin = createMemorySessionStorage<{ level: number }>(options)
    const app = new Elysia()
      .use(elysiaSession({ storage }))
      .use(elysiaSession({ storage: admin, key: 'admin' }))
      .get('/', (context) => {
        expectTypeOf(context.session).toEqualTypeOf<Session<UserData, FlashData>>()
        expectTypeOf(context.admin.get('level')).toEqualTypeOf<number | undefined>()
        // @ts-expect-error not a role
        context.session.set('role', 'invalid')
        // @ts-expect-error no such property
        return context.absent
      })
    expect(app.routes).toHaveLength(1)
  })
})

describe("the types of h3's context", () => {
  it('are what the application says of it once', () => {
    // Declared in test/adapters/h3.test.ts, in the way of the README.
    const read = ({ context }: H3Event) => {
      expectTypeOf(context.session).toEqualTypeOf<Session<{ n: number }, { notice: string }>>()
      // @ts-expect-error not a number
      context.session.set('n', 'one')
      expectTypeOf(context['admin']).toEqualTypeOf<unknown>()
    }
    expect(read).toBeTypeOf('function')
  })
})
