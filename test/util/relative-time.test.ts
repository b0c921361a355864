import { relativeTime } from '../../src/util/relative-time.ts'
import { describe, expect, it } from 'vitest'

const HOUR = 3600_000

describe('relativeTime', () => {
  it.each([
    [0, 'in 0 seconds'],
    [-999, '0 seconds ago'],
    [1000, 'in 1 second'],
    [-59_999, '59 seconds ago'],
    [60_000, 'in 1 minute'],
    [-3 * HOUR, '3 hours ago'],
    [24 * HOUR - 1, 'in 23 hours'],
    [24 * HOUR, 'in 1 day'],
    [14 * 24 * HOUR - 1, 'in 13 days'],
    [-400 * 24 * HOUR, '400 days ago'],
  ])('says %d milliseconds as "%s"', (milliseconds, expected) => {
    expect(relativeTime(milliseconds)).toBe(expected)
  })
})
