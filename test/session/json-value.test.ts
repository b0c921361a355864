import * as vm from 'node:vm'

import fc from 'fast-check'
import { createSession } from 'fetch-sessions'
import { describe, expect, it } from 'vitest'

describe('values that JSON cannot carry', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  const shared = { a: 1 }

  it.each<[string, unknown, string]>([
    ['undefined', undefined, '"key": it is undefined, call unset()'],
    ['a function', () => {}, '"key": it is a function'],
    ['a symbol', Symbol('x'), '"key": it is a symbol'],
    ['a BigInt', 1n, '"key": it is a bigint'],
    ['NaN', Number.NaN, '"key": it is NaN'],
    ['Infinity', { n: Infinity }, '"key.n": it is Infinity'],
    ['a Date', { at: [new Date(0)] }, '"key.at[0]": it is a Date'],
    ['a Map', new Map(), '"key": it is an instance of Map'],
    ['bytes', new Uint8Array(2), '"key": it is an instance of Uint8Array'],
    ['a URL', new URL('https://app.example'), '"key": it is an instance of URL'],
    [
      'a class of its own',
      new (class Cart {
        items = []
      })(),
      '"key": it is an instance of Cart',
    ],
    ['something with toJSON', { toJSON: () => 1 }, '"key": it is an instance of Object'],
    [
      'what has neither a plain prototype nor a constructor',
      Object.create(Object.create(Object.create(null) as object) as object),
      '"key": it is an instance of object',
    ],
    ['undefined in an array', [undefined], '"key[0]": it is undefined'],
    ['a hole in an array', Array(1), '"key[0]": it is undefined'],
    [
      'an array with toJSON',
      Object.assign([1], { toJSON: () => 'gone' }),
      '"key": it is an instance',
    ],
    ['a kind of array', new (class Row extends Array {})(), '"key": it is an instance of Row'],
    ['depth without end', JSON.parse('['.repeat(3000) + ']'.repeat(3000)), 'nested too deep'],
    ['a circle', circular, '"key.self": it is circular'],
    ['-0', { n: -0 }, '"key.n": it is -0, JSON would make it 0; store 0'],
    [
      'a named member of an array',
      Object.assign([1], { note: 1 }),
      '"key.note": it is a named member of an array',
    ],
    ['what match() gives', ['abc'.match(/b/)], '"key[0].index": it is a named member of an array'],
    ['a symbol as a key', { [Symbol('tag')]: 1 }, '"key[Symbol(tag)]": it is under a symbol'],
    [
      'a symbol as a key of an array',
      Object.assign([1], { [Symbol('tag')]: 1 }),
      '"key[Symbol(tag)]": it is under a symbol',
    ],
    [
      'a member that is not enumerable',
      Object.defineProperty({}, 'n', { value: 1 }),
      '"key.n": it is not enumerable',
    ],
    [
      'a getter',
      {
        get n() {
          throw new Error('called')
        },
      },
      '"key.n": it is a getter',
    ],
    ['a setter', { set n(_: number) {} }, '"key.n": it is a getter or setter'],
    [
      'a getter in an array',
      Object.defineProperty([1], 0, { get: () => 1 }),
      '"key[0]": it is a getter',
    ],
    [
      'inherited members',
      Object.create(Object.assign(Object.create(null) as object, { n: 1 })),
      '"key": it is an instance of object',
    ],
    ['an array without prototype', Object.setPrototypeOf([1], null), '"key": it is an instance of'],
    [
      'an array with another prototype',
      Object.setPrototypeOf([1], { note: 1 }),
      '"key": it is an instance of',
    ],
  ])('refuses %s when it is set, with the key', (_, value, message) => {
    const session = createSession()
    for (const write of [() => session.set('key', value), () => session.flash('key', value)]) {
      expect(write).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALUE',
          message: expect.stringContaining(message),
        }),
      )
    }
    expect(session.changed).toBe(false)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['nested data', { a: [1, 'two', { b: null }], c: true }],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['the same object twice', [shared, shared]],
    ['an object of another realm', ofAnotherRealm()],
    ['an optional member that is undefined', { a: undefined }],
    ['text with lone surrogates and NUL', '\ud800\0'],
  ])('takes %s', (_, value) => {
    const session = createSession()
    session.set('key', value)
    expect(session.get('key')).toBe(value)
  })
})

describe('any value at all', () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    withObjectString: true,
  })
  /** What JSON cannot see is laid on top of what it can. */
  const hidden = fc.constantFrom<PropertyDescriptor & { key: PropertyKey }>(
    { key: 'note', value: 1, enumerable: true },
    { key: 'note', value: 1 },
    { key: Symbol('note'), value: 1, enumerable: true },
    { key: 'note', get: () => 1, enumerable: true },
  )

  it('comes back equal, or is refused', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), values), (value) => {
        const back = comesBack(value)
        if (back === undefined) return
        accepted++
        assertSame(back[0], value)
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  it('is accepted if JSON gives it back', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text)
        fc.pre(!holdsNegativeZero(value))
        expect(comesBack(value)).toEqual([value])
      }),
    )
  })

  it('is refused with something that JSON does not see, however deep', () => {
    const place = fc.array(fc.constantFrom('array', 'object'), { maxLength: 5 })
    fc.assert(
      fc.property(place, fc.constantFrom([], {}), hidden, (path, inner, { key, ...descriptor }) => {
        const shared: object = Object.defineProperty(
          Array.isArray(inner) ? [] : {},
          key,
          descriptor,
        )
        const isSeen = !Array.isArray(inner) && key === 'note' && 'value' in descriptor
        fc.pre(!(isSeen && descriptor.enumerable === true))
        let value: unknown = shared
        for (const kind of path) value = kind === 'array' ? [value] : { member: value }
        expect(comesBack(value)).toBeUndefined()
      }),
    )
  })
})

/** What the next request reads; undefined if the value is refused. */
function comesBack(value: unknown): [unknown] | undefined {
  const session = createSession()
  try {
    session.set('key', value)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_SESSION_VALUE' })
    return undefined
  }
  return [(JSON.parse(JSON.stringify(session.data)) as { key: unknown }).key]
}

/** Equal in every own key and every bit, but for members of objects that are undefined and for `null` prototypes. */
function assertSame(back: unknown, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    expect(Object.is(back, value)).toBe(true)
    return
  }
  expect(Array.isArray(back)).toBe(Array.isArray(value))
  const keys = Reflect.ownKeys(value).filter((key) => Reflect.get(value, key) !== undefined)
  expect(Reflect.ownKeys(back as object).toSorted(byName)).toEqual(keys.toSorted(byName))
  for (const key of keys) assertSame(Reflect.get(back as object, key), Reflect.get(value, key))
}

function byName(a: PropertyKey, b: PropertyKey): number {
  return String(a) < String(b) ? -1 : 1
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0)
  return Object.values(value).some(holdsNegativeZero)
}

/** workerd has one realm only; what another would send has another root of its prototype chain. */
function ofAnotherRealm(): unknown {
  const root: unknown = Object.create(null, Object.getOwnPropertyDescriptors(Object.prototype))
  return 'runInNewContext' in vm
    ? vm.runInNewContext('({ a: [1] })')
    : Object.assign(Object.create(root as object) as object, { a: [1] })
}
