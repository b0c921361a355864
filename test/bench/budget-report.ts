import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { BudgetReport, FunctionCalls } from './budget-process.ts'
import { formatTable } from './tables.ts'

/** The most that one request may cost: calls of the package's functions, and the files they are in. */
export interface Budget {
  readonly calls: number
  readonly files: number
}

export const BUDGETS: Readonly<Record<string, Budget>> = {
  'cookie storage, untouched': { calls: 40, files: 8 },
  'cookie storage, read + write + commit': { calls: 120, files: 16 },
  'memory storage, read + write + commit': { calls: 120, files: 16 },
}

/** Needs `npm run build`, and a Node that strips types. */
export function measureBudget(): BudgetReport[] {
  const program = fileURLToPath(new URL('budget-process.ts', import.meta.url))
  const { PATH } = process.env
  const output = execFileSync(process.execPath, [program], {
    encoding: 'utf8',
    env: { PATH, NODE_ENV: 'production' }, // no DEBUG, which would add the calls of a debug line
  })
  return JSON.parse(output) as BudgetReport[]
}

export function costOf({ functions }: BudgetReport): Budget {
  return { calls: sum(functions), files: new Set(functions.map(({ file }) => file)).size }
}

export function isWithin(cost: Budget, budget: Budget): boolean {
  return cost.calls <= budget.calls && cost.files <= budget.files
}

export function budgetTable(reports: readonly BudgetReport[]): Promise<string> {
  const rows = reports.map((report) => {
    const { calls, files } = costOf(report)
    const budget = BUDGETS[report.scenario]
    return [report.scenario, calls, budget?.calls ?? '', files, budget?.files ?? ''].map(String)
  })
  return formatTable([['one request', 'calls', 'at most', 'files', 'at most'], ...rows])
}

/** Every function that was called, under its file; the files and functions with the most calls first. */
export function callList({ scenario, functions }: BudgetReport): string {
  const parts = [...new Set(functions.map(({ file }) => file))]
    .map((file) => ({ file, called: functions.filter((one) => one.file === file) }))
    .toSorted((one, other) => sum(other.called) - sum(one.called))
    .flatMap(({ file, called }) => [
      `${String(sum(called)).padStart(5)}  ${file}`,
      ...called.toSorted((one, other) => other.calls - one.calls).map(callLine),
    ])
  return [scenario, ...parts].join('\n')
}

function callLine({ calls, name, line }: FunctionCalls): string {
  return `${String(calls).padStart(9)}  ${name || '(anonymous)'}:${line}`
}

function sum(functions: readonly FunctionCalls[]): number {
  return functions.reduce((total, { calls }) => total + calls, 0)
}
