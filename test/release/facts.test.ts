import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

function facts(folder: string, ...args: string[]) {
  return spawnSync(process.execPath, [resolve('tooling/release/facts.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
}

/** What the script reads and writes, with another text of docs/facts.md. */
function projectWith(page: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-facts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['package.json', '.size-limit.js', '.prettierrc.json', 'README.md']) {
    cpSync(name, join(folder, name))
  }
  for (const name of ['dist', 'node_modules', 'tooling']) {
    symlinkSync(resolve(name), join(folder, name), 'junction')
  }
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs/facts.md'), page)
  return folder
}

// Needs `npm run build`.
describe('npm run facts', () => {
  it('leaves the documentation as it is committed: run it where this fails', () => {
    const { status, stderr } = facts('.', '--check')
    expect([stderr, status]).toEqual(['', 0])
  })

  it('finds a number that is typed, and replaces it', () => {
    const committed = readFileSync('docs/facts.md', 'utf8')
    const folder = projectWith(committed.replace(/\d+ kB/, '1 kB'))
    const { status, stderr } = facts(folder, '--check')
    expect([stderr, status]).toEqual(['docs/facts.md is out of date: run `npm run facts`.\n', 1])
    expect(facts(folder).status).toBe(0)
    expect(readFileSync(join(folder, 'docs/facts.md'), 'utf8')).toBe(committed)
  })

  it('says which blocks there are, for one that there is not', () => {
    const folder = projectWith('<!-- facts:speed -->\n<!-- /facts -->\n')
    expect(facts(folder).stderr).toContain(
      'docs/facts.md has a block "speed". There are sizes, runtimes, routers, clients.',
    )
  })
})
