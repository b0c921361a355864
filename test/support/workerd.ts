import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker } from './bundle-worker.ts'

/** A workerd with a KV namespace, a D1 database and the class SessionObject (twice), all empty. */
export async function startWorkerd(): Promise<Miniflare> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-workerd-'))
  const script = await bundleWorker('test/workers/stores.ts', folder)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await readFile(script, 'utf8'),
      compatibilityDate: '2026-10-20',
      kvNamespaces: ['KV'],
      d1Databases: ['D1'],
      durableObjects: {
        SESSIONS: { className: 'SessionObject', useSQLite: true },
        OPEN_SESSIONS: { className: 'OpenSessionObject', useSQLite: true },
      },
    }),
  )
  await miniflare.ready
  await rm(folder, { recursive: true, force: true })
  return miniflare
}
