import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

const filesOf = (folder: string, extension: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith(extension))

const modules = filesOf('src', '.ts').map((file) => file.replace(/\.ts$/, ''))
const adapters = filesOf('adapters', '.ts').map((file) => file.replace(/\.ts$/, ''))
/** The files of src/, from the bottom up: each imports only from rows above its own. */
const LAYERS = [
  [
    'cookie-header',
    'environment',
    'errors',
    'lifetime',
    'maybe-promise',
    'native-buffer',
    'random-bytes',
    'relative-time',
    'request-outcome',
    'set-cookie',
    'utf8',
  ],
  [
    'base64url',
    'json-value',
    'cookie-rules',
    'request-traits',
    'response-headers',
    'secrets',
    'storage-per-environment',
    'xchacha20poly1305',
  ],
  ['timeout', 'token'],
  ['plain', 'seal', 'session-values', 'signed'],
  ['foreign-cookie', 'value-schema'],
  ['session-control'],
  ['session', 'session-cookie'],
  ['commit-times', 'record-codec'],
  ['session-engine'],
  ['cookie-backend'],
  ['default-engine', 'session-storage'],
  ['session-store'],
  ['sql-store'],
  modules.filter((module) => module.startsWith('storage/')),
  ['debug-line'],
  ['request-commit', 'under-way'],
  ['request-session'],
  ['index'],
  ['testing/client-cookie', 'testing/interleave', 'testing/store-suite'],
  ['testing/store-contract', 'testing/store-races'],
  ['testing/store-conformance'],
  ['testing'],
  ['cli/refusal'],
  ['cli/cookie-text', 'cli/open-token'],
  ['cli/inspect'],
  ['cli/report'],
  ['cli/run'],
  ['cli/main'],
]
/** What a module may import of Node; the rest, the core among it, imports nothing of any runtime. */
const NODE_MODULES: readonly [files: RegExp, modules: readonly string[]][] = [
  [/^testing(\/|$)/, ['node:assert/strict']],
  [/^cli\//, ['node:crypto', 'node:module', 'node:stream/consumers', 'node:util']],
]

const readme = readFileSync('README.md', 'utf8')

function importsOf(file: string): string[] {
  // The examples in docstrings import published names.
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(/(?:from|import) '([^']+)'/g)].map(([, name = '']) => name)
}

const nodeModulesFor = (module: string): readonly string[] =>
  NODE_MODULES.find(([files]) => files.test(module))?.[1] ?? []

const layerOf = (module: string): number => LAYERS.findIndex((row) => row.includes(module))

describe('the layout', () => {
  it('has every file of src/ in one layer', () => {
    expect(LAYERS.flat().toSorted()).toEqual(modules.toSorted())
  })

  it.each(modules)('lets src/%s.ts import only from the layers below', (module) => {
    for (const name of importsOf(`src/${module}.ts`)) {
      if (name.startsWith('node:')) {
        expect(nodeModulesFor(module), `${module} imports ${name}`).toContain(name)
        continue
      }
      if (!name.startsWith('.')) {
        expect(Object.keys(packageJson.dependencies)).toContain(packageOf(name))
        continue
      }
      const target = join('src', module, '..', name).replace(/^src\/(.*)\.ts$/, '$1')
      expect(layerOf(target), `${module} imports ${target}`).toBeLessThan(layerOf(module))
    }
  })

  it.each(adapters)('lets adapters/%s.ts import only src/index.ts and its router', (adapter) => {
    for (const name of importsOf(`adapters/${adapter}.ts`)) {
      const peers = Object.keys(packageJson.peerDependencies)
      expect(['../src/index.ts', ...peers]).toContain(name.startsWith('.') ? name : packageOf(name))
    }
  })

  it('exports every adapter, every back end and the testing helpers under the name of the file, and nothing else', () => {
    const expected = {
      '.': './dist/src/index.js',
      ...Object.fromEntries(adapters.map((name) => [`./${name}`, `./dist/adapters/${name}.js`])),
      ...Object.fromEntries(
        modules
          .filter((name) => name.startsWith('storage/') || name === 'testing')
          .map((name) => [`./${name}`, `./dist/src/${name}.js`]),
      ),
      './package.json': './package.json',
    }
    expect(packageJson.exports).toEqual(expected)
  })

  it('has a row in the README for every adapter, back end, dependency and error', () => {
    const rows = [
      ...Object.keys(packageJson.exports).filter((name) => /^\.\/(?!package)/.test(name)),
      ...Object.keys(packageJson.dependencies),
      ...[...readFileSync('src/errors.ts', 'utf8').matchAll(/'(ERR_\w+)'/g)].map(
        ([, code]) => code,
      ),
    ].map((name = '') => `| \`${name.replace(/^\./, 'fetch-sessions')}\` |`)
    const text = readme.replaceAll(/ +\|/g, ' |') // the columns are aligned
    expect(rows.filter((row) => !text.includes(row))).toEqual([])
  })

  it('has a test that runs the conformance suite for every adapter and back end', () => {
    for (const adapter of adapters) {
      expect(readFileSync(`test/adapters/${adapter}.test.ts`, 'utf8')).toMatch(
        /^adapterConformance\(/m,
      )
    }
    for (const name of modules.filter((module) => module.startsWith('storage/'))) {
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

describe('the emitted types', () => {
  it.each(filesOf('dist', '.d.ts'))('have no `any` in %s', (file) => {
    const code = readFileSync(join('dist', file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    expect(code).not.toMatch(/\bany\b/)
  })
})

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
