import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { storeConformance } from 'fetch-sessions/testing'
import { brokenStores, goodStore } from '../support/broken-stores.ts'
import { collectTests } from '../support/collect-tests.ts'
import { skipLoudly } from '../support/engine.ts'
import { nodes } from '../support/nodes.ts'
import { bun } from '../runtimes/commands.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Runner {
  readonly name: string
  /** Where `describe` and `it` come from. */
  readonly module: string
  readonly command: string
  readonly args: readonly string[]
  /** How its report says how many have passed. */
  readonly passed: RegExp
}

const runners: Runner[] = [
  ...nodes().map(([version, command]) => ({
    name: `node:test of Node ${version}`,
    module: 'node:test',
    command,
    args: ['--test', '--test-reporter', 'tap'],
    passed: /^# pass (\d+)$/m,
  })),
  ...(bun() ?? []).map((command) => ({
    name: 'bun:test',
    module: 'bun:test',
    command: resolve(command),
    // Five seconds are too few on a machine that is busy.
    args: ['test', '--timeout', '60000'],
    passed: /^ *(\d+) pass$/m,
  })),
  {
    name: 'vitest',
    module: 'vitest',
    command: process.execPath,
    args: [
      resolve('node_modules/vitest/vitest.mjs'),
      'run',
      '--root',
      '.',
      '--testTimeout',
      '60000',
    ],
    passed: /Tests .*?(\d+) passed/,
  },
]

if (bun() === undefined) skipLoudly('the suite for stores on bun:test', 'npm rebuild bun')

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-runners-'))

// The suite as it is published, in an application of its own. Needs `npm run build`.
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'))
  for (const [name, target] of [
    ['fetch-sessions', '.'],
    ['vitest', 'node_modules/vitest'],
  ] as const) {
    symlinkSync(resolve(target), join(folder, 'node_modules', name))
  }
  for (const name of ['broken-stores', 'race-names', 'store-with']) {
    const code = stripTypeScriptTypes(readFileSync(`test/support/${name}.ts`, 'utf8'))
    writeFileSync(join(folder, `${name}.mjs`), code.replaceAll(/'(\.\/[\w-]+)\.ts'/g, "'$1.mjs'"))
  }
  for (const { name, module } of runners) {
    const test = `
      import { storeConformance } from 'fetch-sessions/testing'
      import { describe, it } from '${module}'
      import { brokenStores, goodStore } from './broken-stores.mjs'

      const create = brokenStores[process.env.STORE]?.create ?? goodStore
      storeConformance(create, { describe, it })
    `
    writeFileSync(join(folder, fileFor(name)), test)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const fileFor = (runner: string): string => `${runner.replaceAll(/[^\w.]/g, '-')}.test.mjs`

function run(
  { name, command, args }: Runner,
  store: string,
): { status: number | null; report: string } {
  const env = { ...process.env, STORE: store, NO_COLOR: '1', CI: '', FORCE_COLOR: undefined }
  // They would take themselves for parts of this run.
  const inherited = Object.fromEntries(
    Object.entries(env).filter(([key]) => !/^(VITEST|NODE_|TEST$)/.test(key)),
  )
  const { status, stdout, stderr } = spawnSync(command, [...args, fileFor(name)], {
    cwd: folder,
    encoding: 'utf8',
    env: inherited,
  })
  return { status, report: stdout + stderr }
}

describe.each(runners)('storeConformance with $name', { timeout: 120_000 }, (runner) => {
  it('passes a store that keeps every promise', () => {
    const { status, report } = run(runner, 'good')
    const all = collectTests((collector) => storeConformance(goodStore, collector)).length
    expect(Number(runner.passed.exec(report)?.[1]), report).toBe(all)
    expect(status).toBe(0)
  })

  it.each(['never compares', 'never expires', 'throws on deleting what is absent'])(
    'fails for a store that %s',
    (store) => {
      const { status, report } = run(runner, store)
      expect(status, report).toBe(1)
      for (const name of brokenStores[store]?.fails ?? ['no such store']) {
        expect(report).toMatch(new RegExp(`(not ok \\d+ - |\\(fail\\).*|FAIL .*)${name}`))
      }
    },
  )
})
