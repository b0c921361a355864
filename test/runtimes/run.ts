// Runs the suites on every runtime, one after the other, or on those that are named: `npm run test:runtimes -- bun deno`.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'

import { skipLoudly } from '../support/engine.ts'
import { unpackPackage } from '../support/packed-package.ts'
import { PACKAGE, reportOf, REPORTS } from './paths.ts'
import { bun, deno, node20 } from './commands.ts'

interface Run {
  /** Names the report too. */
  readonly name: string
  /** The configuration, where it has another name than the run. */
  readonly config?: string
  /** What runs Vitest, or undefined where it is not installed. */
  readonly command: readonly string[] | undefined
  /** How to get it where it is missing. */
  readonly remedy?: string
}

interface Outcome {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly isGood: boolean
}

const here = [process.execPath]

const RUNS: readonly Run[] = [
  { name: `node-${process.versions.node.split('.')[0]}`, config: 'node', command: here },
  {
    name: 'node-20',
    config: 'node',
    command: node20(),
    remedy: 'put a node of version 20 on the PATH',
  },
  { name: 'bun', command: bun(), remedy: 'npm rebuild bun' },
  { name: 'deno', command: deno(), remedy: 'npm rebuild deno' },
  { name: 'workerd', command: here },
  { name: 'workerd-without-buffer', command: here },
  { name: 'bindings', command: here },
  { name: 'servers', command: here },
  { name: 'attacks', command: here },
]

const chosen = process.argv.slice(2)
const runs = chosen.length === 0 ? RUNS : RUNS.filter(({ name }) => chosen.includes(name))
if (runs.length === 0) throw new Error(`Choose among ${RUNS.map(({ name }) => name).join(', ')}.`)

rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })
unpackPackage(PACKAGE)

const outcomes = runs.flatMap(({ name, config = name, command, remedy = '' }) => {
  if (command === undefined) {
    skipLoudly(`the suites on ${name}`, remedy)
    return []
  }
  console.log(`\n=== ${name}: ${version(command)}`)
  const args = ['run', '--config', `test/runtimes/${config}.config.ts`, '--root', '.']
  const [program = '', ...before] = command
  const { status } = spawnSync(program, [...before, 'node_modules/vitest/vitest.mjs', ...args], {
    stdio: 'inherit',
  })
  return outcomeOf(name, status)
})

console.log()
console.table(
  Object.fromEntries(
    outcomes.map(({ name, passed, failed, skipped }) => [name, { passed, failed, skipped }]),
  ),
)
const bad = outcomes.filter(({ isGood }) => !isGood).map(({ name }) => name)
if (bad.length > 0) console.error(`Failed, or ran no test: ${bad.join(', ')}`)
process.exitCode = bad.length > 0 || outcomes.length === 0 ? 1 : 0

function version([program = '']: readonly string[]): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? ''
}

function outcomeOf(name: string, status: number | null): Outcome {
  const report = readReport(reportOf(name))
  const passed = report.numPassedTests ?? 0
  return {
    name,
    passed,
    failed: report.numFailedTests ?? 0,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
    isGood: status === 0 && passed > 0,
  }
}

interface Report {
  numPassedTests?: number
  numFailedTests?: number
  numPendingTests?: number
  numTodoTests?: number
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return {} // a run that ended before it had a report, which counts as one without a test
  }
}
