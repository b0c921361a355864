import { BUDGETS, budgetTable, callList, costOf, measureBudget } from './bench/budget-report.ts'
import { beforeAll, describe, expect, it } from 'vitest'

// Needs `npm run build`. The calls of each function: `node test/bench/budget.ts --verbose`, or BUDGET_VERBOSE=1 here.
let reports: ReturnType<typeof measureBudget>

beforeAll(async () => {
  reports = measureBudget()
  if (process.env['BUDGET_VERBOSE']) console.log(reports.map(callList).join('\n\n'))
  console.log(await budgetTable(reports))
})

describe('the budget of one request', () => {
  it('is measured for every scenario', () => {
    expect(reports.map(({ scenario }) => scenario)).toEqual(Object.keys(BUDGETS))
  })

  it.each(Object.entries(BUDGETS))('is kept: %s', (name, budget) => {
    const report = reports.find(({ scenario }) => scenario === name)
    const { calls, files } = costOf(report ?? { scenario: name, functions: [] })
    expect(calls).toBeGreaterThan(0)
    expect(calls, 'calls of our functions').toBeLessThanOrEqual(budget.calls)
    expect(files, 'files that they are in').toBeLessThanOrEqual(budget.files)
  })
})
