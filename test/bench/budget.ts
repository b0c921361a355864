import { parseArgs } from 'node:util'

import { BUDGETS, budgetTable, callList, costOf, isWithin, measureBudget } from './budget-report.ts'

const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } })
const reports = measureBudget()
if (values.verbose) for (const report of reports) console.log(callList(report) + '\n')
console.log(await budgetTable(reports))
const isKept = reports.every((report) => {
  const budget = BUDGETS[report.scenario]
  return budget !== undefined && isWithin(costOf(report), budget)
})
if (!isKept) process.exitCode = 1
