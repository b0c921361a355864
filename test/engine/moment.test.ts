import { momentOf } from '../../src/engine/moment.ts'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2100, 0, 1)

describe('momentOf', () => {
  it('orders what happens within a millisecond, and keeps the millisecond', () => {
    const moments = Array.from({ length: 500 }, () => momentOf(NOW))
    expect(moments).toEqual(moments.toSorted((a, b) => a - b))
    expect(new Set(moments).size).toBe(500)
    expect(new Set(moments.map((moment) => new Date(moment).getTime()))).toEqual(new Set([NOW]))
    expect(momentOf(NOW + 1)).toBe(NOW + 1)
  })

  it('does not go back if the clock goes back a little, and follows a clock that was set back', () => {
    const before = momentOf(NOW + 60_000)
    expect(momentOf(NOW + 59_999)).toBeGreaterThan(before)
    expect(momentOf(NOW)).toBe(NOW)
  })
})
