import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import { createCookieSessionStorage } from 'fetch-sessions'
import type { SessionStorageOptions } from 'fetch-sessions'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createValueSchema } from '../../src/session/value-schema.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'

const cookie = { secrets: [SECRET] }
const config = expect.objectContaining({
  code: 'ERR_SESSION_CONFIG',
  message: expect.stringContaining('.partial()'),
})

async function holding(data: Record<string, unknown>): Promise<string> {
  const storage = createCookieSessionStorage({ cookie })
  const session = await storage.getSession()
  for (const [key, value] of Object.entries(data)) session.set(key, value)
  session.flash('notice', ' Saved ')
  return toCookie(await storage.commitSession(session))
}

/** What a session with these values has under a schema. */
async function under(
  schema: SessionStorageOptions['schema'],
  data: Record<string, unknown>,
): Promise<[origin: string, data: Record<string, unknown>]> {
  const storage = createCookieSessionStorage({ cookie, schema })
  const session = await storage.getSession(await holding(data))
  return [session.origin, { ...session.data }]
}

const short = async (text: string): Promise<boolean> => text.length < 20
const ofZod = z.object({
  userId: z.string(),
  mail: z.string().trim().toLowerCase().max(19),
  nick: z.string().trim().optional(),
  theme: z.string().default('light'),
  tags: z.array(z.string()).default(() => ['new']),
})
const ofValibot = v.object({
  userId: v.string(),
  mail: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.maxLength(19)),
  nick: v.exactOptional(v.pipe(v.string(), v.trim())),
  theme: v.optional(v.string(), 'light'),
  tags: v.optional(v.array(v.string()), () => ['new']),
})
const schemas: Record<string, StandardSchemaV1<unknown, object>> = {
  zod: ofZod,
  'zod with a check of the whole': ofZod.refine(({ userId, mail }) => userId !== mail),
  'zod, later': ofZod.extend({ mail: z.string().trim().toLowerCase().refine(short) }),
  valibot: ofValibot,
  'valibot with a check of the whole': v.pipe(
    ofValibot,
    v.check(({ userId, mail }) => userId !== mail),
  ),
  'valibot, later': v.objectAsync({
    ...ofValibot.entries,
    mail: v.pipeAsync(v.string(), v.trim(), v.toLowerCase(), v.checkAsync(short)),
  }),
  arktype: type({
    userId: 'string',
    mail: 'string.trim |> string.lower |> string <= 19',
    'nick?': 'string.trim',
    theme: "string = 'light'",
    tags: type('string[]').default(() => ['new']),
  }),
}
const flash = { __flash_notice__: ' Saved ' }

describe.each(Object.entries(schemas))('a session that lacks a key, with %s', (_, schema) => {
  it('gets the transforms and defaults of its other keys', async () => {
    expect(await under(schema, { mail: ' Ada@App.example ', nick: ' ada ' })).toEqual([
      'resumed',
      { mail: 'ada@app.example', nick: 'ada', theme: 'light', tags: ['new'], ...flash },
    ])
  })

  it('gets the same for these keys as one that lacks none', async () => {
    const data = { mail: ' Ada@App.example ', tags: [] }
    const [, whole] = await under(schema, { ...data, userId: 'u1' })
    const [, part] = await under(schema, data)
    expect({ ...part, userId: 'u1' }).toEqual(whole)
  })

  it('is refused for what is wrong in its other keys', async () => {
    for (const mail of [1, null, 'x'.repeat(20)]) {
      expect(await under(schema, { mail })).toEqual(['invalid', {}])
    }
  })

  it('keeps the keys that the schema does not know', async () => {
    const [, data] = await under(schema, { cart: [' tea '], ['__proto__']: ' x ', mail: 'A' })
    expect(data['cart']).toEqual([' tea '])
    expect(data['mail']).toBe('a')
  })

  it('makes a new default for each session', async () => {
    const [, one] = await under(schema, { mail: 'a' })
    const [, two] = await under(schema, { mail: 'a' })
    expect(one['tags']).not.toBe(two['tags'])
  })
})

