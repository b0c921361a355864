import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { systemNode } from './support/nodes.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))
const installed = join(folder, 'node_modules', 'fetch-sessions')
let packed: string[]

// The tarball as npm would publish it, with its dependencies beside it. Needs `npm run build`.
beforeAll(() => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const report = JSON.parse(run('npm', args, resolve('.'))) as {
    filename: string
    files: { path: string }[]
  }[]
  packed = report[0]?.files.map(({ path }) => path) ?? []
  mkdirSync(installed, { recursive: true })
  run('tar', [
    'xzf',
    join(folder, report[0]?.filename ?? ''),
    '-C',
    installed,
    '--strip-components=1',
  ])
  for (const name of [...Object.keys(packageJson.dependencies), 'hono', '@remix-run']) {
    const target = join(folder, 'node_modules', name)
    mkdirSync(join(target, '..'), { recursive: true })
    symlinkSync(resolve('node_modules', name), target)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(command: string, args: string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8' })
}

/** The nodes that the package promises to run on and this machine has: the one of the tests, and the system's. */
function nodes(): [version: string, path: string][] {
  const system = systemNode()
  const others: [string, string][] = system === undefined ? [] : [[system.version, system.path]]
  return [[process.version, process.execPath], ...others]
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
    const others = packed.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path))
    expect(others.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  it.each(nodes())('runs on Node %s, by every sub-path', (_, node) => {
    const subpaths = Object.keys(packageJson.exports).filter((name) => !name.endsWith('.json'))
    const script = `
      const { Hono } = await import('hono')
      const { createRouter } = await import('@remix-run/fetch-router')
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
      const hono = new Hono().use(modules['./hono'].session({ storage }))
      hono.get('/', (c) => visit(c.var.session))
      const router = createRouter({ middleware: [modules['./fetch-router'].session({ storage })] })
      router.get('/', ({ session }) => visit(session))
      const bodies = []
      let cookie = ''
      for (const app of [hono, router, hono]) {
        const response = await app.fetch(new Request('https://app.example/', { headers: { cookie } }))
        cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
        bodies.push(await response.text())
      }
      console.log(bodies.join())
    `
    writeFileSync(join(folder, 'smoke.mjs'), script)
    expect(run(node, ['smoke.mjs']).trim()).toBe('1,2,3')
  })
})
