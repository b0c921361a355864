import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { createCookieSessionStorage } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

const filesOf = (folder: string, extension: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith(extension))

const modules = filesOf('src', '.ts').map((file) => file.replace(/\.ts$/, ''))
const adapters = filesOf('adapters', '.ts').map((file) => file.replace(/\.ts$/, ''))
/** The folders of src/, from the bottom up: a file imports from its own folder and from those before it. */
const FOLDERS = [
  'util',
  'token',
  'cookie',
  'session',
  'engine',
  'storage',
  'request',
  'index',
  'testing',
  'cli',
]
/** The files of storage/ that are no back end. */
const NO_BACK_ENDS = [
  'storage/expiry-queue',
  'storage/redis-client',
  'storage/redis-index',
  'storage/session-object',
  'storage/sql-store',
]
/** The published files of storage/ that are no back end either. */
const STORAGE_HELPERS = ['storage/purge']
const backEnds = modules.filter(
  (module) =>
    module.startsWith('storage/') && ![...NO_BACK_ENDS, ...STORAGE_HELPERS].includes(module),
)
/** What a module may import of Node; the rest, the core among it, imports nothing of any runtime. */
const NODE_MODULES: readonly [files: RegExp, modules: readonly string[]][] = [
  [/^testing(\/|$)/, ['node:assert/strict']],
  [
    /^cli\//,
    ['node:crypto', 'node:module', 'node:path', 'node:stream/consumers', 'node:url', 'node:util'],
  ],
]

/** The rows of all tables of a page, cell by cell. */
function rowsOf(page: string): string[][] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\|(.*)\|$/gm)
  return [...rows]
    .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
    .filter(([first = '']) => !/^:?-+:?$/.test(first))
}

function importsOf(file: string): string[] {
  // The examples in docstrings import published names.
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(/(?:from|import) '([^']+)'/g)].map(([, name = '']) => name)
}

const nodeModulesFor = (module: string): readonly string[] =>
  NODE_MODULES.find(([files]) => files.test(module))?.[1] ?? []

const folderOf = (module: string): string => module.split('/')[0] ?? ''
const rankOf = (module: string): number => FOLDERS.indexOf(folderOf(module))

/** The modules of src/ that a module imports. */
function internalImportsOf(module: string): string[] {
  return importsOf(`src/${module}.ts`)
    .filter((name) => name.startsWith('.'))
    .map((name) => join('src', module, '..', name).replace(/^src\/(.*)\.ts$/, '$1'))
}

/** The longest chain of imports that starts at a node; throws at a cycle. */
function depthOf(
  node: string,
  importsFrom: (node: string) => readonly string[],
  path: readonly string[] = [],
): number {
  if (path.includes(node)) throw new Error(`imports go in a circle: ${[...path, node].join(' > ')}`)
  const depths = importsFrom(node).map((next) => depthOf(next, importsFrom, [...path, node]))
  return 1 + Math.max(0, ...depths)
}

