import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Bundles a Worker the way that a deployment would, and gives the path of the script. Needs `npm run build`. */
export async function bundleWorker(entry: string, folder: string): Promise<string> {
  const config = ['--config', 'test/workers/wrangler.toml']
  const args = ['deploy', resolve(entry), ...config, '--dry-run', '--outdir', folder]
  const env = {
    ...process.env,
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_LOG: 'error',
  }
  await promisify(execFile)('node_modules/.bin/wrangler', args, { env })
  return join(folder, `${entry.split('/').at(-1)?.replace(/\.ts$/, '')}.js`)
}
