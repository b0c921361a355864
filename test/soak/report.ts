import type { Model } from './model.ts'

/** A loaded machine may miss a timeout once in a while; what fails more often is broken. */
const MOST_FAILURES = 0.01

/** What is wrong, each with the history of the session. */
export function failures(models: readonly Model[]): string[] {
  return models.flatMap(({ traits, totals, violations }) => {
    const found = violations.map(
      ({ backEnd, what, history }) => `${backEnd}: ${what}\n  ${history.join('\n  ')}`,
    )
    const { requests, failedInOutages, failedOtherwise, oldCookies } = totals
    // To try an old cookie asks for little.
    if (failedOtherwise > (requests - oldCookies) * MOST_FAILURES) {
      found.push(`${traits.name}: ${failedOtherwise} requests failed though its engine was up`)
    }
    if (requests - failedInOutages - failedOtherwise === 0) {
      found.push(`${traits.name}: no request was answered`)
    }
    return found
  })
}

/** A row for each back end, in Markdown. */
export function reportTable(
  models: readonly Model[],
  restartsOf: (backEnd: string) => number,
): string {
  const rows = models.map(({ traits: { name }, totals, known, violations }) => [
    name,
    totals.requests,
    known.sessions,
    known.ended,
    totals.oldCookies,
    restartsOf(name),
    totals.failedInOutages,
    totals.failedOtherwise,
    violations.length,
  ])
  const head = [
    'back end',
    'requests',
    'sessions',
    'ended',
    'old cookies tried',
    'restarts',
    'failed in outages',
    'failed otherwise',
    'violations',
  ]
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
