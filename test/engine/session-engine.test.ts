import { createCookieSessionStorage } from 'fetch-sessions'
import { expiryAfter } from '../../src/engine/lifetime.ts'
import type { SessionEngine } from '../../src/engine/session-engine.ts'
import { engineOf } from '../../src/engine/session-storage.ts'
import { unstoredRecord } from '../../src/session/session-state.ts'
import type { SessionRecord } from '../../src/session/session-state.ts'
import type { TokenTimes } from '../../src/token/token.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
const IDLE = 1000 * 1000

const engineWith = (absoluteTimeout?: number, secrets = [SECRET]): SessionEngine =>
  engineOf(
    createCookieSessionStorage({ cookie: { secrets, maxAge: IDLE / 1000 }, absoluteTimeout }),
  )

const recordOf = (times: Partial<SessionRecord>): SessionRecord => ({
  ...unstoredRecord('resumed'),
  ...times,
})

const seconds = fc.integer({ min: 1, max: 5000 })
const milliseconds = fc.integer({ min: 0, max: 3 * IDLE })

describe('isRenewalDue', () => {
  it.each([
    [500_000, 1_000_000, undefined, false],
    [500_001, 1_000_000, undefined, true],
    [500_001, 1_000_000, 1500, true],
    [1_400_000, 1_500_000, 1500, false], // nothing to gain
    [1_400_000, 1_499_999, 1500, true],
  ])('at %d of a session until %d with an absolute timeout of %s: %s', (...row) => {
    const [now, expiresAt, absolute, due] = row
    expect(engineWith(absolute).isRenewalDue(recordOf({ createdAt: 0, expiresAt }), now)).toBe(due)
  })

  it('is not due again right after a renewal, whatever the numbers', () => {
    const property = fc.property(
      milliseconds,
      milliseconds,
      seconds,
      (createdAt, age, absolute) => {
        const now = createdAt + age
        const lifetime = { idle: IDLE, absolute: absolute * 1000 }
        const record = recordOf({ createdAt, expiresAt: expiryAfter(now, createdAt, lifetime) })
        expect(engineWith(absolute).isRenewalDue(record, now)).toBe(false)
      },
    )
    fc.assert(property)
  })

  it('is due only past half of the lifetime, and only if the end would move', () => {
    const property = fc.property(
      milliseconds,
      milliseconds,
      seconds,
      (age, expiresAt, absolute) => {
        const due = engineWith(absolute).isRenewalDue(recordOf({ createdAt: 0, expiresAt }), age)
        const gains = expiryAfter(age, 0, { idle: IDLE, absolute: absolute * 1000 }) > expiresAt
        expect(due).toBe(expiresAt - age < IDLE / 2 && gains)
      },
    )
    fc.assert(property)
  })

  it('is never due for what was chosen by hand, nor for what knows no end', () => {
    const engine = engineWith()
    const property = fc.property(milliseconds, milliseconds, (now, expiresAt) => {
      const record = recordOf({ createdAt: 0, expiresAt })
      expect(engine.isRenewalDue({ ...record, fixed: true }, now)).toBe(false)
      expect(engine.isRenewalDue({ ...record, expiresAt: undefined }, now)).toBe(false)
      expect(engine.isRenewalDue({ ...record, createdAt: undefined }, now)).toBe(false)
    })
    fc.assert(property)
  })

  it('stays within a fixed `expires` of the cookie', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const expires = new Date(START + 100_000)
    const engine = engineOf(createCookieSessionStorage({ cookie: { secrets: [SECRET], expires } }))
    const record = recordOf({ createdAt: START, expiresAt: START + 100_000 })
    expect(engine.isRenewalDue(record, START + 90_000)).toBe(false)
  })
})

describe('mayNeedRenewal', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const EMPTY = '{}'

  async function offer(
    engine: SessionEngine,
    times: TokenTimes,
    sealing: SessionEngine = engine,
  ): Promise<ReturnType<SessionEngine['begin']>> {
    await Promise.all([engine.ready(), sealing.ready()])
    return engine.begin(`__session=${await sealing.cookie.codec.seal(EMPTY, times)}`)
  }

  const someTimes = fc.record({
    createdAt: milliseconds.map((offset) => START - offset),
    issuedAt: milliseconds.map((offset) => START - offset),
    expiresAt: milliseconds.map((offset) => START + offset),
    fixed: fc.boolean(),
    transient: fc.boolean(),
  })

  it('misses no renewal that the opened session would ask for, and opens few in vain', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    let due = 0
    const timeout = fc.option(seconds, { nil: undefined })
    const property = fc.asyncProperty(someTimes, timeout, async (times, absolute) => {
      const engine = engineWith(absolute)
      const state = await offer(engine, times)
      const claims = engine.mayNeedRenewal(state, true)
      const record = await state.open()
      fc.pre(record.origin === 'resumed')
      if (engine.isRenewalDue(record, START)) {
        due++
        expect(claims).toBe(true)
      }
      if (claims) expect(times.fixed).toBe(false)
      if (absolute === undefined) expect(claims).toBe(engine.isRenewalDue(record, START))
    })
    await fc.assert(property, { numRuns: 200 })
    expect(due).toBeGreaterThan(0)
  })

  it('claims none without `rolling`, unless the token should be sealed anew', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    const engine = engineWith(undefined, [SECRET, OLD_SECRET])
    const older = engineWith(undefined, [OLD_SECRET])
    const property = fc.asyncProperty(someTimes, async (times) => {
      expect(engine.mayNeedRenewal(await offer(engine, times), false)).toBe(false)
      expect(engine.mayNeedRenewal(await offer(engine, times, older), false)).toBe(true)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('claims none for no cookie, and none for junk', async () => {
    const engine = engineWith()
    await engine.ready()
    expect(engine.mayNeedRenewal(engine.begin(null), true)).toBe(false)
    const property = fc.property(fc.base64String({ maxLength: 200 }), (junk) => {
      expect(engine.mayNeedRenewal(engine.begin(`__session=${junk}`), true)).toBe(false)
    })
    fc.assert(property)
  })

  it('reads no more than the clear part of a token', async () => {
    const engine = engineWith()
    const times = {
      createdAt: START,
      issuedAt: START,
      expiresAt: 0,
      fixed: false,
      transient: false,
    }
    const state = await offer(engine, times)
    const open = vi.spyOn(engine.cookie.codec, 'open')
    expect(engine.mayNeedRenewal(state, true)).toBe(true)
    expect(open).not.toHaveBeenCalled()
  })
})
