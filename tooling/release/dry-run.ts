// Does all that npm and JSR do before they upload. Needs no network and no account, but `npm run build`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { copyForJsr } from './jsr-copy.ts'

function run(command: string, args: readonly string[], cwd = '.'): void {
  console.log(`\n$ ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

// Without scripts, since `prepublishOnly` refuses until everything is decided.
const publish = ['publish', '--dry-run', '--offline', '--ignore-scripts', '--access', 'public']
run('npm', [...publish, '--loglevel', 'notice']) // what npm would upload, whatever level the caller has

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-jsr-'))
try {
  copyForJsr(folder)
  run(resolve('node_modules/.bin/deno'), ['publish', '--dry-run', '--allow-dirty'], folder)
} finally {
  rmSync(folder, { recursive: true })
}
