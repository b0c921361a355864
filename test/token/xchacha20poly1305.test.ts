import { Buffer } from 'node:buffer'

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import * as cipher from '../../src/token/xchacha20poly1305.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  // Within a larger buffer and at any offset, as the parts of a token are.
  fc
    .tuple(fc.uint8Array({ minLength: length, maxLength: length }), fc.integer({ min: 0, max: 7 }))
    .map(([content, offset]) => {
      const outer = new Uint8Array(content.length + offset)
      outer.set(content, offset)
      return outer.subarray(offset)
    })
const anyBytes = fc.integer({ min: 0, max: 400 }).chain(bytes)

/** A copy, because the result is good until the next call only. */
const encrypt: typeof cipher.encrypt = (...args) => cipher.encrypt(...args).slice()
const decrypt: typeof cipher.decrypt = (...args) => cipher.decrypt(...args)?.slice() ?? null

describe('XChaCha20-Poly1305', () => {
  it("is byte for byte noble's own, for every length of text and AAD", () => {
    fc.assert(
      fc.property(bytes(32), bytes(24), anyBytes, anyBytes, (key, nonce, aad, text) => {
        const sealed = encrypt(key, nonce, aad, text)
        expect(hex(sealed)).toBe(hex(xchacha20poly1305(key, nonce, aad).encrypt(text)))
        expect(hex(decrypt(key, nonce, aad, sealed))).toBe(hex(text))
      }),
      { numRuns: 300 },
    )
    for (const size of [8100, 8128, 8192, 20_000]) {
      const [key, nonce, aad] = [new Uint8Array(32), new Uint8Array(24), new Uint8Array(36)]
      const text = new Uint8Array(size).fill(size)
      const sealed = encrypt(key, nonce, aad, text)
      expect(hex(sealed)).toBe(hex(xchacha20poly1305(key, nonce, aad).encrypt(text)))
      expect(hex(decrypt(key, nonce, aad, sealed))).toBe(hex(text))
    }
    for (let length = 0; length <= 130; length++) {
      const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)]
      const [aad, text] = [new Uint8Array(length).fill(3), new Uint8Array(130 - length).fill(4)]
      const sealed = encrypt(key, nonce, aad, text)
      expect(hex(sealed)).toBe(hex(xchacha20poly1305(key, nonce, aad).encrypt(text)))
    }
  })

  it('puts what it is given before the ciphertext', () => {
    fc.assert(
      fc.property(anyBytes, fc.integer({ min: 0, max: 64 }).chain(bytes), (text, head) => {
        const [key, nonce, aad] = [new Uint8Array(32), new Uint8Array(24), new Uint8Array(5)]
        const alone = hex(encrypt(key, nonce, aad, text))
        expect(hex(cipher.encrypt(key, nonce, aad, text, head))).toBe(`${hex(head)}${alone}`)
      }),
    )
    const [long, head] = [new Uint8Array(9000), new Uint8Array(64)]
    const sealed = cipher.encrypt(new Uint8Array(32), new Uint8Array(24), long, long, head)
    expect(sealed).toHaveLength(64 + 9000 + 16)
  })

  // draft-irtf-cfrg-xchacha-03 appendix A.3.1
  it('is what the specification says', () => {
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
    const nonce = Uint8Array.from({ length: 24 }, (_, i) => 0x40 + i)
    const aad = Buffer.from('50515253c0c1c2c3c4c5c6c7', 'hex')
    const sealed = encrypt(key, nonce, aad, Buffer.from(text))
    expect(hex(sealed.subarray(0, 16))).toBe('bd6d179d3e83d43b9576579493c0e939')
    expect(hex(sealed.subarray(-16))).toBe('c0875924c1c7987947deafd8780acf49')
  })

  it('opens nothing of which one bit is another, or a byte is missing', () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(24),
        fc.integer({ min: 1, max: 70 }).chain(bytes),
        fc.integer({ min: 0, max: 70 }).chain(bytes),
        fc.nat(),
        (key, nonce, aad, text, place) => {
          const parts = [key, nonce, aad, encrypt(key, nonce, aad, text)] as const
          const part = parts[place % 4] as Uint8Array
          const at = place % part.length
          part[at] = (part[at] ?? 0) ^ (1 << (place % 8))
          expect(decrypt(...parts)).toBeNull()
          part[at] = (part[at] ?? 0) ^ (1 << (place % 8))
          expect(decrypt(...parts)).not.toBeNull()
          expect(decrypt(key, nonce, aad, parts[3].subarray(0, -1))).toBeNull()
        },
      ),
    )
  })

  it.each([0, 1, 15])('opens nothing of %d bytes, which is too short for a tag', (length) => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(24)]
    expect(decrypt(key, nonce, new Uint8Array(), new Uint8Array(length))).toBeNull()
  })

  it('leaves what it is given as it is', () => {
    const given = [
      new Uint8Array(32).fill(1),
      new Uint8Array(24).fill(2),
      Uint8Array.of(3),
    ] as const
    const text = new Uint8Array(100).fill(4)
    const sealed = encrypt(...given, text)
    const copy = sealed.slice()
    decrypt(...given, sealed)
    expect([...given, text].map((array) => new Set(array))).toEqual(
      [1, 2, 3, 4].map((byte) => new Set([byte])),
    )
    expect(sealed).toEqual(copy)
  })
})

function hex(array: Uint8Array | null): string | undefined {
  return array === null ? undefined : Buffer.from(array).toString('hex')
}
