import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

import { installPackage } from './support/packed-package.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'

const WRANGLER = `
name = "shop"
main = "worker.ts"
compatibility_date = "2026-10-20"
kv_namespaces = [{ binding = "KV", id = "kv" }]
d1_databases = [{ binding = "DB", database_name = "db", database_id = "db" }]
[[durable_objects.bindings]]
name = "SESSION_OBJECTS"
class_name = "SessionObject"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["SessionObject"]
`

const WORKER = `
import { createD1SessionStorage } from 'fetch-sessions/storage/d1'
import { createDurableObjectSessionStorage } from 'fetch-sessions/storage/durable-object'
import { createKVSessionStorage } from 'fetch-sessions/storage/kv'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'

export { SessionObject } from 'fetch-sessions/storage/durable-object'

export default new Hono<{ Bindings: Env }>()
  .use('/d1/*', session({ storage: (env: Env) => createD1SessionStorage({ database: env.DB }) }))
  .use('/kv/*', session({ storage: (env: Env) => createKVSessionStorage({ kv: env.KV }) }))
  .use(session({ storage: (env: Env) => createDurableObjectSessionStorage({ namespace: env.SESSION_OBJECTS }) }))
`

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))
beforeAll(() => {
  installPackage(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('has a SessionObject and bindings that the types of `wrangler types` accept, libraries checked too', () => {
  const compilerOptions = {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2024',
    lib: ['es2024'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const include = ['worker.ts', 'worker-configuration.d.ts']
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
  writeFileSync(join(folder, 'wrangler.toml'), WRANGLER)
  writeFileSync(join(folder, 'worker.ts'), WORKER)
  const env = {
    ...process.env,
    // The Node of the tests: wrangler needs 22 or newer.
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_SEND_METRICS: 'false',
  }
  const run = { cwd: folder, encoding: 'utf8', env, input: '', stdio: 'pipe' } as const
  const types = execFileSync(resolve('node_modules/.bin/wrangler'), ['types'], run)
  expect(types).toContain('SESSION_OBJECTS: DurableObjectNamespace<')
  const { stdout, status } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', '.'], run)
  expect([stdout, status]).toEqual(['', 0])
})
