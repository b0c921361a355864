import { inspect } from 'node:util'

import { createSideTable } from '../src/side-table.ts'
import { describe, expect, it } from 'vitest'

describe('a side table', () => {
  it('keeps one value for an object, the latest', () => {
    const [table, other] = [createSideTable<number>(), createSideTable<number>()]
    const object = new Headers()
    expect(table.get(object)).toBeUndefined()
    table.set(object, 1)
    table.set(object, 2)
    other.set(object, 3)
    expect([table.get(object), other.get(object)]).toEqual([2, 3])
    expect(table.get(new Headers())).toBeUndefined()
  })

  it('shows nothing of it in the object', () => {
    const table = createSideTable<string>()
    const object = { path: '/' }
    table.set(object, 'secret')
    expect(Reflect.ownKeys(object)).toEqual(['path'])
    expect(inspect(object, { depth: null, showHidden: true })).toBe("{ path: '/' }")
  })

  // Routers derive the context of one request from that of another.
  it('gives it to no copy, heir or Proxy of the object', () => {
    const table = createSideTable<string>()
    const object = {}
    table.set(object, 'of the original')
    for (const another of [{ ...object }, Object.create(object), new Proxy(object, {})]) {
      expect(table.get(another)).toBeUndefined()
      table.set(another, 'its own')
      expect(table.get(another)).toBe('its own')
    }
    expect(table.get(object)).toBe('of the original')
  })

  it.each([
    ['frozen', Object.freeze],
    ['sealed', Object.seal],
    ['not extensible', Object.preventExtensions],
  ])('takes objects that are %s, or become so', (_, fix) => {
    const table = createSideTable<number>()
    const [before, after] = [fix({}), {}]
    table.set(before, 1)
    table.set(after, 2)
    fix(after)
    table.set(before, 3)
    table.set(after, 4)
    expect([table.get(before), table.get(after)]).toEqual([3, 4])
  })
})
