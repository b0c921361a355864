import type { ChildProcess } from 'node:child_process'

import { buildForNode } from './build.ts'
import { CONNECTIONS, loadServer, proveServer } from './load.ts'
import type { Load } from './load.ts'
import { ask, readOptions, startProcess } from './node-process.ts'
import type { BenchOptions } from './node-process.ts'
import { serverPart, writePart } from './page.ts'
import { conditionsOf, versionOf, writeResults } from './results.ts'
import type { ServerResults, ServerRow } from './server-results.ts'
import { serverRow, serverTable } from './server-results.ts'
import type { ServerTask } from './server-process.ts'
import { loadSubject, ON_HONO } from './subjects.ts'

const ROUNDS = 5
const SECONDS = 4
/** Of a server that was idle for a round V8 has let go of compiled code. */
const WARMUP_SECONDS = 3

interface Contender {
  readonly id: string
  readonly name: string
  readonly versions: readonly string[]
  readonly origin: string
  readonly loads: Load[]
  readonly process: ChildProcess
}

async function startContender(
  id: string,
  side: ServerTask['side'],
  { node }: BenchOptions,
): Promise<Contender> {
  const child = startProcess('server-process', node)
  const port = await ask<number>(child, { id, side } satisfies ServerTask)
  const origin = `http://127.0.0.1:${port}`
  const { name, packages } = await loadSubject(id)
  const server = { origin, loads: [], process: child }
  if (side === 'floor') return { ...server, id: 'floor', name: 'no sessions, Hono', versions: [] }
  await proveServer(origin)
  return { ...server, id, name, versions: packages.map(versionOf) }
}

/** The servers take turns, each round straight after the one without sessions; the others are idle then. */
async function run(options: BenchOptions): Promise<ServerRow[]> {
  const seconds = options.quick ? 1 : SECONDS
  const ids = ON_HONO.filter((id) => options.only.length === 0 || options.only.includes(id))
  const floor = await startContender('json-cookie', 'floor', options)
  const contenders: Contender[] = [floor]
  try {
    for (const id of ids) contenders.push(await startContender(id, 'subject', options))
    for (let round = 0; round < (options.quick ? 1 : ROUNDS); round++) {
      for (const { origin, loads } of contenders) {
        if (!options.quick) await loadServer(origin, WARMUP_SECONDS)
        loads.push(await loadServer(origin, seconds))
        process.stderr.write('.')
      }
    }
  } finally {
    for (const { process: child } of contenders) if (child.connected) child.disconnect()
  }
  return contenders.map(({ id, name, versions, loads }) =>
    serverRow({ id, name, versions }, loads, floor.loads),
  )
}

const options = readOptions()
console.log(
  `Read, write and commit on ${CONNECTIONS} connections to @hono/node-server, on Node ${options.node.version}.`,
)
await buildForNode('server-process')
const rows = await run(options)
const results: ServerResults = {
  conditions: conditionsOf(options.node.version),
  server: [versionOf('@hono/node-server'), versionOf('autocannon')],
  rows,
}
console.log(`\n\n${await serverTable(results)}`)
console.log(writeResults('server.json', JSON.stringify(results, null, 2) + '\n', options))
if (options.publish) writePart('npm run bench:server', await serverPart(results))
