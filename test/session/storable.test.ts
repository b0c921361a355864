import { createSession } from 'fetch-sessions'
import { describe, expect, it } from 'vitest'

// Checked by `npm run types`; each expected error that does not occur is an error itself.

interface Preferences {
  theme: string
  size?: number
  layout?: { columns: readonly number[]; titles: Record<string, string> } | null
}
interface Tree {
  name: string
  children: Tree[]
}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
declare const brand: unique symbol

class Cart {
  readonly items: string[] = []
  add(item: string): void {
    this.items.push(item)
  }
}

const preferences: Preferences = { theme: 'dark', layout: { columns: [1, 2], titles: { a: 'A' } } }
const tree: Tree = { name: 'root', children: [{ name: 'leaf', children: [] }] }

describe('a value that JSON cannot carry', () => {
  it('is a compile error without types', () => {
    const session = createSession()
    const writes = [
      // @ts-expect-error call unset()
      () => session.set('key', undefined),
      // @ts-expect-error a Date
      () => session.set('key', new Date(0)),
      // @ts-expect-error a bigint
      () => session.set('key', 1n),
      // @ts-expect-error a symbol
      () => session.set('key', Symbol('x')),
      // @ts-expect-error a function
      () => session.set('key', () => 1),
      // @ts-expect-error a class
      () => session.set('key', Cart),
      // @ts-expect-error a Map
      () => session.set('key', new Map<string, string>()),
      // @ts-expect-error a Set
      () => session.set('key', new Set([1])),
      // @ts-expect-error bytes
      () => session.set('key', new Uint8Array(1)),
      // @ts-expect-error a RegExp
      () => session.set('key', /x/),
      // @ts-expect-error a URL
      () => session.set('key', new URL('https://app.example')),
      // @ts-expect-error an instance with methods
      () => session.set('key', new Cart()),
      // @ts-expect-error a Date in an object in an array
      () => session.set('key', [{ at: new Date(0) }]),
      // @ts-expect-error undefined in an array
      () => session.set('key', ['a', undefined]),
      // @ts-expect-error a Date
      () => session.flash('key', new Date(0)),
    ]
    for (const write of writes) {
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    }
  })

  it('is a compile error where the types declare one', () => {
    interface Data {
      at: Date
      when: Date | string
      note?: string
      cart: Cart
      days: { date: Date }[]
      free: unknown
    }
    const session = createSession<Data>()
    session.set('when', 'today')
    session.set('note', 'x')
    session.set('free', { a: 1 })
    const writes = [
      // @ts-expect-error a Date
      () => session.set('at', new Date(0)),
      // @ts-expect-error a Date
      () => session.set('when', new Date(0)),
      // @ts-expect-error call unset()
      () => session.set('note', undefined),
      // @ts-expect-error an instance with methods
      () => session.set('cart', new Cart()),
      // @ts-expect-error a Date
      () => session.set('days', [{ date: new Date(0) }]),
      // @ts-expect-error a Date
      () => session.set('free', new Date(0)),
      // @ts-expect-error a Date
      () => session.flash('at', new Date(0)),
    ]
    for (const write of writes) {
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    }
  })
})

describe('plain data', () => {
  it('compiles without types', () => {
    const session = createSession()
    session.set('preferences', preferences)
    session.set('tree', tree)
    session.set('json', { a: [1, null, 'x'] } as Json)
    session.set('any', JSON.parse('{}'))
    session.set('unknown', JSON.parse('{}') as unknown)
    session.set('optional', { a: undefined as string | undefined })
    session.set('tuple', ['a', 1] as const)
    session.set('record', {} as Record<string, unknown>)
    session.set('id', 'u1' as string & { readonly [brand]: 'UserId' })
    session.set('contact', { name: 'Ada', message: 'hi' })
    session.flash('errors', { email: ['is missing'] })
    const cart = session.get('cart') || []
    cart.push('tea')
    session.set('cart', cart)
    expect(session.get('cart')).toEqual(['tea'])
  })

  it('compiles with interfaces and unions, and keeps the check for surplus members', () => {
    interface Data {
      preferences: Preferences
      tree: Tree
      json: Json
      state: { kind: 'open' } | { kind: 'done'; result?: number | undefined }
      pair: [string, number]
      flag?: boolean
      id: string & { readonly [brand]: 'UserId' }
    }
    const session = createSession<Data, { notice: string }>()
    session.set('preferences', preferences)
    session.set('tree', tree)
    session.set('json', { a: [1, null, 'x'] })
    session.set('state', { kind: 'done', result: undefined })
    session.set('pair', ['a', 1])
    session.set('flag', true)
    session.set('id', 'u1' as Data['id'])
    // @ts-expect-error no such member
    session.set('preferences', { theme: 'dark', colour: 'red' })
    // @ts-expect-error no such kind
    session.set('state', { kind: 'closed' })
    expect(session.has('preferences')).toBe(true)
  })
})
