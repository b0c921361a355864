import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killed } from '../support/engine.ts'
import { root } from '../shop/build.ts'
import { addressIn } from '../shop/node-server.ts'
import type { RunningShop } from '../shop/scenarios.ts'

const program = join(root, 'node_modules/wrangler/bin/wrangler.js')

/** Opens the shop as `npm start` does, with bindings of its own and all of its stores empty. */
export async function openWranglerDev(
  variables: Readonly<Record<string, string>>,
): Promise<RunningShop> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-wrangler-'))
  // Port 0 is any that is free.
  const options = ['--port', '0', '--inspector-port', '0', '--persist-to', folder]
  const bindings = Object.entries(variables).flatMap((pair) => ['--var', pair.join(':')])
  const server = spawn(process.execPath, [program, 'dev', ...options, ...bindings], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
    },
  })
  const errors = collect(server)
  const url = await addressIn(server.stdout, /Ready on (http:\S+)/)
  if (url === undefined) throw new Error(`wrangler dev ended before it was ready: ${errors()}`)
  // A pipe that nobody reads fills up, and then the server waits.
  server.stdout.resume()
  return {
    url,
    async stop() {
      await killed(server, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function collect({ stderr }: ChildProcess): () => string {
  let text = ''
  stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return () => text
}
