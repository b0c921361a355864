import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { onTestFinished } from 'vitest'

const FILES = ['package.json', 'package-lock.json', 'jsr.json', '.prettierrc.json']

/** The version of every such repository. */
export const VERSION = '0.1.0'

/** As SECURITY.md is until the address is decided. */
const SECURITY = `# Security

Write to:

> **TODO before the first release: the address for security reports.** It is not decided yet.

Please send the version.
`

const CHANGELOG = `# Changelog

## [Unreleased]

### Added

- Everything.
`

/** What `npm run release:identity` gets in these tests. */
export const IDENTITY = [
  ['--repository', 'https://github.com/example/sessions'],
  ['--jsr-scope', '@example'],
  ['--security-contact', 'security@shop.example'],
].flat()

export interface Outcome {
  readonly status: number | null
  readonly output: string
}

export interface TemporaryRepository {
  /** Runs a script of tooling/release in it. */
  readonly run: (script: string, ...args: string[]) => Outcome
  readonly git: (...args: string[]) => string
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  /** Puts a folder of this repository into it. */
  readonly link: (name: string) => void
}

/** A repository with the manifests of this one, as they are before anything is decided, committed. */
export function temporaryRepository(): TemporaryRepository {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-release-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim()
  const run = (script: string, ...args: string[]): Outcome => {
    const path = resolve('tooling/release', script)
    const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { status, output: stdout + stderr }
  }

  for (const file of FILES) cpSync(file, join(folder, file))
  undecide('package.json', ['homepage', 'bugs', 'repository'])
  undecide('jsr.json', ['name'])
  write('SECURITY.md', SECURITY)
  write('CHANGELOG.md', CHANGELOG)
  git('init', '--quiet')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@shop.example')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'start')
  const link = (name: string): void => symlinkSync(resolve(name), join(folder, name), 'junction')
  return { run, git, read, write, link }

  function undecide(file: string, fields: readonly string[]): void {
    const manifest: Record<string, unknown> = {
      ...(JSON.parse(read(file)) as object),
      version: VERSION,
    }
    for (const field of fields) delete manifest[field]
    write(file, JSON.stringify(manifest))
  }
}
