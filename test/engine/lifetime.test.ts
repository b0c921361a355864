import { lifetimeAttributes, expiryOf, expiryAfter, nextTimes } from '../../src/engine/lifetime.ts'
import type { ChosenLifetime, CommitOptions } from '../../src/engine/lifetime.ts'
import { unstoredRecord } from '../../src/session/session-state.ts'
import type { TokenTimes } from '../../src/token/token.ts'
import { describe, expect, it } from 'vitest'

const idleOnly = { idle: 1000, absolute: undefined }
const both = { idle: 1000, absolute: 1500 }

describe('expiryAfter', () => {
  it.each([
    [100, 0, idleOnly, 1100],
    [100, 0, both, 1100],
    [500, 0, both, 1500],
    [501, 0, both, 1500], // never past the absolute timeout
    [900, 0, both, 1500],
    [900, 600, both, 1900],
    [9000, 0, idleOnly, 10_000],
  ])('at %d for a session of %d with %o: %d', (now, createdAt, lifetime, expiry) => {
    expect(expiryAfter(now, createdAt, lifetime)).toBe(expiry)
  })
})

describe('expiryOf', () => {
  const token = { createdAt: 0, issuedAt: 200, expiresAt: 1200, fixed: false }
  const byHand = { ...token, expiresAt: 90_000, fixed: true }

  it.each([
    ['the expiry of the token', token, idleOnly, 1200],
    ['no later where the lifetime was made longer since', token, { ...idleOnly, idle: 9000 }, 1200],
    ['earlier where the idle timeout was shortened since', token, { ...idleOnly, idle: 300 }, 500],
    ['earlier where an absolute timeout was set since', token, { ...both, absolute: 700 }, 700],
    ['at the earlier of two shortened ones', token, { idle: 100, absolute: 700 }, 300],
    ['by hand beyond the idle timeout', byHand, idleOnly, 90_000],
    ['by hand beyond an idle timeout that was shortened', byHand, { ...idleOnly, idle: 1 }, 90_000],
    ['by hand, but not beyond the absolute timeout', byHand, both, 1500],
    ['by hand before either', { ...byHand, expiresAt: 300 }, both, 300],
  ])('is %s', (_, times, lifetime, end) => {
    expect(expiryOf(times, lifetime)).toBe(end)
  })
})

const options = (given: Partial<CommitOptions> = {}): CommitOptions => ({
  now: 700,
  renew: 'due',
  attributes: {},
  ...given,
})
const untilEnd: ChosenLifetime = { expiresAt: undefined, expires: undefined, transient: true }
const until = (expiresAt: number): ChosenLifetime => ({
  expiresAt,
  expires: undefined,
  transient: false,
})

describe('nextTimes', () => {
  const fresh = unstoredRecord('new')
  const stored = { ...fresh, createdAt: 0, expiresAt: 1100 }
  const fixed = { ...stored, expiresAt: 5000, fixed: true }
  const transient = { ...stored, transient: true }
  const renewed = { expiresAt: 1700 }
  const always = { renew: 'always' } as const

  it.each<[string, object, Partial<CommitOptions>, boolean, typeof idleOnly | typeof both, object]>(
    [
      ['begin with a session', fresh, {}, true, idleOnly, { createdAt: 700, ...renewed }],
      [
        'begin so without renewals',
        fresh,
        { renew: 'never' },
        true,
        idleOnly,
        { createdAt: 700, ...renewed },
      ],
      ['stay without a new cookie', stored, {}, false, idleOnly, { expiresAt: 1100 }],
      ['stay without renewals', stored, { renew: 'never' }, true, idleOnly, { expiresAt: 1100 }],
      ['move with a new cookie', stored, {}, true, idleOnly, renewed],
      ['move up to the absolute timeout', stored, {}, true, both, { expiresAt: 1500 }],
      [
        'stay where they were chosen by hand',
        fixed,
        {},
        true,
        both,
        { expiresAt: 5000, fixed: true },
      ],
      ['move with a commit by hand', stored, always, true, idleOnly, renewed],
      ['forget with it what was chosen before', fixed, always, true, idleOnly, renewed],
      [
        'move with it as chosen',
        stored,
        { ...always, chosen: until(9000) },
        true,
        idleOnly,
        { expiresAt: 9000, fixed: true },
      ],
      [
        'move so up to the absolute timeout',
        stored,
        { ...always, chosen: until(9000) },
        true,
        both,
        { expiresAt: 1500, fixed: true },
      ],
      [
        'are whole milliseconds',
        stored,
        { ...always, chosen: until(900.4) },
        true,
        both,
        { expiresAt: 900, fixed: true },
      ],
      [
        'end in 1970 at the earliest',
        stored,
        { ...always, chosen: until(-1) },
        true,
        both,
        { expiresAt: 0, fixed: true },
      ],
      [
        'end with the browser as chosen',
        stored,
        { ...always, chosen: untilEnd },
        true,
        idleOnly,
        { ...renewed, transient: true },
      ],
      [
        'end with the browser after a renewal, too',
        transient,
        {},
        true,
        idleOnly,
        { ...renewed, transient: true },
      ],
      ['end with the browser while they stay', transient, {}, false, idleOnly, { transient: true }],
      ['no longer end with it after a commit by hand', transient, always, true, idleOnly, renewed],
    ],
  )('%s', (_, record, given, issues, lifetime, expected) => {
    expect(nextTimes({ ...fresh, ...record }, options(given), issues, lifetime)).toEqual({
      createdAt: 0,
      issuedAt: 700,
      expiresAt: 1100,
      fixed: false,
      transient: false,
      ...expected,
    })
  })
})

describe('lifetimeAttributes', () => {
  const times: TokenTimes = {
    createdAt: 0,
    issuedAt: 700,
    expiresAt: 60_700,
    fixed: false,
    transient: false,
  }
  const session = { maxAge: undefined, expires: undefined }
  const aged = { maxAge: 60, expires: undefined }
  const dated = { maxAge: undefined, expires: new Date(99_000) }
  const chosenDate: ChosenLifetime = { expiresAt: 5000, expires: new Date(5000), transient: false }

  it.each<
    [
      string,
      Partial<TokenTimes>,
      ChosenLifetime | undefined,
      typeof session | typeof aged | typeof dated,
      object,
    ]
  >([
    ['no lifetime for a cookie without one', {}, undefined, session, {}],
    ['the seconds that are left', {}, undefined, aged, { maxAge: 60 }],
    ['those of a shorter session', { expiresAt: 30_700 }, undefined, aged, { maxAge: 30 }],
    ['whole seconds, rounded up', { expiresAt: 30_701 }, undefined, aged, { maxAge: 31 }],
    ['never less than none', { expiresAt: 0 }, undefined, aged, { maxAge: 0 }],
    ['none for a cookie that goes with the browser', { transient: true }, undefined, aged, {}],
    ['seconds for a session chosen by hand', { fixed: true }, undefined, session, { maxAge: 60 }],
    ['the date of the cookie', {}, undefined, dated, { expires: dated.expires }],
    [
      'the date that was chosen',
      { fixed: true },
      chosenDate,
      aged,
      { expires: chosenDate.expires },
    ],
    [
      'the seconds that were chosen, over a date',
      { fixed: true },
      until(60_700),
      dated,
      { maxAge: 60 },
    ],
  ])('gives %s', (_, given, chosen, cookie, expected) => {
    const commit = options({ attributes: { path: '/a' }, ...(chosen && { chosen }) })
    const attributes = lifetimeAttributes({ ...times, ...given }, commit, cookie)
    expect(attributes).toEqual({ path: '/a', ...expected })
  })
})
