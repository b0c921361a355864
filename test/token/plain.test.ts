import { encodeBase64url } from '../../src/token/bytes.ts'
import { createPlainCodec } from '../../src/token/plain.ts'
import { describe, expect, it } from 'vitest'

const codec = createPlainCodec({ kind: 'cookie', name: '__session' })
const FIELDS = [1, 'cookie', '__session', 1000, 1500, 2000, 0, '{}']

const tokenOf = (value: unknown): string =>
  encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))

describe('createPlainCodec', () => {
  it.each([
    [0, false, false],
    [1, true, false],
    [2, false, true],
    [3, true, true],
  ])('writes and reads times and the flags %d', (flags, fixed, transient) => {
    const times = { createdAt: 1000, issuedAt: 1500, expiresAt: 2000, fixed, transient }
    const token = tokenOf([...FIELDS.slice(0, 6), flags, '{}'])
    expect(codec.seal('{}', times)).toBe(token)
    expect(codec.open(token)).toEqual({ body: '{}', times, stale: false })
    expect(codec.peek(token)).toEqual({ times, stale: false })
  })

  it.each([
    ['version', 0, 2],
    ['kind', 1, 'id'],
    ['name', 2, 'other'],
    ['time of creation', 3, null],
    ['time of creation', 3, 1.5],
    ['time of issue', 4, null],
    ['expiry', 5, '2000'],
    ['expiry', 5, 8.64e15 + 1],
    ['expiry', 5, -8.64e15 - 1],
    ['flags', 6, '0'],
    ['body', 7, {}],
  ])('refuses another %s: field %d as %j', (_, index, value) => {
    const token = tokenOf(FIELDS.with(index, value as string))
    expect([codec.open(token), codec.peek(token)]).toEqual([null, null])
  })
  it.each([
    '',
    'A',
    'A+',
    'é',
    'e30=',
    tokenOf({}),
    tokenOf(null),
    encodeBase64url(Uint8Array.of(0xff)),
  ])('refuses %j, which is no array', (value) => {
    expect([codec.open(value), codec.peek(value)]).toEqual([null, null])
  })

  it.each([8.64e15, -8.64e15])('reads the expiry %d, the most that a Date can hold', (moment) => {
    expect(codec.peek(tokenOf(FIELDS.with(5, moment)))?.times.expiresAt).toBe(moment)
  })

  it('answers without a promise', () => {
    const token = tokenOf(FIELDS)
    expect(codec.opensAtOnce(token)).toBe(true)
    expect(codec.open(token)).toMatchObject({ body: '{}' })
    expect(codec.ready()).toBeUndefined()
  })
})
