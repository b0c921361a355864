import { relativeTime } from '../../src/cli/relative-time.ts'
import { describe, expect, it } from 'vitest'

const HOUR = 3600_000

describe('relativeTime', () => {
  it.each([
    [0, 'just now'],
    [-999, 'just now'],
    [1000, 'in 1 second'],
    [-59_999, '59 seconds ago'],
    [60_000, 'in 1 minute'],
    [-3 * HOUR, '3 hours ago'],
    [24 * HOUR - 1, 'in 23 hours'],
    [24 * HOUR, 'in 1 day'],
    [14 * 24 * HOUR - 1, 'in 13 days'],
    [-400 * 24 * HOUR, '400 days ago'],
  ])('says %d milliseconds as "%s"', (difference, expected) => {
    expect(relativeTime(5 + difference, 5)).toBe(expected)
  })
})
