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
    [{ timeouts: 'aal1' as const }, undefined, DEFAULT_IDLE, 30 * DAY * 1000],
    [{ timeouts: 'aal1' as const }, 60 * DAY, 60 * DAY * 1000, 30 * DAY * 1000],
    [{ timeouts: 'aal2' as const }, undefined, 3_600_000, DAY * 1000],
    [{ timeouts: 'aal2' as const }, 60, 60_000, DAY * 1000],
    [{ timeouts: 'aal2' as const }, 60 * DAY, 3_600_000, DAY * 1000],
    [{ timeouts: 'aal3' as const, idleTimeout: undefined }, undefined, 900_000, 43_200_000],
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

describe('timeouts', () => {
  it.each([
    ['aal4', '"aal4"'],
    ['AAL2', '"AAL2"'],
    ['', '""'],
    ['constructor', '"constructor"'],
    [2, '2'],
    [null, 'null'],
    [['aal2'], 'aal2'],
  ])('refuses %j, and says what there is', (timeouts, shown) => {
    expect(() => lifetimeFrom({ timeouts: timeouts as 'aal2' }, undefined)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: `\`timeouts\` is ${shown}: write 'aal1', 'aal2' or 'aal3', or leave it out.`,
      }),
    )
  })

  it.each([
    ['aal1', { idleTimeout: 60 }, 'absoluteTimeout: 2592000, idleTimeout: 60'],
    ['aal1', { absoluteTimeout: 60 }, 'absoluteTimeout: 60'],
    ['aal2', { idleTimeout: 60 }, 'absoluteTimeout: 86400, idleTimeout: 60'],
    ['aal3', { absoluteTimeout: 60 }, 'absoluteTimeout: 60, idleTimeout: 900'],
  ] as const)('refuses %j beside %j, and says what to write', (timeouts, beside, instead) => {
    expect(() => lifetimeFrom({ timeouts, ...beside }, undefined)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: `\`timeouts\` sets both timeouts: write \`timeouts: '${timeouts}'\` alone, or \`${instead}\` without it.`,
      }),
    )
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
