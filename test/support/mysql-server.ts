import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import mysql from 'mysql2/promise'
import type { Pool, PoolOptions } from 'mysql2/promise'
import { findProgram, foreignEngine, killed, launch } from './engine.ts'
import type { Engine } from './engine.ts'
import { freePort } from './free-port.ts'

const installDb = findProgram('mariadb-install-db')
const mariadbd = findProgram('mariadbd', ['/usr/sbin'])

export const mysqlProgram = installDb && mariadbd
export const mysqlUrl = process.env['MYSQL_URL']
export const mysqlRemedy =
  '`apt-get install mariadb-server`, put mariadb-install-db and mariadbd on the PATH, or set MYSQL_URL'

/** What is written survives the end of the process, but not of the machine, which no test needs. */
const DURABILITY = ['--innodb-flush-log-at-trx-commit=2']

/** A MariaDB of one's own on a free loopback port, in a temporary folder, with an empty database. */
export async function startMySQL(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-mysql-'))
  const port = await freePort()
  const server = `mysql://root@127.0.0.1:${port}`
  // MariaDB refuses to run as root unless it is told to.
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const where = ['--no-defaults', ...user, `--datadir=${join(folder, 'data')}`]
  const install = [...where, '--auth-root-authentication-method=normal', '--skip-test-db']
  execFileSync(installDb ?? 'mariadb-install-db', install, { stdio: 'ignore' })
  const socket = `--socket=${join(folder, 'socket')}`
  const args = [...where, `--port=${port}`, '--bind-address=127.0.0.1', socket, ...DURABILITY]
  const run = () => launch(mariadbd ?? 'mariadbd', args, () => statement(server, 'SELECT 1'))
  let child = await run()
  await statement(server, 'CREATE DATABASE sessions')
  return {
    url: `${server}/sessions`,
    kill: () => killed(child, 'SIGKILL'),
    async start() {
      child = await run()
    },
    async stop() {
      await killed(child, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Database {
  /**
   * Opens a pool, which `drop` ends.
   * @param settings statements for each of its connections
   */
  open(options?: PoolOptions, settings?: readonly string[]): Pool
  /** Ends everything. */
  drop(): Promise<void>
}

/** A database of one's own, in a MariaDB of one's own or in that of MYSQL_URL. */
export async function createDatabase(): Promise<Database> {
  const engine = mysqlProgram === undefined ? foreignEngine(mysqlUrl ?? '') : await startMySQL()
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await statement(engine.url, `CREATE DATABASE ${name}`)
  const pools: Pool[] = []
  return {
    open(options = {}, settings = []) {
      const url = new URL(engine.url)
      url.pathname = `/${name}`
      const pool = mysql.createPool({ uri: url.href, ...options })
      pool.on('connection', (connection) => {
        for (const setting of settings) connection.query(setting)
      })
      pools.push(pool)
      return pool
    },
    async drop() {
      for (const pool of pools) await pool.end()
      try {
        await statement(engine.url, `DROP DATABASE ${name}`)
      } finally {
        await engine.stop()
      }
    },
  }
}

async function statement(url: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection(url)
  await connection.query(sql)
  await connection.end()
}
