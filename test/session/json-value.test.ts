import * as vm from 'node:vm'

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

/** workerd has one realm only; what another would send has another root of its prototype chain. */
function ofAnotherRealm(): unknown {
  return 'runInNewContext' in vm
    ? vm.runInNewContext('({ a: [1] })')
    : Object.assign(Object.create(Object.create(null)), { a: [1] })
}
