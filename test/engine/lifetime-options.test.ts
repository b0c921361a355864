import { checkMaxAge, lifetimeFrom } from '../../src/engine/lifetime-options.ts'
import { DEFAULT_IDLE } from '../../src/engine/lifetime.ts'
import { describe, expect, it } from 'vitest'

const DAY = 86_400
const refusal = (problem: string): unknown =>
  expect.objectContaining({
    code: 'ERR_SESSION_CONFIG',
    message: expect.stringMatching(
      new RegExp(`^\`${problem}: write a number of seconds from 1 to`),
    ),
  })

describe('lifetimeFrom', () => {
  it.each([
    [{}, undefined, DEFAULT_IDLE, undefined],
    [{}, 60, 60_000, undefined],
    [{}, 60.9, 60_000, undefined],
    [{ idleTimeout: 1 }, undefined, 1000, undefined],
    [{ idleTimeout: 30 }, 60, 30_000, undefined],
    [{ idleTimeout: 90 }, 60, 60_000, undefined],
    [{ idleTimeout: 60 * DAY, absoluteTimeout: 1 }, undefined, 60 * DAY * 1000, 1000],
    [{ idleTimeout: 36_525 * DAY }, 400 * DAY, 400 * DAY * 1000, undefined],
  ])('of %o with a maxAge of %s', (options, maxAge, idle, absolute) => {
    expect(lifetimeFrom(options, maxAge)).toEqual({ idle, absolute })
  })

  const invalid: readonly [unknown, string][] = [
    [0, '0'],
    [-1, '-1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['60', '"60"'],
    [null, 'null'],
    [36_526 * DAY, '3155846400'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ]
  it.each(invalid)('refuses %j', (given, shown) => {
    const seconds = given as number
    expect(() => lifetimeFrom({}, seconds)).toThrow(refusal(`cookie.maxAge\` is ${shown}`))
    expect(() => lifetimeFrom({ idleTimeout: seconds }, 60)).toThrow(
      refusal(`idleTimeout\` is ${shown}`),
    )
    expect(() => lifetimeFrom({ absoluteTimeout: seconds }, 60)).toThrow(
      refusal(`absoluteTimeout\` is ${shown}`),
    )
  })

  it('refuses a maxAge of more than 400 days', () => {
    expect(() => lifetimeFrom({}, 400 * DAY + 1)).toThrow(refusal('cookie.maxAge` is 34560001'))
  })
})

describe('checkMaxAge', () => {
  it.each([
    [undefined, undefined],
    [60, 60],
    [60.9, 60],
    [0, 0],
    [-5, -5],
    [-0.5, -1],
    [400 * DAY, 400 * DAY],
  ])('of %s is %s', (given, expected) => {
    expect(checkMaxAge(given)).toBe(expected)
  })

  it.each<unknown>([0.5, Number.NaN, Infinity, -Infinity, '60', null, 400 * DAY + 1])(
    'refuses %j',
    (given) => {
      expect(() => checkMaxAge(given as number)).toThrow(refusal('maxAge` is .*'))
    },
  )
})
