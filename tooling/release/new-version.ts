// Makes the commit and the tag of a version: `npm run release -- 0.2.0`. It pushes nothing.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

import { readJson, writeJson, type JsrJson, type PackageJson } from './manifests.ts'
import { requireIdentity } from './missing-identity.ts'

const folder = process.cwd()

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

interface PackageLock {
  version: string
  packages: Record<string, { version?: string }>
}

const numbersOf = (version: string): string => version.split('-')[0] ?? ''

/** @throws Error where a release cannot be made */
function check(version: string): void {
  if (!/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/.test(version)) {
    throw new Error(`"${version}" is not a version. Write it as in \`npm run release -- 0.2.0\`.`)
  }
  const current = readJson<PackageJson>(folder, 'package.json').version
  if (numbersOf(version).localeCompare(numbersOf(current), 'en', { numeric: true }) < 0) {
    throw new Error(`${version} is older than ${current}, the version of package.json.`)
  }
  if (git('status', '--porcelain') !== '') {
    throw new Error('There are changes that are not committed. Commit or stash them first.')
  }
  if (git('tag', '--list', `v${version}`) !== '') {
    throw new Error(`The tag v${version} exists already. Choose the next version.`)
  }
  requireIdentity(folder)
}

/** Puts what is under "Unreleased" under the version and today's date. */
function withVersion(changelog: string, version: string): string {
  const [before, after] = changelog.split(/^## \[Unreleased\]\n/m)
  if (before === undefined || after === undefined) {
    throw new Error('CHANGELOG.md has no heading "## [Unreleased]".')
  }
  const changes = after.split(/^## \[/m)[0] ?? ''
  if (changes.trim() === '') throw new Error('CHANGELOG.md has nothing under "Unreleased".')
  const today = new Date().toISOString().slice(0, 10)
  return `${before}## [Unreleased]\n\n## [${version}] - ${today}\n${after}`
}

async function write(version: string): Promise<void> {
  const changelog = withVersion(readFileSync('CHANGELOG.md', 'utf8'), version)
  const manifest = readJson<PackageJson>(folder, 'package.json')
  const jsr = readJson<JsrJson>(folder, 'jsr.json')
  const lock = readJson<PackageLock>(folder, 'package-lock.json')
  lock.version = version
  lock.packages[''] = { ...lock.packages[''], version }

  writeFileSync('CHANGELOG.md', changelog)
  await writeJson(folder, 'package.json', { ...manifest, version })
  await writeJson(folder, 'jsr.json', { ...jsr, version })
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
}

try {
  const [version = ''] = process.argv.slice(2)
  check(version)
  await write(version)
  git('commit', '--all', '--message', `release: ${version}`)
  git('tag', '--annotate', `v${version}`, '--message', version)
  console.log(`Made the tag v${version}. \`git push --follow-tags\` publishes it.`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
