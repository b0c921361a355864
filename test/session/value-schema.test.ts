import { type } from 'arktype'
import { createCookieSessionStorage } from 'fetch-sessions'
import type { SessionData, SessionStorage } from 'fetch-sessions'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const cookie = { secrets: [SECRET] }
interface User {
  userId: string
  age: number
}
const schemas = {
  zod: z.object({ userId: z.string(), age: z.number().int().min(18) }),
  valibot: v.object({ userId: v.string(), age: v.pipe(v.number(), v.integer(), v.minValue(18)) }),
  arktype: type({ userId: 'string', age: 'number.integer >= 18' }),
}

async function holding(data: Record<string, unknown>): Promise<string> {
  const storage = createCookieSessionStorage({ cookie })
  const session = await storage.getSession()
  for (const [key, value] of Object.entries(data)) session.set(key, value)
  return toCookie(await storage.commitSession(session))
}

describe.each(Object.entries(schemas))('a schema of %s', (_, schema) => {
  const storage: SessionStorage<User> = createCookieSessionStorage({ cookie, schema })

  it('takes what validates, whole or while it is filled', async () => {
    for (const data of [{}, { userId: 'ada' }, { age: 18 }, { userId: 'ada', age: 36 }]) {
      const session = await storage.getSession(await holding(data))
      expect([session.origin, session.data]).toEqual(['resumed', data])
    }
  })

  it.each([[{ userId: 1 }], [{ age: 17 }], [{ userId: 'ada', age: '36' }], [{ userId: null }]])(
    'takes no %o',
    async (data) => {
      const session = await storage.getSession(await holding(data))
      expect([session.origin, session.data]).toEqual(['invalid', {}])
    },
  )

  it('refuses the value that breaks it when that is set, naming the key', async () => {
    const session = await storage.getSession()
    expect(() => session.set('age', 17)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_VALUE',
        message: expect.stringMatching(/"age".*18/),
      }),
    )
    session.set('age', 18)
    expect(session.data).toEqual({ age: 18 })
  })

  it('lets it pass in production, where it ends at the next request', async () => {
    const session = await storage.getSession()
    vi.stubEnv('NODE_ENV', 'production')
    session.set('age', 17)
    const next = toCookie(await storage.commitSession(session))
    expect((await storage.getSession(next)).origin).toBe('invalid')
  })
})

describe('a schema', () => {
  const later = z.object({ n: z.number() }).refine(async ({ n }) => n < 10)

  it('may answer later', async () => {
    const storage = createCookieSessionStorage({ cookie, schema: later })
    const good = await storage.getSession(await holding({ n: 1 }))
    const bad = await storage.getSession(await holding({ n: 10 }))
    expect([good.get('n'), good.origin, bad.origin]).toEqual([1, 'resumed', 'invalid'])
    good.set('n', 10) // nobody waits for a set
  })

  it('gives its defaults, which are no change', async () => {
    const schema = z.object({ theme: z.string().default('light') })
    const storage = createCookieSessionStorage({ cookie, schema })
    const session = await storage.getSession(await holding({}))
    expect([session.get('theme'), session.changed]).toEqual(['light', false])
  })

  it('holds hostile keys apart from the prototype', async () => {
    const validate = (value: unknown): { value: SessionData } => ({ value: value as SessionData })
    const schema = { '~standard': { version: 1, vendor: 'this test', validate } } as const
    const storage = createCookieSessionStorage({ cookie, schema })
    const session = await storage.getSession(await holding(JSON.parse('{"__proto__":{"n":1}}')))
    expect(Object.keys(session.data)).toEqual(['__proto__'])
    session.set('__proto__', 'text')
    expect(session.get('__proto__')).toBe('text')
  })

  it('has its say on what `migrate` gives too', async () => {
    const migrate = vi.fn<(data: object) => unknown>()
    const storage = createCookieSessionStorage({ cookie, schema: schemas.zod, migrate })
    for (const made of [undefined, null, 'text', [], { age: 17 }, Promise.resolve({ age: 17 })]) {
      migrate.mockReturnValueOnce(made)
      expect((await storage.getSession(await holding({ age: 1 }))).origin).toBe('invalid')
    }
    migrate.mockReturnValueOnce(Promise.resolve({ age: 18 }))
    expect((await storage.getSession(await holding({ age: 1 }))).get('age')).toBe(18)
  })

  it('hands on what `migrate` throws', async () => {
    const migrate = (): never => {
      throw new Error('no such version')
    }
    const storage = createCookieSessionStorage({ cookie, schema: schemas.zod, migrate })
    await expect(storage.getSession(await holding({ age: 1 }))).rejects.toThrow('no such version')
  })

  it('is one, and is there where `migrate` is', () => {
    const config = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
    for (const schema of [{}, { '~standard': {} }, 'zod', null]) {
      expect(() => createCookieSessionStorage({ cookie, schema: schema as never })).toThrow(config)
    }
    expect(() => createCookieSessionStorage({ cookie, migrate: () => ({}) })).toThrow(config)
  })
})