describe('the layout', () => {
  it('has every file of src/ in one of the folders', () => {
    expect([...new Set(modules.map(folderOf))].toSorted()).toEqual(FOLDERS.toSorted())
  })

  it('has at most 20 folders on at most 9 levels of imports', () => {
    const foldersBelow = (folder: string): string[] => {
      const imported = modules.filter((module) => folderOf(module) === folder)
      const names = imported.flatMap(internalImportsOf).map(folderOf)
      return [...new Set(names)].filter((name) => name !== folder)
    }
    expect(FOLDERS.length).toBeLessThanOrEqual(20)
    expect(Math.max(...FOLDERS.map((folder) => depthOf(folder, foldersBelow)))).toBeLessThan(10)
  })

  it('has no circle of imports inside a folder', () => {
    const besideIt = (module: string): string[] =>
      internalImportsOf(module).filter((name) => folderOf(name) === folderOf(module))
    for (const module of modules) expect(() => depthOf(module, besideIt)).not.toThrow()
  })

  it.each(modules)('lets src/%s.ts import only from its own folder and those below', (module) => {
    for (const name of importsOf(`src/${module}.ts`)) {
      if (name.startsWith('node:')) {
        expect(nodeModulesFor(module), `${module} imports ${name}`).toContain(name)
      } else if (!name.startsWith('.')) {
        expect(Object.keys(packageJson.dependencies)).toContain(packageOf(name))
      }
    }
    for (const target of internalImportsOf(module)) {
      expect(rankOf(target), `${module} imports ${target}`).toBeLessThanOrEqual(rankOf(module))
    }
  })

  it.each(adapters)('lets adapters/%s.ts import only src/index.ts and its router', (adapter) => {
    for (const name of importsOf(`adapters/${adapter}.ts`)) {
      const peers = Object.keys(packageJson.peerDependencies)
      expect(['../src/index.ts', ...peers]).toContain(name.startsWith('.') ? name : packageOf(name))
    }
  })

  it('exports every adapter, every back end and the helpers under the name of the file, and nothing else', () => {
    const expected = {
      '.': './dist/src/index.js',
      ...Object.fromEntries(adapters.map((name) => [`./${name}`, `./dist/adapters/${name}.js`])),
      ...Object.fromEntries(
        [...backEnds, ...STORAGE_HELPERS].map((name) => [`./${name}`, `./dist/src/${name}.js`]),
      ),
      './testing': './dist/src/testing/index.js',
      './package.json': './package.json',
    }
    expect(packageJson.exports).toEqual(expected)
  })

  it('has a row for every adapter, back end, helper, error and dependency', () => {
    const published = Object.keys(packageJson.exports)
      .filter((name) => /^\.\/(?!package)/.test(name))
      .map((name) => name.replace(/^\./, 'fetch-sessions'))
    const isStorage = (name: string): boolean => name.startsWith('fetch-sessions/storage/')
    const isHelper = (name: string): boolean => name === 'fetch-sessions/testing'
    const errors = readFileSync('src/util/errors.ts', 'utf8').matchAll(/'(ERR_\w+)'/g)
    const expected = {
      'README.md': Object.keys(packageJson.dependencies),
      'docs/guide/routers.md': published.filter((name) => !isStorage(name) && !isHelper(name)),
      'docs/guide/storages.md': published.filter(isStorage),
      'docs/guide/testing.md': published.filter(isHelper),
      'docs/guide/options.md': [...new Set([...errors].map(([, code = '']) => code))],
    }
    for (const [page, names] of Object.entries(expected)) {
      expect(names.length, page).toBeGreaterThan(0)
      const first = rowsOf(page).map(([cell]) => cell)
      expect(names.filter((name) => !first.includes(`\`${name}\``))).toEqual([])
    }
  })

  it('has a row for the costs of every back end', () => {
    const rows = rowsOf('docs/guide/storages.md')
    const costs = rows.filter((cells) => cells.length === 7).map(([name]) => name)
    expect(new Set(costs).size).toBe(1 + backEnds.length) // with the head of the table
  })

  it('has a test that runs the conformance suite for every adapter and back end', () => {
    for (const adapter of adapters) {
      expect(readFileSync(`test/adapters/${adapter}.test.ts`, 'utf8')).toMatch(
        /^adapterConformance\(/m,
      )
    }
    for (const name of backEnds) {
      expect(readFileSync(`test/${name}.test.ts`, 'utf8')).toMatch(/^\s*stor(age|e)Conformance\(/m)
    }
  })

  it('lets examples import only published names', () => {
    for (const file of filesOf('examples', '.ts')) {
      const names = importsOf(join('examples', file)).filter((name) => name.startsWith('.'))
      for (const name of names) expect(join('examples', file, '..', name)).toMatch(/^examples\//)
    }
  })

  it('says `export *` nowhere', () => {
    for (const file of [
      ...modules.map((m) => `src/${m}.ts`),
      ...adapters.map((a) => `adapters/${a}.ts`),
    ]) {
      expect(readFileSync(file, 'utf8')).not.toMatch(/export \*/)
    }
  })
})

describe('CONTRIBUTING.md', () => {
  const contributing = readFileSync('CONTRIBUTING.md', 'utf8')
  const section = (heading: string): string =>
    contributing.split(`## ${heading}\n`)[1]?.split(/^## /m)[0] ?? ''
  const steps = (heading: string): string[] =>
    [...section(heading).matchAll(/^\d\. \*\*(.+?)\*\*/gm)].map(([, step = '']) => step)
  /** The files that a section names, for a back end or an adapter. */
  const filesFor = (heading: string, name: string): string[] =>
    [...section(heading).matchAll(/`((?:src|adapters|docs|test)\/[^`]+)`/g)].map(([, file = '']) =>
      file.replace('<name>', name),
    )

  it('maps every folder, those of src/ from the bottom up', () => {
    const mapped = rowsOf('CONTRIBUTING.md')
      .map(([cell = '']) => /^`([\w./-]+\/|src\/index\.ts)`$/.exec(cell)?.[1])
      .filter((folder) => folder !== undefined)
    const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n')
    const folders = tracked.map((file) => /^(\w[^/]*\/)./.exec(file)?.[1]).filter(Boolean)
    const rooms = FOLDERS.map((folder) => (folder === 'index' ? 'src/index.ts' : `src/${folder}/`))
    expect(mapped.filter((folder) => !folder.startsWith('src/') || folder === 'src/')).toEqual(
      [...new Set(folders)].toSorted(),
    )
    expect(mapped.filter((folder) => /^src\/./.test(folder))).toEqual(rooms)
  })

  it.each(['Add a back end', 'Add an adapter'])('asks for four things: %s', (heading) => {
    expect(steps(heading)).toEqual([
      'One source file',
      'One line in `exports`',
      'One row in the docs',
      'One test file',
    ])
  })

  it('names files that every back end and every adapter has', () => {
    const files = [
      ...backEnds.flatMap((name) => filesFor('Add a back end', name.replace('storage/', ''))),
      ...adapters.flatMap((name) => filesFor('Add an adapter', name)),
    ]
    expect(files.length).toBeGreaterThan(50)
    expect(files.filter((file) => !existsSync(file))).toEqual([])
  })

  it('has lines for `exports` as they are', () => {
    const lineFor = (heading: string, name: string): string =>
      (/^.*`exports`.*`("[^`]+")`/m.exec(section(heading))?.[1] ?? '').replaceAll('<name>', name)
    const text = readFileSync('package.json', 'utf8')
    for (const name of backEnds) {
      const line = lineFor('Add a back end', name.replace('storage/', ''))
      expect(line).toContain(name)
      expect(text).toContain(line)
    }
    for (const name of adapters) {
      const line = lineFor('Add an adapter', name)
      expect(line).toContain(name)
      expect(text).toContain(line)
    }
  })

  it('fits on two pages', () => {
    expect(contributing.trimEnd().split('\n').length).toBeLessThanOrEqual(130)
  })
})

describe('the secret for development', () => {
  const secretIn = (file: string): string | undefined =>
    /^SESSION_SECRET=(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]

  it('is in .dev.vars, which wrangler alone reads, and not in .env, which Bun loads in production', () => {
    expect(secretIn('.env')).toBeUndefined()
    vi.stubEnv('NODE_ENV', 'production')
    const create = () => createCookieSessionStorage({ cookie: { secrets: secretIn('.dev.vars') } })
    expect(create).toThrow('is an example that everybody can read')
  })
})

describe('the emitted types', () => {
  /** What an untyped session holds, as the contract has it. */
  const UNTYPED = /interface SessionData \{\s*\[name: string\]: any;?\s*\}/

  it.each(filesOf('dist', '.d.ts'))('have no `any` in %s but in SessionData', (file) => {
    const code = readFileSync(join('dist', file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    expect(code.replace(UNTYPED, '')).not.toMatch(/\bany\b/)
  })
})

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
