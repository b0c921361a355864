import { Buffer } from 'node:buffer'

import { randomBytes } from '../src/random-bytes.ts'
import { describe, expect, it } from 'vitest'

describe('randomBytes', () => {
  it('hands out no bytes twice, from one pool to the next', () => {
    const nonces = Array.from({ length: 1000 }, (_, i) => randomBytes(i % 2 === 0 ? 24 : 20))
    expect(nonces.map(({ length }) => length).slice(0, 2)).toEqual([24, 20])
    const starts = nonces.map((nonce) => Buffer.from(nonce.subarray(0, 8)).toString('hex'))
    expect(new Set(starts).size).toBe(1000)
  })

  it('gives bytes that nothing changes later', () => {
    const nonce = randomBytes(24)
    const copy = nonce.slice()
    for (let i = 0; i < 200; i++) randomBytes(24).fill(0)
    expect(nonce).toEqual(copy)
  })
})
