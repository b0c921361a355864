import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import packageJson from '../../package.json' with { type: 'json' }
import { createSQLiteStore } from '../../src/storage/sqlite.ts'
import { nodes } from '../support/nodes.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-purge-'))
const file = join(folder, 'sessions.db')

// An application that has installed the package and a driver. Needs `npm run build`.
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'fetch-sessions'))
  // A driver that runs on every Node.
  symlinkSync(resolve('node_modules/@libsql'), join(folder, 'node_modules', '@libsql'))
  const storage = (driver: string): string => `
    import { createSQLiteSessionStorage } from 'fetch-sessions/storage/sqlite'
    ${driver}
    export const storage = createSQLiteSessionStorage({ database })
    setInterval(() => {}, 60_000) // like a pool that stays open
  `
  const files: Record<string, string> = {
    'storage.mjs': storage(
      `import { createClient } from '@libsql/client'; const database = createClient({ url: 'file:sessions.db' })`,
    ),
    'storage.ts': storage(
      `import { DatabaseSync } from 'node:sqlite'; const database: DatabaseSync = new DatabaseSync('sessions.db')`,
    ),
    'by-default.mjs': `export { storage as default } from './storage.mjs'`,
    'cookies.mjs': `
      import { createCookieSessionStorage } from 'fetch-sessions'
      export const storage = createCookieSessionStorage({ cookie: { secrets: 'x'.repeat(32) } })`,
    'throws.mjs': `throw new Error('DATABASE_URL is not set')`,
    'imports-nothing.mjs': `import './missing.mjs'`,
    'no-table.mjs': storage(
      `import { createClient } from '@libsql/client'; const database = createClient({ url: 'file::memory:' })`,
    ),
  }
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(nodes())('fetch-sessions purge on Node %s', (version, node) => {
  const importsTypeScript = Number(/^v(\d+)/.exec(version)?.[1]) >= 24

  function purge(...args: string[]) {
    const program = resolve(packageJson.bin['fetch-sessions'])
    const { status, stdout, stderr } = spawnSync(
      node,
      ['--no-warnings', program, 'purge', ...args],
      { cwd: folder, encoding: 'utf8', timeout: 60_000 },
    )
    return { status, stdout, stderr }
  }

  beforeEach(async () => {
    const database = new DatabaseSync(file)
    const { store, maintenance } = createSQLiteStore({ database })
    await maintenance.setup()
    database.exec('DELETE FROM sessions; BEGIN')
    for (let i = 0; i < 1201; i++) {
      const expires = new Date(i === 0 ? Date.now() + 3600_000 : 0)
      await store.create(`key ${i}`, { data: 'data', expires })
    }
    database.exec('COMMIT')
    database.close()
  })

  function keysLeft(): unknown[] {
    const database = new DatabaseSync(file)
    const rows = database.prepare('SELECT key FROM sessions').all()
    database.close()
    return rows.map(({ key }) => key)
  }

  it.each(['./storage.mjs', 'storage.mjs', 'by-default.mjs', join(folder, 'storage.mjs')])(
    'deletes what has expired, all of it, and ends: %s',
    (path) => {
      expect(purge(path)).toEqual({
        status: 0,
        stdout: '1200 expired sessions deleted\n',
        stderr: '',
      })
      expect(keysLeft()).toEqual(['key 0'])
      expect(purge(path).stdout).toBe('0 expired sessions deleted\n')
    },
  )

  it('imports TypeScript, or says what to do', () => {
    const { status, stdout, stderr } = purge('./storage.ts')
    if (importsTypeScript) {
      expect([status, stdout]).toEqual([0, '1200 expired sessions deleted\n'])
      return
    }
    expect(status).toBe(2)
    expect(stderr).toContain(
      'this Node imports no TypeScript: use Node 22.18 or newer, or give the JavaScript that ./storage.ts compiles to',
    )
  })

  it.each<[problem: string, args: string[]]>([
    ['`purge` takes one module, such as ./storage.ts', []],
    ['`purge` takes one module, such as ./storage.ts', ['a.mjs', 'b.mjs']],
    ['`purge` takes no options', ['a.mjs', '--json']],
    ['there is no file nowhere.mjs', ['nowhere.mjs']],
    ['throws.mjs cannot be imported: DATABASE_URL is not set', ['throws.mjs']],
    ['imports-nothing.mjs cannot be imported: Cannot find module', ['imports-nothing.mjs']],
    ['cookies.mjs exports no storage to purge', ['cookies.mjs']],
  ])('ends with 2 and points to --help: %s', (problem, args) => {
    const { status, stdout, stderr } = purge(...args)
    expect([status, stdout]).toEqual([2, ''])
    const [first, ...others] = stderr.trimEnd().split('\n')
    expect(first).toContain(`fetch-sessions: ${problem}`)
    expect(others).toEqual(['Try `npx --no fetch-sessions --help`.'])
  })

  it('ends with 1 where the database cannot be purged, and says why', () => {
    const { status, stdout, stderr } = purge('no-table.mjs')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('fetch-sessions: The table "sessions" does not exist')
    expect(keysLeft()).toHaveLength(1201)
  })
})
