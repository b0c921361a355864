import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'

import { createOurHono } from './our-hono.ts'
import { ORIGIN } from './scenarios.ts'
import { round } from './statistics.ts'
import { ROUTES, SECRET } from './subject.ts'
import type { App, VisitorData } from './subject.ts'

/** Megabytes of live objects before and after so many visitors. */
export interface HeapRow {
  readonly storage: string
  readonly visitors: number
  readonly before: number
  readonly after: number
}

export async function measureHeap(visitors: number): Promise<HeapRow[]> {
  const options = { cookie: { secrets: [SECRET] } }
  return [
    await measureStorage('cookie', createCookieSessionStorage(options), visitors),
    await measureStorage('memory', createMemorySessionStorage(options), visitors),
  ]
}

async function measureStorage(
  name: string,
  storage: SessionStorage<VisitorData>,
  visitors: number,
): Promise<HeapRow> {
  const app = createOurHono(session({ storage }))
  await visit(app, 1000)
  const before = liveMegabytes()
  await visit(app, visitors)
  return { storage: name, visitors, before, after: liveMegabytes() }
}

async function visit(app: App, visitors: number): Promise<void> {
  for (let visitor = 0; visitor < visitors; visitor++) {
    const response = await app.fetch(new Request(ORIGIN + ROUTES.read))
    if (response.headers.has('set-cookie')) throw new Error('A visitor who wrote nothing was kept.')
    // Node reaps what hangs on Responses only when the event loop turns.
    if (visitor % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

function liveMegabytes(): number {
  if (globalThis.gc === undefined) throw new Error('The heap needs `node --expose-gc`.')
  globalThis.gc()
  return round(process.memoryUsage().heapUsed / 1e6)
}
