import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { createPostgresStore } from '../src/storage/postgres.ts'
import { createSQLiteStore } from '../src/storage/sqlite.ts'
import { guides, snippetsOf, typeErrorsIn, writeSnippets } from './support/snippets.ts'
import { afterAll, describe, expect, it } from 'vitest'

const withSnippets = guides().filter((page) => snippetsOf(page).length > 0)

describe.each(withSnippets)('the snippets of %s', (page) => {
  const folder = `test/.guide-${page.replace(/\W+/g, '-')}`
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('are type-checked, all of them', () => {
    const snippets = snippetsOf(page)
    writeSnippets(folder, snippets)
    expect(new Set(readdirSync(folder)).size).toBe(snippets.length)
    expect(typeErrorsIn(folder)).toBe('')
  })
})

describe('the code in the pages', () => {
  it('is marked as what it is, so that no snippet goes unchecked', () => {
    const fences = ['README.md', 'CONTRIBUTING.md', ...guides()].flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/^\s*```(.*)\n[\s\S]*?^\s*```$/gm)].map(
        ([, info = '']) => ({ page, info }),
      ),
    )
    const known = /^(ts( file=\S+)?|sh|sql|text)$/
    expect(fences.filter(({ info }) => !known.test(info))).toEqual([])
    expect(withSnippets.length).toBeGreaterThan(9)
  })
})

describe('a snippet that several pages have', () => {
  it('is the same on all of them', () => {
    const pages = ['README.md', ...guides()].flatMap((page) =>
      snippetsOf(page)
        .filter(({ name }) => !name.startsWith('snippet-'))
        .map((snippet) => ({ page, ...snippet })),
    )
    const first = new Map(pages.toReversed().map((snippet) => [snippet.name, snippet]))
    expect(first.size).toBeLessThan(pages.length) // some are on several pages
    const different = pages.filter(({ name, code }) => first.get(name)?.code !== code)
    expect(different.map(({ page, name }) => `${page}: ${name}`)).toEqual([])
  })
})

describe('the migration in docs/guide/operating.md', () => {
  it('is that of the storages', () => {
    const printed = [
      ...readFileSync('docs/guide/operating.md', 'utf8').matchAll(/^```sql\n([\s\S]*?)^```$/gm),
    ].map(([, sql = '']) => sql.trim())
    const { maintenance: postgres } = createPostgresStore({
      client: { query: async () => ({ rows: [] }) },
    })
    const { maintenance: sqlite } = createSQLiteStore({ database: { prepare: unused } })
    expect(printed).toEqual(
      [postgres, sqlite].map(({ migration }) => migration.map((line) => `${line};`).join('\n')),
    )
  })
})

function unused(): never {
  throw new Error('the statements alone are asked for')
}

describe('a client that emits errors', () => {
  const inDocstring = /@example\n([\s\S]*?)\*\//g
  const inFence = /^```(?:ts|js)\S*.*\n([\s\S]*?)^```$/gm

  const filesIn = (folder: string, extension: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(extension))
      .map((file) => join(folder, file))

  const examples = [
    // The API pages are made of the docstrings.
    ...['README.md', ...guides()].map((file) => [file, inFence] as const),
    ...filesIn('src', '.ts').map((file) => [file, inDocstring] as const),
    ...filesIn('examples', '.ts').map((file) => [file, /([\s\S]*)/g] as const),
  ].flatMap(([file, pattern]) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, code = '']) => ({ file, code })),
  )

  it('has a listener in every example: without one, a lost connection ends the process', () => {
    const clients = examples.filter(({ code }) => /\bPool\(|\bcreateClient(Pool)?\(/.test(code))
    // The clients of libSQL emit nothing.
    const emitting = clients.filter(({ code }) => !code.includes('@libsql'))
    expect(emitting.length).toBeGreaterThan(4)
    const bare = emitting.filter(({ code }) => !/\.on\('error', /.test(code))
    expect(bare).toEqual([])
  })
})
