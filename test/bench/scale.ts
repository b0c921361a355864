import { readOptions } from './node-process.ts'
import { scalePart, writePart } from './page.ts'
import { conditionsOf, writeResults } from './results.ts'
import { measureHeap } from './scale-heap.ts'
import { measurePayloads } from './scale-payload.ts'
import { measureRecords } from './scale-records.ts'
import { scaleReport } from './scale-results.ts'
import type { ScaleResults } from './scale-results.ts'

// node:sqlite is of Node 22 and newer, so this runs on the Node of the tools, whatever --node says.
const options = readOptions()
const { quick } = options
console.log(`How the cost of a request grows, on Node ${process.version}.\n`)

const results: ScaleResults = {
  conditions: conditionsOf(process.version),
  records: await measureRecords(quick ? [100, 1000] : [1000, 100_000, 1_000_000], quick),
  heap: await measureHeap(quick ? 2000 : 1_000_000),
  payloads: await measurePayloads([100, 200, 500, 1000, 2000, 2950], quick),
}
console.log(await scaleReport(results))
console.log(writeResults('scale.json', JSON.stringify(results, null, 2) + '\n', options))
if (options.publish) writePart('npm run bench:scale', await scalePart(results))
