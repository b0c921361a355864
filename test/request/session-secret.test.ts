import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { engineOf } from '../../src/engine/session-storage.ts'
import type { EnvironmentLookup } from '../../src/engine/session-storage.ts'
import type { SessionEngine } from '../../src/engine/session-engine.ts'
import { engineForRequest } from '../../src/request/storage-for-request.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { decodeBase64url } from '../../src/token/bytes.ts'
import { createSealedCodec } from '../../src/token/sealed.ts'
import { toCookie } from '../support/client.ts'
import { spyOnRandom } from '../support/random.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const byStrategy = (): SessionStorage =>
  createSessionStorage({
    createData: async () => 'id',
    readData: async () => null,
    updateData: async () => {},
    deleteData: async () => {},
  })

const storages: [string, () => SessionStorage | undefined][] = [
  ['session() without a storage', () => undefined],
  ['cookie storage', () => createCookieSessionStorage()],
  ['memory storage', () => createMemorySessionStorage()],
  ['a storage over a store', () => createStoreSessionStorage(createMemoryStore(1))],
  ['a storage over a strategy', byStrategy],
]

/** The engine of a storage for a request. */
function find(storage: SessionStorage | undefined, lookup: EnvironmentLookup = {}): SessionEngine {
  const source = engineForRequest(storage)
  return (typeof source === 'function' ? source(lookup) : source) as SessionEngine
}

/** Which of the two secrets opens what an engine seals. */
async function secretOf({ cookie }: SessionEngine): Promise<string | undefined> {
  await cookie.codec.ready()
  const times = { createdAt: 0, issuedAt: 0, expiresAt: 9e12, fixed: false, transient: false }
  const token = await cookie.codec.seal('{}', times)
  for (const secret of [SECRET, OLD_SECRET]) {
    for (const kind of ['cookie', 'id'] as const) {
      const codec = createSealedCodec([secret], { kind, name: cookie.name })
      await codec.ready()
      if ((await codec.open(token)) !== null) return secret
    }
  }
  return undefined
}

