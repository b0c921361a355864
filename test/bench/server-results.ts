import type { Load } from './load.ts'
import type { Conditions } from './results.ts'
import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'
import { formatTable } from './tables.ts'

/** What `npm run bench:server` finds. */
export interface ServerResults {
  readonly conditions: Conditions
  /** The server and what loads it, with versions. */
  readonly server: readonly string[]
  readonly rows: readonly ServerRow[]
}

export interface ServerRow {
  readonly id: string
  readonly name: string
  readonly versions: readonly string[]
  readonly requestsPerSecond: Spread
  /** Of what the server without sessions reaches in the same round, in percent. */
  readonly percent: Spread
  /** Milliseconds. */
  readonly p99: Spread
}

export function serverRow(
  contender: Pick<ServerRow, 'id' | 'name' | 'versions'>,
  loads: readonly Load[],
  floor: readonly Load[],
): ServerRow {
  const rates = loads.map(({ requestsPerSecond }) => requestsPerSecond)
  const percents = rates.map((rate, round) => {
    return (100 * rate) / (floor[round]?.requestsPerSecond ?? Number.NaN)
  })
  return {
    ...contender,
    requestsPerSecond: spreadOf(rates),
    percent: spreadOf(percents),
    p99: spreadOf(loads.map(({ p99 }) => p99)),
  }
}

export function serverTable({ rows }: ServerResults): Promise<string> {
  const body = rows.map(({ name, requestsPerSecond, percent, p99 }) => [
    name,
    requestsPerSecond.median.toLocaleString('en'),
    `${percent.median.toFixed(0)} %`,
    `${p99.median} ms`,
  ])
  return formatTable([['', 'requests a second', 'of no sessions', 'p99'], ...body])
}
