import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import packageJson from '../../package.json' with { type: 'json' }

/**
 * Installs the packed package below `folder`, with its dependencies, its peers and `others` beside it. Needs `npm run build`.
 *
 * @returns the paths of the files in it
 */
export function installPackage(folder: string, others: readonly string[] = []): string[] {
  const modules = join(folder, 'node_modules')
  const files = unpackPackage(join(modules, 'fetch-sessions'))
  const { dependencies, peerDependencies } = packageJson
  for (const name of [dependencies, peerDependencies].flatMap(Object.keys).concat(others)) {
    mkdirSync(join(modules, name, '..'), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(modules, name))
  }
  return files
}

/**
 * Packs the package as npm would publish it and unpacks it into an empty `folder`. Needs `npm run build`.
 *
 * @returns the paths of the files in it
 */
export function unpackPackage(folder: string): string[] {
  const outside = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))
  try {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', outside]
    const [report] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' })) as {
      filename: string
      files: { path: string }[]
    }[]
    if (report === undefined) throw new Error('npm packed nothing')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const tarball = join(outside, report.filename)
    execFileSync('tar', ['xzf', tarball, '-C', folder, '--strip-components=1'])
    return report.files.map(({ path }) => path)
  } finally {
    rmSync(outside, { recursive: true })
  }
}
