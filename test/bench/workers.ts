import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

import { bundleWorker } from '../support/bundle-worker.ts'
import type { Pair } from './measure.ts'
import { readOptions } from './node-process.ts'
import { conditionsOf, versionOf, writeResults } from './results.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'
import { loadSubject } from './subjects.ts'
import type { SubjectId } from './subjects.ts'
import { workersPart, writePart } from './page.ts'
import { workersTable } from './workers-results.ts'
import type { WorkersResults, WorkersRow } from './workers-results.ts'

const IN_WORKERD: SubjectId[] = [
  'hono-sessions-cookie',
  'iron-session',
  'ours-cookie-hono',
  'ours-memory-hono',
]
const ROUNDS = 15
/** So many that the one call from outside weighs little. */
const REQUESTS = 2000

interface Call {
  subject: string
  side: keyof Pair
  scenario: Scenario
  requests: number
}

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-bench-'))
  const script = readFileSync(await bundleWorker('test/bench/worker.ts', folder), 'utf8')
  rmSync(folder, { recursive: true })
  return script
}

async function startWorker(script: string): Promise<Miniflare> {
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-10-20',
      compatibilityFlags: ['nodejs_compat'],
    }),
  )
  await worker.ready
  return worker
}

async function call(worker: Miniflare, path: string, query: Partial<Call> = {}): Promise<string> {
  const search = new URLSearchParams(query as Record<string, string>).toString()
  const response = await worker.dispatchFetch(`http://bench.example${path}?${search}`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path}?${search}: ${text}`)
  return text
}

/** Nanoseconds a request. What the call from outside costs is measured just before, and taken off. */
async function measureBlock(worker: Miniflare, block: Call): Promise<number> {
  const empty = await timeCall(worker, { ...block, requests: 0 })
  const full = await timeCall(worker, block)
  return ((full - empty) * 1e6) / block.requests
}

async function timeCall(worker: Miniflare, block: Call): Promise<number> {
  await call(worker, '/prepare', block)
  const start = performance.now()
  const done = await call(worker, '/run', block)
  const elapsed = performance.now() - start
  if (Number(done) !== block.requests) throw new Error(`${done} of ${block.requests} answered.`)
  return elapsed
}

async function measurePair(
  worker: Miniflare,
  pair: Omit<Call, 'side'>,
  floorFirst: boolean,
): Promise<Pair> {
  const measure = (side: keyof Pair): Promise<number> => measureBlock(worker, { ...pair, side })
  const before = floorFirst ? await measure('floor') : undefined
  const subject = await measure('subject')
  return { floor: before ?? (await measure('floor')), subject }
}

async function measureSubject(
  worker: Miniflare,
  subject: string,
  quick: boolean,
): Promise<Record<Scenario, Spread>> {
  await call(worker, '/prove', { subject })
  const requests = quick ? 4 : REQUESTS
  const ratios = new Map<Scenario, number[]>(SCENARIOS.map((scenario) => [scenario, []]))
  // A round before the first does not count: the code warms up.
  for (let round = 0; round <= (quick ? 1 : ROUNDS); round++) {
    for (const [scenario, found] of ratios) {
      const pair = await measurePair(worker, { subject, scenario, requests }, round % 2 === 0)
      if (round > 0) found.push(pair.subject / pair.floor)
    }
  }
  const spreads = [...ratios].map(([scenario, found]) => [scenario, spreadOf(found)])
  return Object.fromEntries(spreads) as Record<Scenario, Spread>
}

const options = readOptions()
console.log('What a request costs in workerd, in times of the same router without sessions.')
const ids = IN_WORKERD.filter((id) => options.only.length === 0 || options.only.includes(id))
const script = await bundle()
const rows: WorkersRow[] = []
for (const id of ids) {
  // One after the other: an isolate of its own for each.
  const worker = await startWorker(script)
  try {
    const { name, packages } = await loadSubject(id)
    const ratios = await measureSubject(worker, id, options.quick)
    rows.push({ id, name, versions: packages.map(versionOf), ratios })
    process.stderr.write('.')
  } finally {
    await worker.dispose()
  }
}
const results: WorkersResults = {
  conditions: conditionsOf(process.version),
  runtime: versionOf('workerd'),
  rows,
}
console.log(`\n\n${await workersTable(results)}`)
console.log(writeResults('workers.json', JSON.stringify(results, null, 2) + '\n', options))
if (options.publish) writePart('npm run bench:workers', await workersPart(results))
