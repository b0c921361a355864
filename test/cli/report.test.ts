import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { toJson, toText } from '../../src/cli/report.ts'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { look, NOW, sealed, setCookieOf } from './cookies.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the report', () => {
  it('is for people', async () => {
    const text = await setCookieOf(sealed(), { maxAge: 600 })
    const inspection = await look(text, { secrets: [OLD_SECRET, SECRET], now: NOW + 65_000 })
    expect(toText(inspection, NOW + 65_000)).toBe(
      [
        `Cookie   "__session", ${text.length} of 4096 bytes, name and attributes included`,
        'Sealed   by the 2nd of 2 secrets',
        'Created  2026-01-01T12:00:00.000Z (1 minute ago)',
        'Expires  2026-01-01T12:10:00.000Z (in 8 minutes), chosen by hand',
        'Data     {\n  "user": "ada"\n}',
      ].join('\n'),
    )
  })

  it('says which bytes it counts', async () => {
    const setCookie = await setCookieOf(sealed())
    const pair = toCookie(setCookie)
    expect(toText(await look(`theme=dark; ${pair}; ${pair}x`), NOW)).toContain(
      `${pair.length} of 4096 bytes, name included, attributes not, the 1st of 2 with this name\n`,
    )
    for (const [text, countsAttributes] of [
      [setCookie, true],
      [pair, false],
    ] as const) {
      expect(JSON.parse(toJson(await look(text)))).toMatchObject({ countsAttributes })
    }
  })

  it.each([
    [[SECRET], 'by the one secret'],
    [[SECRET, OLD_SECRET], 'by the newest of 2 secrets'],
    [[OLD_SECRET, 'b', SECRET], 'by the 3rd of 3 secrets'],
    [[OLD_SECRET, 'b', 'c', SECRET], 'by the 4th of 4 secrets'],
  ])('names the secret by its place, never by its text', async (all, expected) => {
    const inspection = await look(await setCookieOf(sealed()), { secrets: all })
    const reports = toText(inspection, NOW) + toJson(inspection)
    expect(reports).toContain(expected)
    for (const secret of [SECRET, OLD_SECRET]) expect(reports).not.toContain(secret)
  })

  it('sends no command to the terminal, whatever a cookie holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        async (key, value) => {
          const storage = sealed()
          const session = await storage.getSession()
          session.set(`evil ${key}`, value)
          const inspection = await look(await storage.commitSession(session))
          const json = toJson(inspection)
          for (const report of [
            json,
            toText(inspection, NOW),
            toText(await look(value || 'x'), NOW),
          ]) {
            expect(report).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
          }
          expect(JSON.parse(json)).toMatchObject({ data: { [`evil ${key}`]: value } })
        },
      ),
    )
    const names = await look('\u001b]0;evil=1; \u009b31m=2; c=3')
    expect(toText(names, NOW)).not.toMatch(/\p{Cc}/u)
    expect(names.refusal?.reason).toBe('name')
  })
})
