import { readOptions } from './node-process.ts'
import { conditionsOf, writeResults } from './results.ts'
import { measureHeap } from './scale-heap.ts'
import { measurePayloads } from './scale-payload.ts'
import { measureRecords } from './scale-records.ts'
import { formatTable } from './tables.ts'

// node:sqlite is of Node 22 and newer, so this runs on the Node of the tools, whatever --node says.
const options = readOptions()
const { quick } = options
console.log(`How the cost of a request grows, on Node ${process.version}.\n`)

const records = await measureRecords(quick ? [100, 1000] : [1000, 100_000, 1_000_000], quick)
console.log('Microseconds a request, by the number of sessions that the storage holds:\n')
console.log(
  await formatTable([
    ['storage', 'sessions', 'one read', 'read + write + commit'],
    ...records.map(({ storage, sessions, read, count }) => [
      storage,
      sessions.toLocaleString('en'),
      `${read.median} (${read.lower} to ${read.upper})`,
      `${count.median} (${count.lower} to ${count.upper})`,
    ]),
  ]),
)

const heap = await measureHeap(quick ? 2000 : 1_000_000)
console.log(
  'The heap before and after anonymous visitors, who read the session and write nothing:\n',
)
console.log(
  await formatTable([
    ['storage', 'visitors', 'before', 'after'],
    ...heap.map(({ storage, visitors, before, after }) => [
      storage,
      visitors.toLocaleString('en'),
      `${before} MB`,
      `${after} MB`,
    ]),
  ]),
)

const payloads = await measurePayloads([100, 200, 500, 1000, 2000, 2950], quick)
console.log('An encrypted cookie, by the bytes of JSON in it:\n')
console.log(
  await formatTable([
    ['bytes', 'bytes of Set-Cookie', 'one read, µs', 'read + write + commit, µs'],
    ...payloads.map(({ bytes, setCookie, read, count }) => [
      String(bytes),
      String(setCookie),
      `${read.median} (${read.lower} to ${read.upper})`,
      `${count.median} (${count.lower} to ${count.upper})`,
    ]),
  ]),
)

const results = { conditions: conditionsOf(process.version), records, heap, payloads }
console.log(writeResults('scale.json', JSON.stringify(results, null, 2) + '\n', options))
