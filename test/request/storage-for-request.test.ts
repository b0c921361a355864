import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  SessionError,
} from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { engineOf } from '../../src/engine/session-storage.ts'
import type { EnvironmentLookup } from '../../src/engine/session-storage.ts'
import type { SessionEngine } from '../../src/engine/session-engine.ts'
import { engineForRequest } from '../../src/request/storage-for-request.ts'
import type { StorageFactory } from '../../src/request/storage-for-request.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const cookie = { secrets: [SECRET] }

type Factory = StorageFactory<object, object>
type Given = Parameters<typeof engineForRequest<object, object>>[0]

/** The engine for a request in an environment. */
async function find(storage: Given, environment?: unknown): Promise<SessionEngine> {
  const source = engineForRequest(storage)
  return typeof source === 'function' ? source({ environment } satisfies EnvironmentLookup) : source
}

const createFactory = () =>
  vi.fn((_environment: object | undefined) => createMemorySessionStorage({ cookie }))

describe('a storage', () => {
  it('with secrets of its own is the same for every environment', async () => {
    const storage = createCookieSessionStorage({ cookie })
    expect(await find(storage, {})).toBe(engineOf(storage))
    expect(await find(storage, { SESSION_SECRET: 'another secret for tests' })).toBe(
      engineOf(storage),
    )
  })

  it.each([
    ['a promise', Promise.resolve(createCookieSessionStorage({ cookie })), '() => promise'],
    ['null', null, '`storage` is null: give a storage'],
    ['a text', 'memory', '`storage` is memory: give a storage'],
    ['an object of another package', { getSession() {} }, 'not made by this package'],
  ])('that is none is refused: %s', async (_, given, message) => {
    await expect(find(given as never)).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining(message),
    })
  })
})

describe('a storage function', () => {
  it('runs once per environment object, and gets that alone', async () => {
    const factory = createFactory()
    const [one, two] = [{ KV: 1 }, { KV: 1 }]
    expect(await find(factory, one)).toBe(await find(factory, one))
    expect(await find(factory, two)).not.toBe(await find(factory, one))
    expect(factory.mock.calls).toEqual([[one], [two]])
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'text'],
    ['what @hono/node-server makes', { incoming: {}, outgoing: {} }],
    ['what it makes, with more', { incoming: {}, outgoing: {}, server: {} }],
    ['what Deno.serve() gives', { remoteAddr: { hostname: '192.0.2.1' }, completed: undefined }],
  ])('runs once per process where there is none: %s', async (_, nothing) => {
    const factory = createFactory()
    const engine = await find(factory, nothing)
    const again = typeof nothing === 'object' && nothing !== null ? { ...nothing } : nothing
    expect(await find(factory, again)).toBe(engine)
    expect(await find(factory)).toBe(engine)
    expect(factory.mock.calls).toEqual([[undefined]])
  })

  it.each([{ incoming: {} }, { outgoing: {} }])(
    'runs once per environment that has a binding named like that: %o',
    async (bindings) => {
      const factory = createFactory()
      const engine = await find(factory, bindings)
      expect(await find(factory, { ...bindings })).not.toBe(engine)
      expect(factory.mock.calls).toEqual([[bindings], [bindings]])
    },
  )

  it('is not asked twice for an environment that was changed or frozen', async () => {
    const factory = createFactory()
    const environment: { [name: string]: unknown } = {}
    const engine = await find(factory, environment)
    environment['KV'] = 1
    expect(await find(factory, Object.freeze(environment))).toBe(engine)
    expect(Object.keys(environment)).toEqual(['KV'])
  })

  it('that is mounted twice gives one storage', async () => {
    const factory = createFactory()
    const environment = {}
    const mounted = [engineForRequest(factory), engineForRequest(factory)] as const
    const [one, two] = mounted.map((source) =>
      typeof source === 'function' ? source({ environment }) : source,
    )
    expect(one).toBe(two)
    expect(factory).toHaveBeenCalledTimes(1)
  })

  it('of its own gives a storage of its own', async () => {
    const environment = {}
    expect(await find(createFactory(), environment)).not.toBe(
      await find(createFactory(), environment),
    )
  })

  it('may give a storage that takes its secret from the same environment', async () => {
    const environment = { SESSION_SECRET: SECRET }
    const storage = createCookieSessionStorage()
    const engine = await find(() => storage, environment)
    expect(engine.cookie.name).toBe('__session')
    expect(engine).toBe(engineOf(storage, { environment }))
  })
})

