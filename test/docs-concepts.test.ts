import { readFileSync } from 'node:fs'

import packageJson from '../package.json' with { type: 'json' }
import { createSealedCodec } from '../src/token/sealed.ts'
import { describe, expect, it } from 'vitest'

const tokens = readFileSync('docs/concepts/tokens.md', 'utf8')
const backEnds = readFileSync('docs/concepts/back-ends.md', 'utf8')

/** The rows of the tables with this heading, without the heading. */
function rowsOf(page: string, heading: string): string[][] {
  const tables = page.split(/\n\n+/).filter((block) => block.startsWith('|'))
  const table = tables.find((block) => block.split('\n')[0]?.includes(`| ${heading} `)) ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('the token of docs/concepts/tokens.md', () => {
  const [lines = ''] = /^(?:[\w-]{32}\n){2}[\w-]+$/m.exec(tokens) ?? []
  const token = lines.replaceAll('\n', '')
  const [, secret = ''] = /with the secret `([^`]+)`/.exec(tokens) ?? []
  const [, name = ''] = /belongs to the cookie `([^`]+)`/.exec(tokens) ?? []
  const [, body = ''] = /```text\n(\{"userId.*\})\n```/.exec(tokens) ?? []

  it('opens with the secret, and holds what the page says', async () => {
    const codec = createSealedCodec([secret], { kind: 'cookie', name })
    await codec.ready()
    expect(await codec.open(token)).toMatchObject({ body })
  })

  it('has the bytes that the page says', () => {
    const bytes = Buffer.from(token, 'base64url')
    const found = Object.fromEntries(
      rowsOf(tokens, 'in this token').map(([range = '', , value = '']) => [range, value]),
    )
    const moment = (at: number): string =>
      new Date(bytes.readUIntBE(at, 6)).toISOString().replace(/T(00:00):00.000Z/, ' $1 UTC')
    expect(found).toEqual({
      '0': `\`${bytes[0]}\``,
      '1': `\`${bytes[1]}\``,
      '2 to 5': `\`${bytes.toString('hex', 2, 6)}\``,
      '6 to 11': moment(6),
      '12 to 17': moment(12),
      '18 to 23': moment(18),
      '24 to 47': '',
      'from 48': '',
      'the last 16': '',
    })
    expect(bytes.length).toBe(48 + Buffer.byteLength(body) + 16)
  })
})

describe('the tables of docs/concepts/back-ends.md', () => {
  const published = Object.keys(packageJson.exports)
    .filter((name) => name.startsWith('./storage/') && name !== './storage/purge')
    .map((name) => name.replace('./storage/', ''))
    .toSorted()
  const rows = rowsOf(backEnds, 'compares and writes in one step')

  it.each(['compares and writes in one step', 'who sees a write, and when'])(
    'have a row for each back end: %s',
    (heading) => {
      expect(
        rowsOf(backEnds, heading)
          .map(([name]) => name)
          .toSorted(),
      ).toEqual(published)
    },
  )

  it.each(rows)('say of %s what its tests prove', (name = '', compares, lists) => {
    // The suite of the store runs without these tests where the store cannot compare.
    const cannot = readFileSync(`test/storage/${name}.test.ts`, 'utf8').includes('compares: false')
    expect(compares).toBe(name === 'cookie' || cannot ? 'no' : 'yes')
    const source = readFileSync(`src/storage/${name}.ts`, 'utf8')
    expect(lists).toBe(source.includes('): IndexedSessionStorage<') ? 'yes' : 'no')
  })

  it.each(rows)('say of %s who deletes expired records', (name = '', _, __, deletes) => {
    const source = readFileSync(`src/storage/${name}.ts`, 'utf8')
    expect(deletes?.includes('purgeExpired()')).toBe(source.includes('SqlSessionMaintenance'))
  })
})
