import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { toCookie } from '../support/client.ts'
import { ORIGIN } from './scenarios.ts'
import type { App } from './subject.ts'

// Counts the calls of the package's functions while one request is served, by the built package, and prints them as
// JSON. A program of its own, because V8 counts only what it compiles after the counting has begun.

/**
 * A function of the package, and how often V8 entered it. An async function is entered again after each `await`, and the
 * fields of a class are a function of their own, `<instance_members_initializer>`.
 */
export interface FunctionCalls {
  /** Within `dist/`. */
  readonly file: string
  readonly line: number
  /** Empty for an anonymous function. */
  readonly name: string
  readonly calls: number
}

export interface BudgetReport {
  readonly scenario: string
  readonly functions: readonly FunctionCalls[]
}

/** So many that whatever is made once, is made. */
const WARM_UP_REQUESTS = 2_000
/** The one with the most calls is reported. */
const MEASURED_REQUESTS = 10

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const profiler = new Session()
profiler.connect()
await profiler.post('Profiler.enable')
await profiler.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

// After the counting has begun.
const { Hono } = await import('hono')
const { createCookieSessionStorage, createMemorySessionStorage } = await import('fetch-sessions')
const { session } = await import('fetch-sessions/hono')

interface Values {
  visits: number
}

const cookie = { secrets: ['a secret for the budget of a request'] }
const inCookie = createApp(session({ storage: createCookieSessionStorage<Values>({ cookie }) }))
const inMemory = createApp(session({ storage: createMemorySessionStorage<Values>({ cookie }) }))

const reports: BudgetReport[] = [
  await measure('cookie storage, untouched', inCookie, '/untouched'),
  await measure('cookie storage, read + write + commit', inCookie, '/visit'),
  await measure('memory storage, read + write + commit', inMemory, '/visit'),
]
console.log(JSON.stringify(reports))

function createApp(middleware: ReturnType<typeof session<Values>>): App {
  return new Hono()
    .use(middleware)
    .get('/untouched', (c) => c.text('ok'))
    .get('/visit', (c) => {
      const visits = (c.var.session.get('visits') ?? 0) + 1
      c.var.session.set('visits', visits)
      return c.text(String(visits))
    })
}

async function measure(scenario: string, app: App, path: string): Promise<BudgetReport> {
  let sent = ''
  async function visit(target: string): Promise<void> {
    const headers = sent === '' ? {} : { cookie: sent }
    const response = await app.fetch(new Request(ORIGIN + target, { headers }))
    sent = toCookie(response.headers.getSetCookie()[0]) || sent
  }

  await visit('/visit') // begins the session
  const begun = sent
  for (let count = 0; count < WARM_UP_REQUESTS; count++) await visit(path)
  const found: FunctionCalls[][] = []
  for (let count = 0; count < MEASURED_REQUESTS; count++) {
    await takeCalls() // sets the counts to 0
    await visit(path)
    found.push(await takeCalls())
  }
  await prove(scenario, app, path, begun, sent)
  const [functions = []] = found.toSorted((one, other) => sumOf(other) - sumOf(one))
  return { scenario, functions }
}

/** Proves that the requests did what the scenario says: the session went on, and `/visit` has saved each time. */
async function prove(
  scenario: string,
  app: App,
  path: string,
  begun: string,
  sent: string,
): Promise<void> {
  const response = await app.fetch(new Request(`${ORIGIN}/visit`, { headers: { cookie: sent } }))
  const saved = path === '/visit' ? WARM_UP_REQUESTS + MEASURED_REQUESTS : 0
  const visits = await response.text()
  if (begun === '' || visits !== String(saved + 2)) {
    throw new Error(`${scenario}: the session has counted ${visits} visits, not ${saved + 2}.`)
  }
}

/** What was called since the last time. */
async function takeCalls(): Promise<FunctionCalls[]> {
  const { result } = await profiler.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url }) => url.startsWith('file:') && fileURLToPath(url).startsWith(DIST))
    .flatMap(({ url, functions }) =>
      functions.map(({ functionName, ranges }) => {
        const [{ startOffset = 0, count = 0 } = {}] = ranges
        return { url, name: functionName, startOffset, count }
      }),
    )
    .filter(({ count }) => count > 0)
    .map(({ url, name, startOffset, count }) => {
      const path = fileURLToPath(url)
      return { file: relative(DIST, path), line: lineAt(path, startOffset), name, calls: count }
    })
}

function sumOf(functions: readonly FunctionCalls[]): number {
  return functions.reduce((total, { calls }) => total + calls, 0)
}

function lineAt(path: string, offset: number): number {
  return readFileSync(path, 'utf8').slice(0, offset).split('\n').length
}
