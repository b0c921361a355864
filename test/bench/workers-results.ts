import { times } from './requests-table.ts'
import type { Conditions } from './results.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import type { Spread } from './statistics.ts'
import { formatTable } from './tables.ts'

/** What `npm run bench:workers` finds. */
export interface WorkersResults {
  readonly conditions: Conditions
  /** The runtime, with its version. */
  readonly runtime: string
  readonly rows: readonly WorkersRow[]
}

export interface WorkersRow {
  readonly id: string
  readonly name: string
  readonly versions: readonly string[]
  readonly ratios: Readonly<Record<Scenario, Spread>>
}

/** The table on the screen: medians, and between which values the middle half lies. */
export function workersTable(results: WorkersResults): Promise<string> {
  return table(
    results,
    ({ median, lower, upper }) => `${times(median)} (${times(lower)} to ${times(upper)})`,
  )
}

/** The table in docs/benchmarks.md: medians alone. */
export function publishedWorkersTable(results: WorkersResults): Promise<string> {
  return table(results, ({ median }) => times(median))
}

function table({ rows }: WorkersResults, print: (ratio: Spread) => string): Promise<string> {
  const body = rows.map(({ name, ratios }) => [
    name,
    ...SCENARIOS.map((scenario) => print(ratios[scenario])),
  ])
  return formatTable([['', ...SCENARIOS], ...body])
}