describe('a schema that needs all keys at once and does not show them', () => {
  const object = z.object({ a: z.string() })

  it.each<[string, StandardSchemaV1<unknown, object>]>([
    ['a transform of the whole', object.transform((data) => data)],
    ['a union of zod', z.union([object, z.object({ b: z.string() })])],
    ['a union of arktype', type({ a: 'string' }).or({ b: 'string' })],
    ['a pipe of arktype', type({ a: 'string' }).pipe((data) => data)],
    ['a union of valibot', v.union([v.object({ a: v.string() }), v.object({ b: v.string() })])],
    ['no object at all', type('string').as<object>()],
  ])('is refused when the storage is made: %s', (_, schema) => {
    expect(() => createCookieSessionStorage({ cookie, schema })).toThrow(config)
  })

  it('is refused when a session lacks a key, if it answers later', async () => {
    const validate = async (value: unknown) => object['~standard'].validate(value)
    const schema = { '~standard': { version: 1, vendor: 'this test', validate } } as const
    const storage = createCookieSessionStorage({ cookie, schema })
    expect((await storage.getSession(await holding({ a: 'x' }))).get('a')).toBe('x')
    await expect(storage.getSession(await holding({}))).rejects.toEqual(config)
  })

  it('is taken with optional keys', async () => {
    const schema = object.partial().transform(({ a }) => ({ a: a?.trim() }))
    expect(await under(schema, { a: ' x ' })).toEqual(['resumed', { a: 'x', ...flash }])
    expect(await under(schema, {})).toEqual(['resumed', flash])
  })
})

describe('what a schema is asked by set()', () => {
  /** A schema with the number of keys that it was given each time. */
  function counting(
    schema: StandardSchemaV1,
  ): [schema: StandardSchemaV1<unknown, object>, sizes: number[]] {
    const sizes: number[] = []
    const validate = (value: unknown) => {
      sizes.push(Object.keys(value as object).length)
      return schema['~standard'].validate(value) as StandardSchemaV1.Result<object>
    }
    return [{ '~standard': { version: 1, vendor: 'this test', validate } }, sizes]
  }

  it('is the one key, however many there are', async () => {
    const [schema, sizes] = counting(z.record(z.string(), z.number()))
    const session = await createCookieSessionStorage({ cookie, schema }).getSession()
    sizes.length = 0
    for (let i = 0; i < 2000; i++) session.set(`key-${i}` as never, i as never)
    expect(sizes).toEqual(Array(2000).fill(1))
  })

  it('does not even need the other values to be put together', () => {
    const others = {
      get all(): never {
        throw new Error('not needed')
      },
    }
    const schema = createValueSchema({ schema: z.object({ a: z.number(), b: z.number() }) })
    expect(() => schema?.assertValue('a', 1, others)).not.toThrow()
    expect(() => schema?.assertValue('a', 'text', others)).toThrow('not needed')
  })

  it('is the whole only to confirm a refusal', async () => {
    const [schema, sizes] = counting(z.record(z.string(), z.number()))
    const session = await createCookieSessionStorage({ cookie, schema }).getSession()
    for (const key of ['a', 'b', 'c']) session.set(key as never, 1 as never)
    sizes.length = 0
    expect(() => session.set('d' as never, 'text' as never)).toThrow(/schema says/)
    expect(sizes).toEqual([1, 4])
  })

  it('is the whole if a value needs another, and then it is taken', async () => {
    const whole = z
      .object({ from: z.number().optional(), to: z.number().optional() })
      .refine(({ from, to }) => to === undefined || from !== undefined, { path: ['to'] })
    const [schema, sizes] = counting(whole)
    const storage = createCookieSessionStorage<{ from?: number; to?: number }>({
      cookie,
      schema: schema as StandardSchemaV1<unknown, { from?: number; to?: number }>,
    })
    const session = await storage.getSession()
    expect(() => session.set('to', 2)).toThrow(/schema says/)
    session.set('from', 1)
    sizes.length = 0
    session.set('to', 2)
    expect(sizes).toEqual([1, 2])
  })
})
