import { createSession } from 'fetch-sessions'
import { SessionValues } from '../../src/session/session-values.ts'
import type { StoredValues } from '../../src/session/session-values.ts'
import { describe, expect, it } from 'vitest'

const plusOne = (n: unknown): unknown => Number(n ?? 0) + 1

describe('session.update', () => {
  it('sets what the function makes of the value; undefined if there is none', () => {
    const session = createSession<{ n: number; cart: string[] }>()
    const seen: unknown[] = []
    for (let i = 0; i < 3; i++) session.update('n', (n) => (seen.push(n), (n ?? 0) + 1))
    expect([seen, session.get('n')]).toEqual([[undefined, 1, 2], 3])
  })

  it('gives the function a copy, which it may change', () => {
    const session = createSession({ cart: ['tea'] })
    const cart = session.get('cart') as string[]
    session.update('cart', (copy = []) => (copy.push('mug'), copy))
    expect([cart, session.get('cart')]).toEqual([['tea'], ['tea', 'mug']])
  })

  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['a promise', async () => 1],
    ['a Date', () => new Date(0)],
  ])('refuses %s, and changes nothing', (_, change) => {
    const session = createSession({ n: 1 })
    expect(() => session.update('n', change as () => number)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_VALUE',
        message: expect.stringContaining('"n"'),
      }),
    )
    expect(session.get('n')).toBe(1)
  })

  it('refuses the key of a flash value, and takes no flash value for the value', () => {
    const session = createSession()
    session.flash('n', 'flash')
    expect(() => session.update('__flash_n__', () => 1)).toThrow('call flash("n", …)')
    session.update('n', (n: unknown) => n ?? 'none')
    expect(session.get('n')).toBe('none')
  })
})

describe('SessionValues.update, if another request has written meanwhile', () => {
  type Row = [string, (values: SessionValues) => void, stored: StoredValues, result: StoredValues]
  const rows: Row[] = [
    ['runs again', (values) => values.update('n', plusOne), { n: 5 }, { n: 6 }],
    [
      'runs again in order, as often as it was called',
      (values) => [values.update('n', plusOne), values.update('n', (n) => Number(n) * 10)],
      { n: 5 },
      { n: 60 },
    ],
    ['runs on nothing, if that one has unset it', (v) => v.update('n', plusOne), {}, { n: 1 }],
    [
      'keeps its result, if it came after a set()',
      (values) => [values.set('n', 7), values.update('n', plusOne)],
      { n: 5 },
      { n: 8 },
    ],
    [
      'counts no more before a set()',
      (values) => [values.update('n', plusOne), values.set('n', 7)],
      { n: 5 },
      { n: 7 },
    ],
    [
      'counts no more before an unset()',
      (values) => [values.update('n', plusOne), values.delete('n')],
      { n: 5 },
      {},
    ],
    [
      'counts no more before a clear()',
      (values) => [values.update('n', plusOne), values.clear()],
      { n: 5, other: 1 },
      {},
    ],
    [
      'starts from nothing after a clear()',
      (values) => [values.clear(), values.update('n', plusOne), values.update('new', plusOne)],
      { n: 5, new: 5 },
      { n: 1, new: 1 },
    ],
    [
      'finds what that one has put into an object, though it changes the object it gets',
      (values) => values.update('list', (list) => ((list as unknown[]).push('own'), list)),
      { n: 1, list: ['theirs'] },
      { n: 1, list: ['theirs', 'own'] },
    ],
  ]

  it.each(rows)('%s', (_, change, stored, result) => {
    const values = new SessionValues({ n: 1, list: [] })
    change(values)
    // Twice, because the next write may be too late as well.
    for (let i = 0; i < 2; i++) {
      values.rebase(JSON.parse(JSON.stringify(stored)) as StoredValues)
      expect(values.toObject()).toEqual(result)
      expect(values.changed).toBe(JSON.stringify(stored) !== JSON.stringify(result))
    }
  })

  it('is done after a commit', () => {
    const values = new SessionValues({ n: 1 })
    values.update('n', plusOne)
    values.serialize()
    values.markSaved()
    values.set('other', 1)
    values.rebase({ n: 9 })
    expect(values.toObject()).toEqual({ n: 9, other: 1 })
  })
})