describe('an async storage function', () => {
  interface Deferred {
    resolve(storage: SessionStorage): void
    reject(error: Error): void
  }

  /** A factory whose storages are made by hand, in any order. */
  function deferring(): { factory: Factory; runs: Deferred[]; make(run: number): SessionStorage } {
    const runs: Deferred[] = []
    const factory = (): Promise<SessionStorage> =>
      new Promise((resolve, reject) => runs.push({ resolve, reject }))
    const make = (run: number): SessionStorage => {
      const storage = createMemorySessionStorage({ cookie })
      runs[run]?.resolve(storage)
      return storage
    }
    return { factory: factory as Factory, runs, make }
  }

  it('is run by each request that waits, and all use the first storage to be ready', async () => {
    const { factory, runs, make } = deferring()
    const environment = {}
    const waiting = [0, 1, 2].map(() => find(factory, environment))
    expect(runs).toHaveLength(3)
    const first = make(1)
    expect(await waiting[1]).toBe(engineOf(first))
    make(0)
    make(2)
    expect(await Promise.all(waiting)).toEqual(Array(3).fill(engineOf(first)))
    expect(await find(factory, environment)).toBe(engineOf(first))
    expect(runs).toHaveLength(3)
  })

  it('keeps environments apart that wait at once', async () => {
    const { factory, make } = deferring()
    const waiting = [find(factory, {}), find(factory, {})]
    const storages = [make(0), make(1)]
    expect(await Promise.all(waiting)).toEqual(storages.map((storage) => engineOf(storage)))
    expect(await waiting[0]).not.toBe(await waiting[1])
  })

  it('that fails for one request serves the others, and runs again', async () => {
    const { factory, runs, make } = deferring()
    const [one, two] = [find(factory), find(factory)]
    runs[0]?.reject(new Error('no connection'))
    await expect(one).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    const three = find(factory)
    const first = make(1)
    make(2)
    expect(await Promise.all([two, three])).toEqual([engineOf(first), engineOf(first)])
  })
})

describe('a storage function that fails', () => {
  const right = createMemorySessionStorage({ cookie })
  const cause = new TypeError('no connection')

  it.each<[string, () => unknown, object]>([
    [
      'throws',
      () => {
        throw cause
      },
      { cause, message: expect.stringContaining('no connection') },
    ],
    ['rejects', () => Promise.reject(cause), { cause }],
    [
      'throws a text',
      () => {
        throw 'text'
      },
      { cause: 'text' },
    ],
    ['gives nothing', () => undefined, { message: expect.stringContaining('gave undefined') }],
    ['gives null', () => null, { message: expect.stringContaining('gave null') }],
    [
      'gives nothing later',
      async () => undefined,
      { message: expect.stringContaining('gave undefined') },
    ],
    ['gives what is none', () => ({}), { message: expect.stringContaining('not made by this') }],
  ])('says so where it %s, and runs again', async (_, fail, details) => {
    const factory = vi.fn<() => unknown>(() => right).mockImplementationOnce(fail)
    const failed = find(factory as unknown as Factory)
    await expect(failed).rejects.toBeInstanceOf(SessionError)
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG', ...details })
    expect(await find(factory as unknown as Factory)).toBe(engineOf(right))
    expect(factory).toHaveBeenCalledTimes(2)
  })
})

describe('a storage function that throws a SessionError', () => {
  const thrown = new SessionError('ERR_SESSION_STORAGE', 'no connection')

  it.each<[string, () => unknown]>([
    [
      'at once',
      () => {
        throw thrown
      },
    ],
    ['later', () => Promise.reject(thrown)],
  ])('fails the request with this very error: %s', async (_, fail) => {
    await expect(find(fail as Factory)).rejects.toBe(thrown)
  })
})

describe('many environments', () => {
  it('are not counted where one was waited for by many requests', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const storage = createMemorySessionStorage({ cookie })
    const factory = async (): Promise<SessionStorage> => storage
    const environment = {}
    await Promise.all(Array.from({ length: 200 }, () => find(factory, environment)))
    expect(warn).not.toHaveBeenCalled()
  })

  it('are told of once, at the hundredth', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const factory = createFactory()
    for (let i = 1; i < 100; i++) await find(factory, {})
    expect(warn).not.toHaveBeenCalled()
    for (let i = 0; i < 200; i++) await find(factory, {})
    expect(warn.mock.calls).toEqual([[expect.stringContaining('100 environments')]])
  })
})
