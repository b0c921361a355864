import { execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The nodes that the package promises to run on and this machine has: the one of the tests, and the system's. */
export function nodes(): [version: string, path: string][] {
  const system = systemNode()
  const others: [string, string][] = system === undefined ? [] : [[system.version, system.path]]
  return [[process.version, process.execPath], ...others]
}

export interface NodeBinary {
  readonly version: string
  readonly path: string
}

/** The machine's own Node, beside the one that npm scripts put first on the PATH. */
export function systemNode(): NodeBinary | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const folder of folders.filter((part) => !part.includes('node_modules'))) {
    const found = nodeAt(join(folder, 'node'))
    if (found !== undefined) return found
  }
  return undefined
}

/** The Node of a path, where one answers. */
export function nodeAt(path: string): NodeBinary | undefined {
  try {
    return { version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path }
  } catch {
    return undefined
  }
}
