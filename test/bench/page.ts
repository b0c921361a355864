import { readFileSync, writeFileSync } from 'node:fs'

import { publishedRequestsTable } from './requests-table.ts'
import type { RequestsResults } from './requests-results.ts'
import { serverTable } from './server-results.ts'
import type { ServerResults } from './server-results.ts'
import type { Conditions } from './results.ts'
import { publishedScaleReport } from './scale-results.ts'
import type { ScaleResults } from './scale-results.ts'
import { formatMarkdown } from './tables.ts'
import { publishedWorkersTable } from './workers-results.ts'
import type { WorkersResults } from './workers-results.ts'

const PAGE = 'docs/benchmarks.md'

/** The parts of the page that committed results make: each stands between two comments with its name. */
export async function requestsPart(results: RequestsResults): Promise<string> {
  const versions = versionsOf(results.rows.flatMap((row) => row.versions))
  return formatMarkdown(`${await publishedRequestsTable(results)}\n${line(results, versions)}`)
}

export async function serverPart(results: ServerResults): Promise<string> {
  const versions = versionsOf(results.server)
  return formatMarkdown(`${await serverTable(results)}\n${line(results, versions)}`)
}

export async function workersPart(results: WorkersResults): Promise<string> {
  const versions = versionsOf([results.runtime, ...results.rows.flatMap((row) => row.versions)])
  return formatMarkdown(`${await publishedWorkersTable(results)}\n${line(results, versions)}`)
}

export async function scalePart(results: ScaleResults): Promise<string> {
  const { date, node, machine } = results.conditions
  const measured = `Measured on ${date} with Node ${node} on ${machine}.`
  return formatMarkdown(`${await publishedScaleReport(results)}\n\n${measured}`)
}

function line({ conditions }: { conditions: Conditions }, versions: string): string {
  const { date, node, machine } = conditions
  return `Measured on ${date} with Node ${node} on ${machine}: ${versions}.`
}

function versionsOf(versions: readonly string[]): string {
  const peers = versions.filter((version) => !version.startsWith('fetch-sessions '))
  return [...new Set(peers)].join(', ')
}

const bounds = (name: string): [string, string] => [
  `<!-- results of ${name} -->\n\n`,
  `\n<!-- end of results -->`,
]

/** What the page says now. */
export function readPart(name: string, page = readFileSync(PAGE, 'utf8')): string {
  const [start, end] = bounds(name)
  const from = page.indexOf(start)
  const to = page.indexOf(end, from + start.length)
  if (from === -1 || to === -1) throw new Error(`${PAGE} has no results of ${name}.`)
  return page.slice(from + start.length, to)
}

export function writePart(name: string, text: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const [start] = bounds(name)
  // A function, because `$` means something in a replacement text.
  writeFileSync(
    PAGE,
    page.replace(start + readPart(name, page), () => start + text),
  )
}
