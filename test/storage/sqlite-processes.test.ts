import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createInterface } from 'node:readline'

import { statementsOf } from '../conformance/sql-migration.ts'
import { afterAll, describe, expect, it } from 'vitest'

interface Report {
  readonly visits: number
  readonly errors: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Three processes with 300 requests each, which all begin at once with `setup()`. */
async function serve(driver: string, file: string, timeout: number): Promise<Report[]> {
  const processes = Array.from({ length: 3 }, () => {
    const program = 'test/support/sqlite-process.ts'
    const child = spawn(process.execPath, [program, driver, file, String(timeout)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
  })
  await Promise.all(processes.map(({ lines }) => lines.next()))
  return Promise.all(
    processes.map(async ({ child, lines }) => {
      const ended = once(child, 'exit')
      child.stdin.write('start\n')
      const { value } = await lines.next()
      await ended
      return JSON.parse(String(value)) as Report
    }),
  )
}

/** A new file, or one with a table of version 0.1, in the mode that the docs ask for. */
function createFile(name: string, statements: readonly string[] = []): string {
  const file = join(folder, `${name.replaceAll(/\W/g, '-')}.db`)
  const database = new DatabaseSync(file)
  for (const statement of ['PRAGMA journal_mode = WAL', ...statements]) database.exec(statement)
  database.close()
  return file
}

describe.each(['node:sqlite', 'better-sqlite3', '@libsql/client'])(
  'three processes with %s on one file',
  (driver) => {
    it('serve 900 requests without a failure if they wait for each other', async () => {
      const reports = await serve(driver, createFile(driver), 5000)
      expect(reports).toEqual(Array.from({ length: 3 }, () => ({ visits: 300, errors: [] })))
    })

    it('carry over a table of version 0.1 together, and go on', async () => {
      const file = createFile(`${driver} old`, statementsOf('sqlite', 'sessions'))
      const reports = await serve(driver, file, 5000)
      expect(reports).toEqual(Array.from({ length: 3 }, () => ({ visits: 300, errors: [] })))
    })
  },
)

it('do fail if they do not wait, with the reason', async () => {
  const reports = await serve('node:sqlite', createFile('impatient'), 0)
  const errors = reports.flatMap((report) => report.errors)
  expect(errors.length).toBeGreaterThan(0)
  expect(new Set(errors)).toEqual(new Set(['Error: database is locked']))
})
