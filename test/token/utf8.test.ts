import { decodeUtf8, encodeUtf8, encodeUtf8Shared } from '../../src/token/bytes.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('UTF-8', () => {
  it('is written alike for good and for the moment, and reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const bytes = encodeUtf8(text)
        expect([...encodeUtf8Shared(text)]).toEqual([...bytes])
        expect(decodeUtf8(bytes)).toBe(text)
      }),
    )
  })

  it.each(['', '\ud800', 'a\udc00b', 'é'.repeat(4096), 'é'.repeat(4097), '\u{1f375}'.repeat(3000)])(
    'is written alike where the text is odd or long (%#)',
    (text) => {
      expect([...encodeUtf8Shared(text)]).toEqual([...encodeUtf8(text)])
    },
  )

  it('is not read where it is none', () => {
    expect(() => decodeUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError)
  })
})
