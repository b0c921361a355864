import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
      'LICENSE',
      'README.md',
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
