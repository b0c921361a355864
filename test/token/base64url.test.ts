import { Buffer } from 'node:buffer'

import { decodeBase64url, encodeBase64url, readBase64url } from '../../src/token/bytes.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe.each([
  ['with the native Buffer', Buffer],
  ['without it', undefined],
  // As the one of npm that bundlers put into its place.
  [
    'with a Buffer that knows no base64url',
    { isEncoding: () => false } as unknown as typeof Buffer,
  ],
  ['with a Buffer that knows no encodings', {} as typeof Buffer],
])('base64url %s', (_, native) => {
  // `undefined` as an argument would choose the default, so the global is taken away instead.
  const encode = (bytes: Uint8Array): string => without(native, () => encodeBase64url(bytes))
  const decode = (text: string): Uint8Array | null => without(native, () => decodeBase64url(text))

  it('writes what Node writes, and reads it back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.uint8Array({ minLength: 6100, maxLength: 6200 }),
        ),
        (bytes) => {
          const text = Buffer.from(bytes).toString('base64url')
          expect(encode(bytes)).toBe(text)
          expect([...(decode(text) ?? [])]).toEqual([...bytes])
        },
      ),
    )
  })

  it.each([63, 64, 65, 150, 151, 8191, 8192, 8193, 20_000])('reads back %d bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_value, i) => i * 7)
    expect(Buffer.from(decode(encode(bytes)) ?? [])).toEqual(Buffer.from(bytes))
  })

  // Longer texts are read by Buffer, which takes all of these.
  it.each([20, 200, 201, 20_000])(
    'refuses other texts of the same bytes, %d and more letters',
    (length) => {
      const text = encode(Uint8Array.from({ length: length + 1 - (length % 3) }, () => 0xfb))
      expect(text).toMatch(/^-_v7.*-w$/)
      const others = [
        `${text}==`,
        `${text}.`,
        ` ${text}`,
        `${text.slice(0, 8)}\n${text.slice(8)}`,
        text.replace('-', '+'),
        text.replace('_', '/'),
        text.replace(/w$/, 'x'),
      ]
      expect(others.filter((other) => decode(other) !== null)).toEqual([])
    },
  )

  it('writes the bytes of a view, not those of the whole buffer behind it', () => {
    expect(encode(Uint8Array.of(1, 2, 3, 4, 5).subarray(2, 4))).toBe('AwQ')
  })

  it.each(['A', 'AA==', 'A+', 'A/', 'A A', 'AA\n', 'é', 'AB', 'AAB', 'AAAAA', '%41'])(
    'refuses %j, which is not what it would write',
    (text) => {
      expect(decode(text)).toBeNull()
    },
  )
})

describe('readBase64url', () => {
  it('reads the first bytes of a text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 18, maxLength: 60 }), (bytes) => {
        const read = new Uint8Array(18)
        expect(readBase64url(Buffer.from(bytes).toString('base64url'), read)).toBe(true)
        expect([...read]).toEqual([...bytes.subarray(0, 18)])
      }),
    )
  })

  it.each(['', 'AAA', 'AA=A', 'A+AA', 'AAé', 'AAA\u0141', '\0AAA', '%41A'])(
    'refuses %j, which has no four letters to begin with',
    (text) => {
      expect(readBase64url(text, new Uint8Array(3))).toBe(false)
    },
  )
})

function without<T>(native: typeof Buffer | undefined, use: () => T): T {
  const { Buffer: original } = globalThis
  globalThis.Buffer = native as typeof Buffer
  try {
    return use()
  } finally {
    globalThis.Buffer = original
  }
}
