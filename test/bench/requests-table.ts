import type { Mode } from './modes.ts'
import type { Cell, RequestsResults, RequestsRow } from './requests-results.ts'
import { SCENARIOS } from './scenarios.ts'
import { formatTable } from './tables.ts'

/** The table on the screen: medians of the ratios, and between which values the middle half of them lies. */
export function requestsTable(results: RequestsResults, mode: Mode): Promise<string> {
  return table(results, mode, ({ ratio }) =>
    [`${times(ratio.median)}`, `(${times(ratio.lower)} to ${times(ratio.upper)})`].join(' '),
  )
}

/** The table in docs/benchmarks.md: medians alone. */
export function publishedRequestsTable(results: RequestsResults): Promise<string> {
  return table(results, 'sequential', ({ ratio }) => times(ratio.median))
}

function table(
  { rows }: RequestsResults,
  mode: Mode,
  print: (cell: Cell) => string,
): Promise<string> {
  const body = rows.map(({ name, cells }) => [
    name,
    ...SCENARIOS.map((scenario) => {
      const cell = cells[scenario]?.[mode]
      return cell === undefined ? '' : print(cell)
    }),
  ])
  return formatTable([['', ...SCENARIOS], ...body])
}

/** 1.15x, 2.8x, 37x */
export function times(ratio: number): string {
  return `${ratio < 1.995 ? ratio.toFixed(2) : ratio < 9.95 ? ratio.toFixed(1) : ratio.toFixed(0)}x`
}

/** One line on what the floors cost. */
export function floorLine(rows: readonly RequestsRow[]): string {
  const floors = rows.map(({ name, cells }) => {
    return `${cells['no cookie']?.sequential.floorMicroseconds.median} µs (${name})`
  })
  return `Floors, without cookie: ${floors.join(', ')}`
}
