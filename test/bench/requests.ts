import { buildForNode } from './build.ts'
import { requestsChart, THEMES } from './chart.ts'
import type { Theme } from './chart.ts'
import { ask, readOptions, startProcess } from './node-process.ts'
import type { BenchOptions } from './node-process.ts'
import type { RequestsTask } from './requests-process.ts'
import { summarise } from './requests-results.ts'
import type { RequestsReport, RequestsResults } from './requests-results.ts'
import { floorLine, requestsTable } from './requests-table.ts'
import { requestsPart, writePart } from './page.ts'
import { conditionsOf, writeResults } from './results.ts'
import { IN_PROCESS } from './subjects.ts'

/** Each pass starts all processes anew: what a process makes of its code differs from start to start. */
const PASSES = 3
const ROUNDS = 12

async function run(options: BenchOptions): Promise<RequestsResults> {
  const { node, quick } = options
  const ids = IN_PROCESS.filter((id) => options.only.length === 0 || options.only.includes(id))
  const reports = new Map<string, RequestsReport[]>(ids.map((id) => [id, []]))
  for (let pass = 0; pass < (quick ? 1 : PASSES); pass++) {
    for (const [id, found] of reports) {
      const task: RequestsTask = { id, rounds: quick ? 1 : ROUNDS, quick }
      found.push(await ask(startProcess('requests-process', node), task))
      process.stderr.write('.')
    }
  }
  process.stderr.write('\n')
  const rows = [...reports].map(([id, found]) => summarise(id, found))
  return { conditions: conditionsOf(node.version), rows }
}

const options = readOptions()
if (options.quick) console.log('A smoke run: the figures mean nothing.')
console.log(
  `What a request costs, on Node ${options.node.version}, in times of its router's floor.`,
)
await buildForNode('requests-process')
const results = await run(options)
console.log(`\nOne after the other:\n\n${await requestsTable(results, 'sequential')}`)
console.log(`32 in flight:\n\n${await requestsTable(results, 'inFlight')}`)
console.log(floorLine(results.rows))
console.log(writeResults('requests.json', JSON.stringify(results, null, 2) + '\n', options))
for (const theme of Object.keys(THEMES) as Theme[]) {
  const chart = await requestsChart(results, theme)
  console.log(writeResults(`requests-${theme}.svg`, chart, options))
}
if (options.publish) writePart('npm run bench', await requestsPart(results))
