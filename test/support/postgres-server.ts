import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import { findProgram, killed, launch } from './engine.ts'
import type { Engine } from './engine.ts'
import { freePort } from './free-port.ts'

const debian = '/usr/lib/postgresql'
const folders = existsSync(debian) ? readdirSync(debian).map((v) => join(debian, v, 'bin')) : []
const initdb = findProgram('initdb', folders)
const postgres = findProgram('postgres', folders)

export const postgresProgram = initdb && postgres
export const postgresUrl = process.env['DATABASE_URL']
export const postgresRemedy =
  '`apt-get install postgresql`, put initdb and postgres on the PATH, or set DATABASE_URL'

/** Makes a certificate for a server with TLS. */
export const openssl = findProgram('openssl')

/** A PostgreSQL of one's own on a free loopback port, in a temporary folder; with TLS if a client asks for it. */
export async function startPostgres({ tls = false } = {}): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-postgres-'))
  const port = await freePort()
  const url = `postgres://test@127.0.0.1:${port}/postgres`
  const data = join(folder, 'data')
  const user = unprivilegedUser()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  execFileSync(initdb ?? 'initdb', ['-D', data, '-U', 'test', '-A', 'trust', '-N'], {
    ...user,
    stdio: 'ignore',
  })
  const args = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off']
  if (tls) {
    const [certificate, key] = [join(data, 'server.crt'), join(data, 'server.key')]
    const request = ['req', '-new', '-x509', '-nodes', '-subj', '/CN=localhost']
    const options = { ...user, cwd: data, stdio: 'ignore' as const }
    execFileSync(openssl ?? 'openssl', [...request, '-out', certificate, '-keyout', key], options)
    args.push('-c', 'ssl=on')
  }
  const run = () => launch(postgres ?? 'postgres', args, () => ping(url), user)
  let child = await run()
  return {
    url,
    kill: () => killed(child, 'SIGKILL'),
    async start() {
      child = await untilFree(run)
    },
    async stop() {
      await killed(child, 'SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The children of a killed postmaster keep its memory until they have noticed. */
async function untilFree<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined
}

async function ping(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  await client.end()
}
