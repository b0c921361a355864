import { FULL_EFFORT, preparePairs, QUICK_EFFORT } from './measure.ts'
import type { Pair, PairMeasurement } from './measure.ts'
import { MODES } from './modes.ts'
import type { Mode } from './modes.ts'
import { prove } from './proofs.ts'
import { createRequestSource, SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import type { Subject } from './subject.ts'
import { loadSubject } from './subjects.ts'
import type { RequestsReport, SubjectPairs } from './requests-results.ts'

/** What this process is asked for. It answers with a {@link RequestsReport}. */
export interface RequestsTask {
  readonly id: string
  readonly rounds: number
  readonly quick: boolean
}

process.once('message', async (task: RequestsTask) => {
  const subject = await loadSubject(task.id)
  console.error = () => {} // @hono/session prints every cookie that it refuses; a log's cost is not measured
  await prove(subject)
  const { name, packages } = subject
  const report: RequestsReport = { name, packages, pairs: await measureSubject(subject, task) }
  process.send?.(report, () => process.disconnect())
})

interface PreparedCell {
  readonly scenario: Scenario
  readonly mode: Mode
  readonly measure: PairMeasurement
}

/** The scenarios take turns, so that a slow moment of the machine falls on all of them. */
async function measureSubject(
  subject: Subject,
  { rounds, quick }: RequestsTask,
): Promise<SubjectPairs> {
  // One of each for all scenarios, as an application has it.
  const [floor, app] = [subject.createFloor(), subject.create()]
  const effort = quick ? QUICK_EFFORT : FULL_EFFORT
  const cells: PreparedCell[] = []
  const scenarios = subject.scenarios ?? SCENARIOS
  for (const scenario of scenarios) {
    const source = await createRequestSource(app, scenario)
    for (const mode of Object.keys(MODES) as Mode[]) {
      const measure = await preparePairs(floor, app, source, MODES[mode], effort)
      cells.push({ scenario, mode, measure })
    }
  }
  const pairs = Object.fromEntries(scenarios.map((scenario) => [scenario, emptyPairs()]))
  for (let round = 0; round < rounds; round++) {
    for (const { scenario, mode, measure } of cells) {
      pairs[scenario]?.[mode].push(await measure(round % 2 === 0))
    }
  }
  return pairs
}

function emptyPairs(): Record<Mode, Pair[]> {
  return { sequential: [], inFlight: [] }
}
