// One of several processes that serve sessions out of one file: `node sqlite-process.ts <driver> <file> <timeout>`. A line
// on stdin starts it. It answers 300 requests, each of which reads and writes, and prints a report.
import { DatabaseSync } from 'node:sqlite'

import { createClient } from '@libsql/client'
import BetterSqlite3 from 'better-sqlite3'
import { Hono } from 'hono'
import { session } from '../../adapters/hono.ts'
import { createSQLiteSessionStorage } from '../../src/storage/sqlite.ts'
import { toCookie } from './client.ts'
import { SECRET } from './secrets.ts'

const [driver = '', file = '', milliseconds = ''] = process.argv.slice(2)
const timeout = Number(milliseconds)
const open = {
  'node:sqlite': () => new DatabaseSync(file, { timeout }),
  'better-sqlite3': () => new BetterSqlite3(file, { timeout }),
  '@libsql/client': () => createClient({ url: `file:${file}`, timeout }),
}[driver]
if (open === undefined) throw new Error(`no driver ${driver}`)

const errors: string[] = []
const note = (error: unknown): void =>
  void errors.push(String((error as { cause?: unknown }).cause ?? error))

process.stdout.write('ready\n')
await new Promise((start) => process.stdin.once('data', start))

const storage = createSQLiteSessionStorage<{ n: number }>({
  database: open(),
  cookie: { secrets: [SECRET] },
})
await storage.setup().catch(note)
const app = new Hono().use(session({ storage })).get('/', (c) => {
  const n = (c.var.session.get('n') ?? 0) + 1
  c.var.session.set('n', n)
  return c.text(String(n))
})
app.onError((error, c) => {
  note(error)
  return c.text('failed', 500)
})

let cookie = ''
let visits = 0
for (let request = 0; request < 300; request++) {
  const response = await app.request('/', { headers: { cookie } })
  if (response.status === 500) continue
  cookie = toCookie(response.headers.getSetCookie()[0]) || cookie
  visits = Number(await response.text())
}
process.stdout.write(`${JSON.stringify({ visits, errors })}\n`)
process.exit(0)
