import { expiryAfter, isExpired, isRenewalDue } from '../../src/engine/lifetime.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const idleOnly = { idle: 1000, absolute: undefined }
const both = { idle: 1000, absolute: 1500 }

describe('expiryAfter', () => {
  it('is the idle timeout from now, but never past the absolute one', () => {
    expect(expiryAfter(100, 0, idleOnly)).toBe(1100)
    expect(expiryAfter(100, 0, both)).toBe(1100)
    expect(expiryAfter(900, 0, both)).toBe(1500)
  })
})

describe('isExpired', () => {
  it.each([
    [999, idleOnly, false],
    [1000, idleOnly, true],
    [1001, idleOnly, true],
    [700, { idle: 1000, absolute: 700 }, true], // the absolute timeout was shortened since
    [699, { idle: 1000, absolute: 700 }, false],
  ])('at %d with %o: %s', (now, lifetime, expired) => {
    expect(isExpired(now, { createdAt: 0, expiresAt: 1000 }, lifetime)).toBe(expired)
  })
})

describe('isRenewalDue', () => {
  it.each([
    [500, 1000, idleOnly, false],
    [501, 1000, idleOnly, true],
    [501, 1000, both, true],
    [1400, 1500, both, false], // nothing to gain
  ])('at %d of a session until %d with %o: %s', (now, expiresAt, lifetime, due) => {
    expect(isRenewalDue(now, { createdAt: 0, expiresAt }, lifetime)).toBe(due)
  })

  it('is not due again right after a renewal, whatever the numbers', () => {
    const moment = fc.integer({ min: 0, max: 10_000 })
    const duration = fc.integer({ min: 2, max: 5_000 })
    const property = fc.property(
      moment,
      moment,
      duration,
      duration,
      (createdAt, after, idle, absolute) => {
        const now = createdAt + after
        const lifetime = { idle, absolute }
        const expiresAt = expiryAfter(now, createdAt, lifetime)
        expect(isRenewalDue(now, { createdAt, expiresAt }, lifetime)).toBe(false)
      },
    )
    fc.assert(property)
  })
})