describe.each(storages)('SESSION_SECRET for %s', (_, create) => {
  const environment = { SESSION_SECRET: SECRET }

  it.each<[string, string | undefined, EnvironmentLookup]>([
    ['the environment', undefined, { environment }],
    ['the environment before the process', OLD_SECRET, { environment }],
    ['the process without an environment', SECRET, {}],
    ['the process where the environment has none', SECRET, { environment: { OTHER: 1 } }],
    [
      'the process where the environment has no text',
      SECRET,
      { environment: { SESSION_SECRET: 1 } },
    ],
    [
      'the process first where the environment may be anything',
      SECRET,
      { environment: { SESSION_SECRET: OLD_SECRET }, processFirst: true },
    ],
    [
      'the environment even so where the process has none',
      undefined,
      { environment, processFirst: true },
    ],
  ])('comes from %s', async (_where, ofProcess, lookup) => {
    vi.stubEnv('SESSION_SECRET', ofProcess)
    expect(await secretOf(find(create(), lookup))).toBe(SECRET)
  })

  it('is looked up with every request, and one value has one engine', () => {
    const storage = create()
    const engine = find(storage, { environment })
    expect(find(storage, { environment: { ...environment } })).toBe(engine)
    vi.stubEnv('SESSION_SECRET', SECRET)
    expect(find(storage)).toBe(engine)
    expect(find(storage, { environment: { SESSION_SECRET: OLD_SECRET } })).not.toBe(engine)
    expect(find(storage, { environment })).toBe(engine)
  })

  it('may hold several, newest first', async () => {
    const engine = find(create(), { environment: { SESSION_SECRET: ` ${SECRET} , ${OLD_SECRET}` } })
    expect(await secretOf(engine)).toBe(SECRET)
    const older = find(create(), { environment: { SESSION_SECRET: OLD_SECRET } })
    await older.cookie.codec.ready()
    const times = { createdAt: 0, issuedAt: 0, expiresAt: 9e12, fixed: false, transient: false }
    const opened = await engine.cookie.codec.open(await older.cookie.codec.seal('{}', times))
    expect(opened).toMatchObject({ body: '{}', stale: true })
  })

  it('has at most 16 engines, of which the oldest goes', () => {
    const storage = create()
    const engineOfNumber = (number: number): SessionEngine =>
      find(storage, { environment: { SESSION_SECRET: `${SECRET} ${number}` } })
    const engines = Array.from({ length: 16 }, (_value, number) => engineOfNumber(number))
    expect(new Set(engines).size).toBe(16)
    expect(engines.map((_engine, number) => engineOfNumber(number))).toEqual(engines)
    engineOfNumber(16)
    expect(engineOfNumber(1)).toBe(engines[1])
    expect(engineOfNumber(15)).toBe(engines[15])
    expect(engineOfNumber(0)).not.toBe(engines[0])
  })

  it('comes from the process alone in production, where the environment may be anything', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SESSION_SECRET', undefined)
    vi.stubGlobal('navigator', undefined)
    const lookup = { environment, processFirst: true }
    expect(() => find(create(), lookup)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    expect(await secretOf(find(create(), lookup))).toBe(SECRET)
  })

  it.each(['short', `${SECRET},short`, `${SECRET},,`])('is refused in production: %j', (secret) => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => find(create(), { environment: { SESSION_SECRET: secret } })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})

describe('SESSION_SECRET', () => {
  it.each([
    ['secrets of its own', { secrets: [SECRET] }],
    ['no protection', { protection: 'none' }],
  ] as const)('is nothing to a storage with %s', async (_, cookie) => {
    const storage = createCookieSessionStorage({ cookie })
    const environment = { SESSION_SECRET: OLD_SECRET }
    expect(find(storage, { environment })).toBe(engineOf(storage))
    expect(await secretOf(engineOf(storage))).toBe('secrets' in cookie ? SECRET : undefined)
  })
})

describe.each([undefined, '', ' '])('no secret: SESSION_SECRET is %j', (secret) => {
  beforeEach(() => {
    vi.stubEnv('SESSION_SECRET', secret)
    vi.stubGlobal('navigator', undefined) // which says where Workers are
  })

  /** The modules anew, which have not warned yet and have made up no secret. */
  async function freshly() {
    vi.resetModules()
    const { createCookieSessionStorage: createCookieStorage } = await import('fetch-sessions')
    const modules = await import('../../src/request/storage-for-request.ts')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const findDefault = (lookup: EnvironmentLookup = {}): SessionEngine => {
      const source = modules.engineForRequest<object, object>(undefined)
      return (typeof source === 'function' ? source(lookup) : source) as SessionEngine
    }
    return { createCookieStorage, findDefault, warn }
  }

  it('makes up one of 256 bits for the process, for session() alone, and says so once', async () => {
    const { findDefault, warn } = await freshly()
    const random = spyOnRandom()
    const engine = findDefault()
    expect(findDefault()).toBe(engine)
    expect(findDefault({ processFirst: true })).toBe(engine)
    expect(random.mock.calls).toEqual([[expect.objectContaining({ length: 32 })]])
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/SESSION_SECRET is not set.* `npx --no fetch-sessions secret`/)],
    ])
  })

  it('leaves the cookies of a storage made by hand plain, and says so once', async () => {
    const { createCookieStorage, warn } = await freshly()
    for (let i = 0; i < 2; i++) {
      const storage = createCookieStorage()
      const session = await storage.getSession()
      session.set('cart', 'tea')
      const cookie = toCookie(await storage.commitSession(session))
      const value = cookie.replace('__session=', '')
      expect(new TextDecoder().decode(decodeBase64url(value) ?? undefined)).toContain('tea')
      expect((await createCookieStorage().getSession(cookie)).get('cart')).toBe('tea')
    }
    expect(warn.mock.calls).toEqual([[expect.stringContaining('has no secrets')]])
  })

  it.each(storages)('is refused in production and on Workers: %s', (_, create) => {
    const refusal = expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('SESSION_SECRET'),
    })
    const storage = create()
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => find(storage)).toThrow(refusal)
    vi.stubEnv('NODE_ENV', 'development')
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    expect(() => find(storage)).toThrow(refusal)
    const environment = { SESSION_SECRET: SECRET }
    expect(find(storage, { environment })).toBe(find(storage, { environment }))
  })
})
