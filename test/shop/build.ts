import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the package where that has not been done. Two test files may do so at once: the first to finish wins. */
export function buildPackage(): void {
  const dist = join(root, 'dist')
  if (existsSync(dist)) return
  const own = mkdtempSync(join(root, 'node_modules', '.dist-'))
  run('tsdown', '--out-dir', own)
  try {
    renameSync(own, dist)
  } catch (error) {
    rmSync(own, { recursive: true })
    if (!existsSync(dist)) throw error
  }
}

/** Bundles the Worker as `wrangler deploy` would upload it, and gives the path of the script. */
export function bundleWorker(): { script: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-shop-'))
  run('wrangler', 'deploy', '--dry-run', '--outdir', folder)
  return { script: join(folder, 'index.js'), remove: () => rmSync(folder, { recursive: true }) }
}

function run(tool: string, ...args: string[]): void {
  execFileSync(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
  })
}
