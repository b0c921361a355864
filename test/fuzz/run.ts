/*
 * `npm run fuzz`: fuzzes each target for its share of an hour. Inputs that reach new code are mutated further.
 *
 *   --seconds <n>     the time for all targets together
 *   --target <name>   one target alone
 *   --input <file>    with --target: replays one input
 *   --keep            with what a run has found: adds to the corpus what reaches code that no kept input reaches
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import { corpusOf, keep, load, readInputs } from './corpus.ts'
import type { TargetName } from './corpus.ts'
import { startCoverage } from './coverage.ts'
import { TARGETS } from './target.ts'
import type { Order, Report } from './worker.ts'

const HOUR = 3600
/** No input takes a tenth of this. */
const HANGS_AFTER = 20_000
/** A kept input may be longer than those that the fuzzer makes. */
const LONGEST_INPUT = 1 << 16
/** Instead of a length, as long as no input has run. */
const NOTHING_YET = 2 ** 32 - 1

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: String(HOUR) },
    target: { type: 'string' },
    input: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const names = TARGETS.filter((name) => values.target === undefined || values.target === name)
const seconds = Number(values.seconds) / names.length
if (names.length === 0)
  throw new Error(`there is no target ${values.target}, but ${TARGETS.join(', ')}`)
if (!(seconds > 0)) throw new Error(`--seconds is ${values.seconds}; write a number above 0`)

for (const name of names) {
  if (values.input !== undefined) await replay(name, values.input)
  else if (values.keep) await keepFound(name)
  else await fuzz(name)
}

async function replay(name: TargetName, path: string): Promise<void> {
  const target = await load(name)
  await target.fuzz(readFileSync(path))
  console.log(`${path}: every invariant holds`)
}

function foundBy(name: TargetName): string {
  return join('.fuzz', name)
}

async function fuzz(name: TargetName): Promise<void> {
  const current = new SharedArrayBuffer(4 + LONGEST_INPUT)
  const order: Order = { name, milliseconds: seconds * 1000, found: foundBy(name), current }
  const { runs, found, crash } = await runOf(order)
  console.log(
    `${name}: ${runs} inputs in ${Math.round(seconds)} s, ${found} of them reach new code`,
  )
  if (crash === undefined) return
  process.exitCode = 1
  console.error(
    `\n${crash.reason}\n\nThe input is kept in ${crash.path}, so \`npm test\` runs it from now on. To replay it alone:\n` +
      `  npm run fuzz -- --target ${name} --input ${crash.path}\n`,
  )
}

/** Runs in a thread of its own, so that what hangs or uses up the memory is found too. */
async function runOf(order: Order): Promise<Report> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: order })
  const { current } = order
  new Uint32Array(current).fill(NOTHING_YET, 0, 1)
  let watch: NodeJS.Timeout | undefined
  const report = await new Promise<Report>((resolve, reject) => {
    const fail = (kind: 'crash' | 'timeout', error: Error): void => {
      const [length = 0] = new Uint32Array(current)
      if (length === NOTHING_YET) return reject(error)
      const path = keep(corpusOf(order.name), kind, new Uint8Array(current, 4).slice(0, length))
      resolve({ runs: 0, found: 0, crash: { path, reason: error.stack ?? error.message } })
    }
    let before = ''
    watch = setInterval(() => {
      const now = Buffer.from(current).toString('latin1')
      if (now === before) fail('timeout', new Error(`it takes more than ${HANGS_AFTER / 1000} s`))
      before = now
    }, HANGS_AFTER)
    worker.on('message', resolve)
    worker.on('error', (error) => fail('crash', error as Error))
  })
  clearInterval(watch)
  await worker.terminate()
  return report
}

/** Shorter inputs come first, so that few bytes are kept. */
async function keepFound(name: TargetName): Promise<void> {
  const { fuzz: runOnce, seeds } = await load(name)
  const coverage = startCoverage()
  const known = [...(await seeds()), ...readInputs(corpusOf(name)).map(([, data]) => data)]
  for (const data of known) await runOnce(data)
  coverage.add()
  const found = readInputs(foundBy(name)).map(([, data]) => data)
  for (const data of found.toSorted((a, b) => a.length - b.length)) {
    await runOnce(data)
    if (coverage.add()) console.log(`kept ${keep(corpusOf(name), 'found', data)}`)
  }
}
