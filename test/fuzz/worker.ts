import { Buffer } from 'node:buffer'
import { parentPort, workerData } from 'node:worker_threads'

import { corpusOf, keep, load, startOf } from './corpus.ts'
import type { TargetName } from './corpus.ts'
import { startCoverage } from './coverage.ts'
import { MUTATIONS } from './mutations.ts'

/** What a run is told. */
export interface Order {
  readonly name: TargetName
  readonly milliseconds: number
  /** Where inputs go that reach new code. */
  readonly found: string
  /** The length of the current input, then its bytes: what is left of a thread that hangs. */
  readonly current: SharedArrayBuffer
}

/** What a run reports at its end. */
export interface Report {
  readonly runs: number
  readonly found: number
  readonly crash: { readonly path: string; readonly reason: string } | undefined
}

const LONGEST_MUTATION = 2048
/** Inputs between two looks at the coverage, which is slow to take. */
const BATCH = 32

const { name, milliseconds, found, current } = workerData as Order
const length = new Uint32Array(current, 0, 1)
const bytes = new Uint8Array(current, 4)
const { fuzz } = await load(name)

const done: Report = await run()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(done)

async function run(): Promise<Report> {
  const inputs: Uint8Array[] = await startOf(name, [corpusOf(name), found])
  const coverage = startCoverage()
  const start = inputs.length
  const end = Date.now() + milliseconds
  let runs = 0
  const report = (crash?: Report['crash']): Report => ({
    runs,
    found: inputs.length - start,
    crash,
  })

  for (const data of inputs) {
    const reason = await reasonAgainst(data)
    runs++
    if (reason !== undefined) return report(await keepCrash(data))
  }
  coverage.add()

  while (Date.now() < end) {
    const batch = Array.from({ length: BATCH }, () => mutate(inputs))
    for (const data of batch) {
      const reason = await reasonAgainst(data)
      runs++
      if (reason !== undefined) return report(await keepCrash(data))
    }
    if (!coverage.isNew()) continue
    for (const data of batch) {
      await fuzz(data)
      if (!coverage.add()) continue
      inputs.push(data)
      keep(found, 'found', data)
    }
  }
  return report()
}

/** Why an input fails; undefined if it does not. */
async function reasonAgainst(data: Uint8Array): Promise<string | undefined> {
  length[0] = data.length
  bytes.set(data)
  try {
    await fuzz(data)
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

async function keepCrash(data: Uint8Array): Promise<Report['crash']> {
  const smallest = await shrink(data)
  const reason = (await reasonAgainst(smallest)) ?? 'it failed once, and not again'
  return { path: keep(corpusOf(name), 'crash', smallest), reason }
}

/** Leaves out part after part, as long as the input fails. */
async function shrink(data: Uint8Array): Promise<Uint8Array> {
  let smallest: Uint8Array = data
  for (let size = Math.ceil(data.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length;) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      if ((await reasonAgainst(shorter)) === undefined) at += size
      else smallest = shorter
    }
  }
  return smallest
}

function mutate(inputs: readonly Uint8Array[]): Uint8Array {
  let data: Uint8Array = pick(inputs)
  for (let count = 1 + below(4); count > 0; count--) {
    const choices = {
      at: below(2 ** 16),
      length: below(2 ** below(7)),
      byte: below(256),
      other: pick(inputs),
    }
    data = pick(MUTATIONS)(data, choices)
  }
  return data.subarray(0, LONGEST_MUTATION)
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

function pick<T>(list: readonly T[]): T {
  return list[below(list.length)] as T
}
