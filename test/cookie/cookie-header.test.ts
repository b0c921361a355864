import { readCookieValues } from '../../src/cookie/cookie-header.ts'
import { describe, expect, it } from 'vitest'

describe('readCookieValues', () => {
  it.each([
    [null, []],
    ['', []],
    ['a=1', ['1']],
    ['b=2; a=1;c=3', ['1']],
    ['a=1; a=2; a=1', ['1', '2']],
    ['a=', []],
    ['a', []],
    ['A=1; aa=2; b=a=3', []],
    ['  a=x=y=z  ', ['x=y=z']],
    [';;; a=1 ;', ['1']],
    ['\ta=1\t', ['1']],
    // What JavaScript trims and HTTP does not: a browser would not hold these names to a prefix.
    ['\u00a0a=1; \u2000a=2; \ufeffa=3; \va=4; \fa=5', []],
  ])('of %j', (header, values) => {
    expect(readCookieValues(header, 'a')).toEqual(values)
  })

  it('are the first eight, each once', () => {
    const pairs = Array.from({ length: 20 }, (_, i) => `a=${i}; a=0; b=${i}`)
    expect(readCookieValues(pairs.join('; '), 'a')).toEqual([...'01234567'])
  })
})
