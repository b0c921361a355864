import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

const page = readFileSync('docs/threat-model.md', 'utf8')
const [, holds = '', holdsNot = ''] = page.split(/^## What (?:holds|does not hold)$/m)

interface Proof {
  readonly file: string
  readonly title: string
}

/** The tests that a text names: `file` › “title”. */
const proofsIn = (text: string): Proof[] =>
  [...text.matchAll(/`((?:test|src)\/[^`]+\.ts)` › “([^”]+)”/g)].map(
    ([, file = '', title = '']) => ({ file, title }),
  )

/** Whether a source has a test of that title which is neither skipped nor still to be written. */
function hasTest(source: string, title: string): boolean {
  const literal = title.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  // The title follows `it(`, or the table of `it.each(…)(`.
  return new RegExp(String.raw`(?:\bit|\)|\})\(\s*(['"\`])${literal}\1,`).test(source)
}

describe('docs/threat-model.md', () => {
  it.each(proofsIn(holds))('names a test that exists: $file, $title', ({ file, title }) => {
    expect(hasTest(readFileSync(file, 'utf8'), title)).toBe(true)
  })

  it('has a test for each claim', () => {
    const rows = holds.split('\n').filter((line) => /^\| [A-Z`]/.test(line))
    expect(rows.length).toBeGreaterThan(40)
    expect(rows.filter((row) => proofsIn(row).length === 0)).toEqual([])
  })

  it('claims nothing with a test under what does not hold', () => {
    expect(holdsNot).toContain('**Cookie storage after a logout.**')
    expect(proofsIn(holdsNot)).toEqual([])
  })
})

describe('hasTest', () => {
  const source = `
    it('is red', () => {})
    it.each([1, 2])('is %i', () => {})
    it.each([
      1,
    ])(
      'is long',
      () => {},
    )
    it.skip('is skipped', () => {})
    it.todo('is planned')
    expect(text).toBe('is text')
  `

  it.each(['is red', 'is %i', 'is long'])('finds %j', (title) => {
    expect(hasTest(source, title)).toBe(true)
  })

  it.each(['is', 'is re', 'is skipped', 'is planned', 'is text', 'is .*'])(
    'does not find %j',
    (title) => {
      expect(hasTest(source, title)).toBe(false)
    },
  )
})
