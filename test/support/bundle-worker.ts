import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Bundles a Worker the way that a deployment would, and gives the path of the script. Needs `npm run build`. */
export async function bundleWorker(entry: string, folder: string): Promise<string> {
  const args = ['deploy', entry, '--dry-run', '--outdir', folder, '--name', 'test']
  const env = {
    ...process.env,
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_LOG: 'error',
  }
  const date = ['--compatibility-date', '2026-10-20']
  await promisify(execFile)('node_modules/.bin/wrangler', [...args, ...date], { env })
  return join(folder, `${entry.split('/').at(-1)?.replace(/\.ts$/, '')}.js`)
}
