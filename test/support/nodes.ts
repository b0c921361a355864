import { execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The nodes that the package promises to run on and this machine has: the one of the tests, and the system's. */
export function nodes(): [version: string, path: string][] {
  const system = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((part) => !part.includes('node_modules'))
    .map((part) => join(part, 'node'))
    .flatMap((path): [string, string][] => {
      try {
        return [[execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path]]
      } catch {
        return []
      }
    })
  return [[process.version, process.execPath], ...system.slice(0, 1)]
}
