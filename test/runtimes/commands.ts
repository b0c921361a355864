import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

type Command = readonly string[]

/** Bun, as a command; undefined where npm has not installed its program. */
export function bun(): Command | undefined {
  return versionOf('node_modules/.bin/bun') === undefined ? undefined : ['node_modules/.bin/bun']
}

/** Deno, as a command that reads node_modules as npm has left it, and has Deno KV. */
export function deno(): Command | undefined {
  const program = 'node_modules/.bin/deno'
  if (versionOf(program) === undefined) return undefined
  return [program, 'run', '--allow-all', '--unstable-kv', '--node-modules-dir=manual']
}

/** The oldest Node that the package promises to run on: the system's, since npm's is a newer one. */
export function node20(): Command | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter)
  const program = path
    .map((folder) => join(folder, 'node'))
    .find((file) => versionOf(file)?.startsWith('v20.'))
  return program === undefined ? undefined : [program]
}

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}
