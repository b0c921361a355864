import autocannon from 'autocannon'

import { toCookie } from '../support/client.ts'
import { ROUTES } from './subject.ts'

export const CONNECTIONS = 20

export interface Load {
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p99: number
}

/** Reads, writes and commits at a server over many connections, each with a session of its own. */
export async function loadServer(origin: string, seconds: number): Promise<Load> {
  const cookies = await Promise.all(Array.from({ length: CONNECTIONS }, () => start(origin)))
  const { requests, latency, errors, non2xx } = await autocannon({
    url: origin + ROUTES.count,
    connections: CONNECTIONS,
    duration: seconds,
    setupClient(client) {
      const cookie = cookies.pop()
      if (cookie !== undefined) client.setHeaders({ cookie })
    },
  })
  if (errors + non2xx > 0) throw new Error(`${origin}: ${errors} errors, ${non2xx} refusals.`)
  return { requestsPerSecond: requests.average, p99: latency.p99 }
}

/** The Cookie header of a new session; without a session, one that says nothing, of about the same length. */
async function start(origin: string): Promise<string> {
  const response = await fetch(origin + ROUTES.start)
  await response.arrayBuffer()
  return toCookie(response.headers.getSetCookie().at(-1)) || `__session=${'x'.repeat(400)}`
}

/**
 * A visitor's counter, over HTTP.
 *
 * @throws Error where it does not count
 */
export async function proveServer(origin: string): Promise<void> {
  let cookie = await start(origin)
  const answers: string[] = []
  for (let visit = 0; visit < 2; visit++) {
    const response = await fetch(origin + ROUTES.count, { headers: { cookie } })
    answers.push(await response.text())
    cookie = toCookie(response.headers.getSetCookie().at(-1)) || cookie
  }
  if (answers.join() !== '1,2') throw new Error(`${origin} counted ${answers.join()}.`)
}
