// Prints what an installation of the package brings with it, as CycloneDX: `npm run sbom --silent > sbom.cdx.json`.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { readJson, type PackageJson } from './manifests.ts'

interface Locked {
  dependencies?: Record<string, string>
}
interface PackageLock {
  packages: Record<string, Locked>
}

const { packages } = readJson<PackageLock>('.', 'package-lock.json')
const manifest = readJson<Partial<PackageJson> & { workspaces?: string[] }>('.', 'package.json')
// The tools of this repository are no part of an installation, and a router is its user's own.
for (const field of ['devDependencies', 'peerDependencies', 'workspaces'] as const) {
  delete manifest[field]
}

/** The entries of the lock file that a list of dependencies leads to. */
function lockedBelow(names: readonly string[]): Record<string, Locked> {
  const found: Record<string, Locked> = {}
  const waiting = [...names]
  for (const name of waiting) {
    const path = `node_modules/${name}`
    const locked = packages[path]
    if (locked === undefined) throw new Error(`package-lock.json has no ${path}. Run npm install.`)
    found[path] = locked
    waiting.push(...Object.keys(locked.dependencies ?? {}))
  }
  return found
}

const outside = mkdtempSync(join(tmpdir(), 'fetch-sessions-sbom-'))
try {
  const folder = join(outside, 'fetch-sessions') // npm takes the name from here
  mkdirSync(folder)
  const locked = lockedBelow(Object.keys(manifest.dependencies ?? {}))
  const lock = { lockfileVersion: 3, requires: true, packages: { '': manifest, ...locked } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  execFileSync('npm', args, { cwd: folder, stdio: 'inherit' })
} finally {
  rmSync(outside, { recursive: true })
}
