import type { Pair } from './measure.ts'
import { MODES } from './modes.ts'
import type { Mode } from './modes.ts'
import { versionOf } from './results.ts'
import type { Conditions } from './results.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'

/** What `npm run bench` finds. */
export interface RequestsResults {
  readonly conditions: Conditions
  readonly rows: readonly RequestsRow[]
}

export interface RequestsRow {
  readonly id: string
  readonly name: string
  readonly versions: readonly string[]
  /** By scenario, of those that were measured. */
  readonly cells: Readonly<Partial<Record<Scenario, Readonly<Record<Mode, Cell>>>>>
}

/** The figures of one scenario in one mode. */
export interface Cell {
  /** How many times the floor's cost a request costs, taken pair by pair. */
  readonly ratio: Spread
  /** Microseconds a request, of the subject and of its floor. */
  readonly microseconds: Spread
  readonly floorMicroseconds: Spread
}

export type SubjectPairs = Partial<Record<Scenario, Record<Mode, Pair[]>>>

/** What a process of the benchmark reports of its subject. */
export interface RequestsReport {
  readonly name: string
  readonly packages: readonly string[]
  readonly pairs: SubjectPairs
}

/** One row from the reports of several processes. */
export function summarise(id: string, reports: readonly RequestsReport[]): RequestsRow {
  const { name = id, packages = [] } = reports[0] ?? {}
  const measured = SCENARIOS.filter((scenario) => reports[0]?.pairs[scenario] !== undefined)
  const cells = measured.map((scenario) => {
    const modes = (Object.keys(MODES) as Mode[]).map((mode) => {
      const pairs = reports.flatMap((report) => report.pairs[scenario]?.[mode] ?? [])
      return [mode, cellOf(pairs)]
    })
    return [scenario, Object.fromEntries(modes)]
  })
  return { id, name, versions: packages.map(versionOf), cells: Object.fromEntries(cells) }
}

function cellOf(pairs: readonly Pair[]): Cell {
  return {
    ratio: spreadOf(pairs.map(({ floor, subject }) => subject / floor)),
    microseconds: spreadOf(pairs.map(({ subject }) => subject / 1000)),
    floorMicroseconds: spreadOf(pairs.map(({ floor }) => floor / 1000)),
  }
}
