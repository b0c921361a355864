import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { nodes } from './support/nodes.ts'
import { installPackage } from './support/packed-package.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))
let packed: string[]

// The tarball as npm would publish it, with its dependencies beside it. Needs `npm run build`.
beforeAll(() => {
  packed = installPackage(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(command: string, args: string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8' })
}

/** One application of each router that has a sub-path of its own. */
const ROUTERS: Record<string, string> = {
  hono: `{
    const { Hono } = await import('hono')
    const app = new Hono().use(modules['./hono'].session({ storage }))
    apps.push(app.get('/', (c) => visit(c.var.session)).fetch)
  }`,
  '@remix-run/fetch-router': `{
    const { createRouter } = await import('@remix-run/fetch-router')
    const router = createRouter({ middleware: [modules['./fetch-router'].session({ storage })] })
    router.get('/', ({ session }) => visit(session))
    apps.push((request) => router.fetch(request))
  }`,
  h3: `{
    const { H3 } = await import('h3')
    const app = new H3().use(modules['./h3'].session({ storage }))
    apps.push(app.get('/', (event) => visit(event.context.session)).fetch)
  }`,
  elysia: `{
    const { Elysia } = await import('elysia')
    const app = new Elysia().use(modules['./elysia'].session({ storage }))
    apps.push(app.get('/', ({ session }) => visit(session)).fetch)
  }`,
  'react-router': `{
    const router = await import('react-router')
    const key = router.createContext()
    const middleware = [modules['./react-router'].session({ storage, key })]
    const loader = ({ context }) => visit(context.get(key))
    const handler = router.createStaticHandler([{ id: 'root', path: '/', middleware, loader }])
    apps.push((request) => handler.queryRoute(request, {
      requestContext: new router.RouterContextProvider(),
      generateMiddlewareResponse: (query) => query(request),
    }))
  }`,
}

/** Exports whatever the package makes, with inferred types: tsc has to find a name for each in its declarations. */
const APPLICATION = `
  import { createRouter } from '@remix-run/fetch-router'
  import { Elysia } from 'elysia'
  import { createCookieSessionStorage, createMemorySessionStorage, createSession, createSessionRunner, createSessionStorage, createStoreSessionStorage } from 'fetch-sessions'
  import * as elysia from 'fetch-sessions/elysia'
  import * as fetch from 'fetch-sessions/fetch'
  import * as fetchRouter from 'fetch-sessions/fetch-router'
  import * as h3 from 'fetch-sessions/h3'
  import * as hono from 'fetch-sessions/hono'
  import * as reactRouter from 'fetch-sessions/react-router'
  import { createD1SessionStorage, createD1Store, type D1DatabaseLike } from 'fetch-sessions/storage/d1'
  import { createDenoKvSessionStorage, createDenoKvStore, type DenoKvLike } from 'fetch-sessions/storage/deno-kv'
  import { createDurableObjectSessionStorage, SessionObject, type DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'
  import { createKVSessionStorage, createKVStore, type KVNamespaceLike } from 'fetch-sessions/storage/kv'
  import { createMemoryStore } from 'fetch-sessions/storage/memory'
  import { createMySQLSessionStorage, createMySQLStore } from 'fetch-sessions/storage/mysql'
  import { createPostgresSessionStorage, createPostgresStore } from 'fetch-sessions/storage/postgres'
  import { createRedisSessionStorage, createRedisStore } from 'fetch-sessions/storage/redis'
  import { createSQLiteSessionStorage, createSQLiteStore } from 'fetch-sessions/storage/sqlite'
  import { createUnstorageSessionStorage, createUnstorageStore } from 'fetch-sessions/storage/unstorage'
  import { readSession, sessionCookie } from 'fetch-sessions/testing'
  import { Hono } from 'hono'
  import { createContext } from 'react-router'

  type Data = { userId: string }
  declare const env: { D1: D1DatabaseLike; DENO_KV: DenoKvLike; KV: KVNamespaceLike; OBJECTS: DurableObjectNamespaceLike }
  declare const redis: { sendCommand(command: string[]): Promise<unknown> }
  declare const mysql: { execute(statement: unknown, parameters: unknown[]): Promise<[unknown, unknown]> }
  declare const pool: { query(text: string, parameters: unknown[]): Promise<{ rows: unknown[] }> }
  declare const sqlite: { prepare(sql: string): { all(...parameters: unknown[]): unknown[] } }
  declare const kept: { getItem(key: string): Promise<unknown>; setItem(key: string, value: unknown): Promise<void>; removeItem(key: string): Promise<void> }

  export const storage = createCookieSessionStorage<Data>()
  export const memory = createMemorySessionStorage<Data>({ maxRecords: 10 })
  export const stores = [createMemoryStore(10), createD1Store({ database: env.D1 }), createDenoKvStore(env.DENO_KV), createKVStore(env.KV), createMySQLStore({ client: mysql }), createPostgresStore({ client: pool }), createRedisStore(redis), createSQLiteStore({ database: sqlite }), createUnstorageStore(kept)]
  export const over = createStoreSessionStorage(createMemoryStore(10))
  export const strategy = createSessionStorage<Data>({ createData: async () => '1', readData: async () => null, updateData: async () => {}, deleteData: async () => {} })
  export const backEnds = {
    d1: createD1SessionStorage({ database: env.D1 }),
    denoKv: createDenoKvSessionStorage({ kv: env.DENO_KV }),
    kv: createKVSessionStorage({ kv: env.KV }),
    mysql: createMySQLSessionStorage({ client: mysql }),
    objects: createDurableObjectSessionStorage({ namespace: env.OBJECTS }),
    postgres: createPostgresSessionStorage({ client: pool }),
    redis: createRedisSessionStorage({ client: redis }),
    sqlite: createSQLiteSessionStorage({ database: sqlite }),
    unstorage: createUnstorageSessionStorage({ storage: kept }),
  }
  export class OwnObject extends SessionObject {}
  export const session = createSession({ n: 1 })
  export const value = session.get('n')
  export const current = await storage.getSession()
  export const run = createSessionRunner({ storage })
  export const handler = fetch.withSession((_, current) => new Response(current.get('userId')), { storage })
  export const onHono = new Hono().use(hono.session({ storage }))
  export const ofHono = hono.getSession
  export const onElysia = new Elysia().use(elysia.session({ storage, key: 'visitor' }))
  export const plugin = elysia.session({ storage })
  export const onH3 = h3.session({ storage })
  export const onFetchRouter = createRouter({ middleware: [fetchRouter.session({ storage })] })
  export const middleware = reactRouter.session({ key: createContext<typeof current>(), storage })
  export const cookie = sessionCookie(storage, { userId: 'ada' })
  export const read = (response: Response) => readSession(storage, response)
`

interface Installation {
  version: string
  node: string
  routers: string[]
  /** The routers that do not run on this Node themselves, for the name of the test. */
  without: string
}

/** Each Node, with the routers that say they run on it. */
function installations(): Installation[] {
  return nodes().map(([version, node]) => {
    const routers = Object.keys(ROUTERS).filter((name) => runsOn(version, name))
    const others = Object.keys(ROUTERS).filter((name) => !routers.includes(name))
    const without = others.length === 0 ? '' : `, without ${others.join()}, which needs a newer one`
    return { version, node, routers, without }
  })
}

function runsOn(version: string, router: string): boolean {
  const { engines } = JSON.parse(
    readFileSync(join('node_modules', router, 'package.json'), 'utf8'),
  ) as { engines?: { node?: string } }
  const least = /^>=\s*([\d.]+)/.exec(engines?.node ?? '')?.[1] ?? '0'
  return version.slice(1).localeCompare(least, 'en', { numeric: true }) >= 0
}

describe('the sources', () => {
  it('run as they are, by type stripping', () => {
    const script = `import(process.argv[1]).then((module) => console.log(Object.keys(module).length))`
    for (const file of ['src/index.ts', 'adapters/hono.ts', 'src/storage/postgres.ts']) {
      const exported = run(process.execPath, ['-e', script, resolve(file)], '.')
      expect(Number(exported)).toBeGreaterThan(0)
    }
  })
})

describe('the package', () => {
  it('holds what is needed and nothing else', () => {
    const others = packed.filter((path) => !/^dist\/.*\.(js|d\.ts)$|^docs\/.*\.md$/.test(path))
    const charts = ['dark', 'light'].map((scheme) => `test/bench/results/requests-${scheme}.svg`)
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docs/public/request.svg',
      'package.json',
      ...charts,
    ])
  })

  it('holds what its README and its API pages link to', () => {
    for (const page of packed.filter((path) => path.endsWith('.md'))) {
      const text = readFileSync(page, 'utf8')
      const links = text.matchAll(/\]\(([^)#\s]+)|(?:src|srcset|href)="([^"#]+)"/g)
      const paths = [...links]
        .map(([, link, source]) => link ?? source ?? '')
        .filter((link) => !/^[a-z]+:/.test(link))
      expect(packed, page).toEqual(
        expect.arrayContaining(paths.map((path) => join(page, '..', path))),
      )
    }
  })

  it.each(nodes())('has a command that runs on Node %s', (_, node) => {
    const program = join(folder, 'node_modules/fetch-sessions', packageJson.bin['fetch-sessions'])
    expect(run(node, [program, '--version']).trim()).toBe(packageJson.version)
  })

  it('names all that the declarations of an application need', () => {
    writeFileSync(join(folder, 'app.ts'), APPLICATION)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      types: [],
      skipLibCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: 'types',
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['app.ts'] }),
    )
    const { stdout, status } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', '.'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([stdout, status]).toEqual(['', 0])
    expect(existsSync(join(folder, 'types/app.d.ts'))).toBe(true)
  })

  it.each(installations())(
    'runs on Node $version, by every sub-path$without',
    ({ node, routers }) => {
      const subpaths = Object.keys(packageJson.exports).filter((name) => !name.endsWith('.json'))
      const script = `
      const modules = {}
      for (const name of ${JSON.stringify(subpaths)}) {
        modules[name] = await import(name.replace('.', 'fetch-sessions'))
      }
      const visit = (session) => {
        const visits = (session.get('visits') ?? 0) + 1
        session.set('visits', visits)
        return new Response(String(visits))
      }
      const storage = modules['./storage/memory'].createMemorySessionStorage({
        cookie: { secrets: ['a secret that is long enough'] },
      })
      const apps = [modules['./fetch'].withSession((_, session) => visit(session), { storage })]
      ${routers.map((name) => ROUTERS[name]).join('\n')}
      const bodies = []
      let cookie = ''
      for (const fetch of apps) {
        const response = await fetch(new Request('https://app.example/', { headers: { cookie } }))
        cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
        bodies.push(await response.text())
      }
      console.log(bodies.join())
    `
      writeFileSync(join(folder, 'smoke.mjs'), script)
      const visits = [1, ...routers.map((_, index) => index + 2)]
      expect(run(node, ['smoke.mjs']).trim()).toBe(visits.join())
    },
  )
})
