import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { createMemorySessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'

import { toCookie } from '../support/client.ts'
import { seriesFor, spreadOfTimes, timed, timeInTurns } from './clock.ts'
import type { Timed } from './clock.ts'
import { createOurHono } from './our-hono.ts'
import { ORIGIN } from './scenarios.ts'
import type { Spread } from './statistics.ts'
import { ANONYMOUS, ROUTES, SECRET } from './subject.ts'
import type { App, VisitorData } from './subject.ts'

/** Microseconds a request, with so many sessions in the storage. */
export interface RecordsRow {
  readonly storage: string
  readonly sessions: number
  readonly read: Spread
  readonly count: Spread
}

type Storage = SessionStorage<VisitorData>

/** How many of the sessions come back, spread over all that there are. */
const VISITORS = 512

export async function measureRecords(
  sizes: readonly number[],
  quick: boolean,
): Promise<RecordsRow[]> {
  return [...(await measureMemory(sizes, quick)), ...(await measureSQLite(sizes, quick))]
}

/** A storage that is to hold so many sessions. */
interface Candidate {
  readonly sessions: number
  readonly storage: Storage
  /** Where filling it is faster in one go. */
  readonly database?: DatabaseSync
}

function measureMemory(sizes: readonly number[], quick: boolean): Promise<RecordsRow[]> {
  const candidates = sizes.map((sessions) => ({
    sessions,
    storage: createMemorySessionStorage<VisitorData>({
      cookie: { secrets: [SECRET] },
      maxRecords: sessions + 1,
    }),
  }))
  return measureCandidates('memory', candidates, quick)
}

async function measureSQLite(sizes: readonly number[], quick: boolean): Promise<RecordsRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-bench-'))
  const databases = sizes.map((sessions) => new DatabaseSync(join(folder, `${sessions}.db`)))
  try {
    const candidates: Candidate[] = []
    for (const [index, database] of databases.entries()) {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      const cookie = { secrets: [SECRET] }
      const storage = createSQLiteSessionStorage<VisitorData>({ database, cookie })
      await storage.setup()
      candidates.push({ sessions: sizes[index] ?? 0, storage, database })
    }
    return await measureCandidates('SQLite', candidates, quick)
  } finally {
    for (const database of databases) database.close()
    rmSync(folder, { recursive: true })
  }
}

async function measureCandidates(
  name: string,
  candidates: readonly Candidate[],
  quick: boolean,
): Promise<RecordsRow[]> {
  const prepared: { sessions: number; read: Timed; count: Timed }[] = []
  for (const { sessions, storage, database } of candidates) {
    database?.exec('BEGIN')
    const cookies = await fill(storage, sessions)
    database?.exec('COMMIT')
    const app = createOurHono(session({ storage }))
    const ask = (path: string): Timed => timed(visitInTurns(app, path, cookies))
    prepared.push({ sessions, read: ask(ROUTES.read), count: ask(ROUTES.count) })
  }
  await timeInTurns(
    prepared.flatMap(({ read, count }) => [read, count]),
    seriesFor(quick),
  )
  return prepared.map(({ sessions, read, count }) => ({
    storage: name,
    sessions,
    read: spreadOfTimes(read),
    count: spreadOfTimes(count),
  }))
}

/** Makes so many sessions. Gives the Cookie headers of some. */
async function fill(storage: Storage, sessions: number): Promise<string[]> {
  const cookies: string[] = []
  const stride = Math.max(1, Math.floor(sessions / VISITORS))
  for (let made = 0; made < sessions; made++) {
    const current = await storage.getSession()
    for (const [key, value] of Object.entries(ANONYMOUS)) {
      current.set(key as keyof VisitorData, value)
    }
    const setCookie = await storage.commitSession(current)
    if (made % stride === 0) cookies.push(toCookie(setCookie))
  }
  return cookies
}

/** One request, of the next of the visitors each time. */
function visitInTurns(app: App, path: string, cookies: readonly string[]): () => Promise<void> {
  let turn = 0
  return async () => {
    const cookie = cookies[turn++ % cookies.length] ?? ''
    const response = await app.fetch(new Request(ORIGIN + path, { headers: { cookie } }))
    if (response.status !== 200 || (await response.text()) === 'none') {
      throw new Error(`${path} found no session.`)
    }
  }
}
