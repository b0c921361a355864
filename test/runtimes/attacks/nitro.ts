import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { freePort } from '../../support/free-port.ts'
import { installPackage } from '../../support/packed-package.ts'
import { startServer } from '../server-process.ts'
import type { RunningServer } from '../server-process.ts'

/** Starts Nitro, and says so in the words that startServer waits for. */
const START = `
  const [, , port] = process.argv
  process.env.NITRO_PORT = port
  process.env.NITRO_HOST = '127.0.0.1'
  await import('./.output/server/index.mjs')
  while (!(await fetch('http://127.0.0.1:' + port).catch(() => undefined))) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  console.log('port ' + port)`

/**
 * Builds a Nitro application of these files for Node, with the packed package, and serves it.
 *
 * @param folder an empty folder
 */
export async function startNitro(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  for (const [name, text] of Object.entries({ ...files, 'start.mjs': START })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  installPackage(folder)
  symlinkSync(resolve('node_modules/nitro'), join(folder, 'node_modules/nitro'))
  const nitro = resolve('node_modules/nitro/dist/cli/index.mjs')
  execFileSync(process.execPath, [nitro, 'build'], { cwd: folder, stdio: 'pipe' })
  return startServer([process.execPath, join(folder, 'start.mjs')], String(await freePort()))
}

/** The configuration of an application for Node. */
export const NITRO_CONFIG = `export default {
  serverDir: './',
  preset: 'node-server',
  compatibilityDate: '2026-10-20',
}`
