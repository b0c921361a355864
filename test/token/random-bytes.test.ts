import { Buffer } from 'node:buffer'

import { fillRandom } from '../../src/token/bytes.ts'
import { spyOnRandom } from '../support/random.ts'
import { describe, expect, it } from 'vitest'

describe('fillRandom', () => {
  const draw = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    fillRandom(bytes)
    return bytes
  }

  it('hands out no bytes twice, from one pool to the next', () => {
    const drawn = Array.from({ length: 1000 }, (_, i) => draw(i % 2 === 0 ? 24 : 20))
    const starts = drawn.map((bytes) => Buffer.from(bytes.subarray(0, 8)).toString('hex'))
    expect(new Set(starts).size).toBe(1000)
  })

  it('asks the system once for thousands of bytes', () => {
    const asked = spyOnRandom()
    for (let i = 0; i < 170; i++) draw(24)
    expect(asked.mock.calls.length).toBeLessThanOrEqual(1)
    for (let i = 0; i < 170; i++) draw(24)
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(1)
    expect(asked.mock.calls.length).toBeLessThanOrEqual(2)
  })

  it('fills every byte', () => {
    const isZero = Array.from({ length: 24 }, () => true)
    for (let i = 0; i < 500; i++) draw(24).forEach((byte, at) => (isZero[at] &&= byte === 0))
    expect(isZero).not.toContain(true)
  })
})
