import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
