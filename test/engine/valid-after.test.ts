import { validFrom } from '../../src/engine/valid-after.ts'
import { describe, expect, it } from 'vitest'

const MOMENT = Date.UTC(2026, 0, 1)

describe('validFrom', () => {
  it('answers at once where `validAfter` does', async () => {
    expect(validFrom(() => new Date(MOMENT), 'ada')).toBe(MOMENT)
    expect(validFrom(() => undefined, 'ada')).toBe(-Infinity)
    await expect(validFrom(async () => new Date(MOMENT), 'ada')).resolves.toBe(MOMENT)
  })

  it.each([
    ['an Error', new Error('no connection')],
    ['a text', 'no connection'],
  ])('says that it was `validAfter` that threw %s', async (_, cause) => {
    const failure = expect.objectContaining({
      code: 'ERR_SESSION_STORAGE',
      message: '`validAfter` threw: no connection',
      cause,
    })
    const fail = (): never => {
      throw cause
    }
    expect(() => validFrom(fail, 'ada')).toThrow(failure)
    await expect(validFrom(() => Promise.reject(cause), 'ada')).rejects.toEqual(failure)
  })
})
