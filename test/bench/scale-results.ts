import type { Conditions } from './results.ts'
import type { HeapRow } from './scale-heap.ts'
import type { PayloadRow } from './scale-payload.ts'
import type { RecordsRow } from './scale-records.ts'
import type { Spread } from './statistics.ts'
import { formatTable } from './tables.ts'

/** What `npm run bench:scale` finds. */
export interface ScaleResults {
  readonly conditions: Conditions
  readonly records: readonly RecordsRow[]
  readonly heap: readonly HeapRow[]
  readonly payloads: readonly PayloadRow[]
}

/** The tables on the screen: medians, and between which values the middle half lies. */
export async function scaleReport(results: ScaleResults): Promise<string> {
  const print = ({ median, lower, upper }: Spread): string => `${median} (${lower} to ${upper})`
  return [
    'Microseconds a request, by the number of sessions that the storage holds:',
    await recordsTable(results, print),
    'The heap before and after anonymous visitors, who read the session and write nothing:',
    await heapTable(results),
    'Microseconds a request with an encrypted cookie, by the bytes of JSON in it:',
    await payloadsTable(results, print),
  ].join('\n\n')
}

/** The same for docs/benchmarks.md: medians alone. */
export async function publishedScaleReport(results: ScaleResults): Promise<string> {
  const print = ({ median }: Spread): string => String(median)
  return [
    'Microseconds a request, by the number of sessions in the storage:',
    await recordsTable(results, print),
    'Microseconds a request with an encrypted cookie, by the bytes of JSON in it:',
    await payloadsTable(results, print),
    'The heap, before and after visitors who write nothing:',
    await heapTable(results),
  ].join('\n\n')
}

function recordsTable({ records }: ScaleResults, print: (time: Spread) => string): Promise<string> {
  const rows = records.map(({ storage, sessions, read, count }) => [
    storage,
    sessions.toLocaleString('en'),
    print(read),
    print(count),
  ])
  return formatTable([['storage', 'sessions', 'one read', 'read + write + commit'], ...rows])
}

function heapTable({ heap }: ScaleResults): Promise<string> {
  const rows = heap.map(({ storage, visitors, before, after }) => [
    storage,
    visitors.toLocaleString('en'),
    `${before} MB`,
    `${after} MB`,
  ])
  return formatTable([['storage', 'visitors', 'before', 'after'], ...rows])
}

function payloadsTable(
  { payloads }: ScaleResults,
  print: (time: Spread) => string,
): Promise<string> {
  const rows = payloads.map(({ bytes, setCookie, read, count }) => [
    String(bytes),
    String(setCookie),
    print(read),
    print(count),
  ])
  return formatTable([
    ['bytes', 'bytes of Set-Cookie', 'one read', 'read + write + commit'],
    ...rows,
  ])
}
