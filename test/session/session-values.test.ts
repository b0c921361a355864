import { SessionValues } from '../../src/session/session-values.ts'
import { describe, expect, it } from 'vitest'

const valuesOf = (object: object): SessionValues => new SessionValues({ ...object })

describe('SessionValues.rebase', () => {
  const cases: [string, (values: SessionValues) => void, object, object][] = [
    ['keeps what both have set', (values) => values.set('a', 2), { a: 1, b: 2 }, { a: 2, b: 2 }],
    ['takes over what it has not touched', () => {}, { a: 5 }, { a: 5 }],
    [
      'keeps what was set to the value that it had, and has gone meanwhile',
      (values) => values.set('a', 1),
      { b: 2 },
      { a: 1, b: 2 },
    ],
    [
      'takes over a newer value of what was set to the value that it had',
      (values) => values.set('a', 1),
      { a: 2 },
      { a: 2 },
    ],
    [
      'leaves away what was set to the value that it had, and then unset',
      (values) => [values.set('a', 1), values.delete('a')],
      { b: 2 },
      { b: 2 },
    ],
    ['unsets what it has unset', (values) => values.delete('a'), { a: 3, b: 1 }, { b: 1 }],
    [
      'keeps a nested change',
      (values) => cartOf(values).push('mug'),
      { b: 1 },
      { b: 1, cart: ['mug'] },
    ],
    [
      'leaves a value alone that was only read',
      (values) => cartOf(values),
      { cart: ['x'] },
      { cart: ['x'] },
    ],
    [
      'clears what came meanwhile too, and keeps what was set after',
      (values) => [values.clear(), values.set('a', 1)],
      { a: 5, b: 2 },
      { a: 1 },
    ],
    ['consumes the flash value that it saw', consume, { __flash_f__: 'seen' }, {}],
    [
      'keeps a flash value that was set anew',
      consume,
      { __flash_f__: 'new' },
      { __flash_f__: 'new' },
    ],
  ]

  it('unsets a plain key whose name begins like that of a flash value', () => {
    const values = valuesOf({ __flash_x: 'seen' })
    values.delete('__flash_x')
    values.rebase({ __flash_x: 'new', a: 1 })
    expect(values.toObject()).toEqual({ a: 1 })
  })

  it('runs an update again that changes the value in place', () => {
    const values = valuesOf({ cart: [] })
    values.update('cart', (cart) => {
      ;(cart as string[]).push('mug')
      return cart
    })
    values.rebase({ cart: ['tea'] })
    expect(values.toObject()).toEqual({ cart: ['tea', 'mug'] })
    expect(values.changes().set.get('cart')).toEqual(['tea', 'mug'])
  })

  it('keeps what was set to the value that it had, not what others have made of it before it went', () => {
    const values = new SessionValues({ role: 'user' })
    values.set('role', 'user')
    values.rebase({ role: 'admin' })
    expect(values.all).toEqual({ role: 'admin' })
    values.rebase({})
    expect(values.all).toEqual({ role: 'user' })
  })

  it.each(cases)('%s', (_, change, stored, expected) => {
    const values = valuesOf({ a: 1, cart: [], __flash_f__: 'seen' })
    change(values)
    values.rebase({ ...stored })
    expect(values.toObject()).toEqual(expected)
    // The next one to be faster must not undo it.
    values.rebase({ ...stored })
    expect(values.toObject()).toEqual(expected)
  })

  it('clears what came meanwhile, though there was nothing to clear before', () => {
    const values = valuesOf({})
    values.clear()
    expect(values.changed).toBe(false)
    values.set('b', 2)
    values.rebase({ a: 1 })
    expect(values.toObject()).toEqual({ b: 2 })
    expect(values.changes()).toMatchObject({ unset: ['a'] })
  })

  it('keeps the objects that were handed out, where nobody else has changed them', () => {
    const values = valuesOf({ a: 1, cart: [], list: [1] })
    const [cart, list] = [cartOf(values), values.read('list') as unknown[]]
    values.set('a', 2)
    values.rebase({ a: 1, cart: [], list: [2], b: 3 })
    cart.push('late')
    list.push('of no avail')
    expect(values.toObject()).toEqual({ a: 2, cart: ['late'], list: [2], b: 3 })
    expect([...values.changes().set.keys()].toSorted()).toEqual(['a', 'cart'])
  })

  it('knows afterwards only its own changes', () => {
    const values = valuesOf({ a: 1, cart: [] })
    cartOf(values)
    values.set('a', 2)
    values.rebase({ a: 1, cart: ['x'] })
    expect(values.changes()).toEqual({ cleared: false, set: new Map([['a', 2]]), unset: [] })
  })
})

describe('SessionValues.serialize', () => {
  it('refuses what a nested change put there', () => {
    const values = valuesOf({ cart: [] })
    cartOf(values).push(new Date())
    expect(() => values.serialize()).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_VALUE',
        message: expect.stringContaining('"cart[0]"'),
      }),
    )
  })

  it.each<[string, (cart: unknown[]) => unknown]>([
    ['a named member of an array', (cart) => Object.assign(cart, { note: 1 })],
    ['a symbol as a key', (cart) => Object.assign(cart, { [Symbol('tag')]: 1 })],
    ['-0 for 0', (cart) => (cart[0] = -0)],
  ])('refuses what a nested change put there and JSON does not show: %s', (_, change) => {
    for (const isSet of [false, true]) {
      const values = valuesOf({ cart: [0] })
      const cart = isSet ? [0] : cartOf(values)
      if (isSet) values.set('cart', cart)
      change(cart)
      expect(() => values.changed).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    }
  })

  it.each([1n, 'circle'])('refuses what JSON itself throws on: %s', (value) => {
    const values = valuesOf({ cart: [] })
    const cart = cartOf(values)
    cart.push(value === 'circle' ? cart : value)
    for (const use of [() => values.serialize(), () => values.changed]) {
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    }
  })
})

describe('SessionValues.settle', () => {
  it('makes what is here the point to compare with, nested objects too', () => {
    const values = valuesOf({ a: 1, cart: [] })
    const cart = cartOf(values)
    cart.push('mug')
    values.set('a', 2)
    values.serialize()
    values.markSaved()
    expect(values.changed).toBe(false)
    cart.push('tea')
    expect(values.changed).toBe(true)
  })

  it('leaves what came after the serialization a change', () => {
    const values = valuesOf({ a: 1 })
    values.serialize()
    values.set('b', 2)
    values.markSaved()
    expect(values.changes()).toEqual({ cleared: false, set: new Map([['b', 2]]), unset: [] })
  })

  it('forgets a clear() that is stored', () => {
    const values = valuesOf({ a: 1 })
    values.clear()
    values.set('b', 2)
    values.serialize()
    values.markSaved()
    expect(values.changed).toBe(false)
  })
})

function cartOf(values: SessionValues): unknown[] {
  return values.read('cart') as unknown[]
}

function consume(values: SessionValues): void {
  values.delete('__flash_f__')
}
