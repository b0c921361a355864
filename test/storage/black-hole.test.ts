import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { startDeafProxy } from '../support/deaf-proxy.ts'
import type { DeafProxy } from '../support/deaf-proxy.ts'
import { documentedClients } from '../support/documented-clients.ts'
import type { Engine } from '../support/engine.ts'
import { startSnippet, writeSnippets } from '../support/snippets.ts'
import type { SnippetProcess } from '../support/snippets.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const clients = documentedClients('behind a network that swallows packets')

const NO_SOCKET_TIMEOUT = [
  'without the timeout of sockets',
  (code: string) => code.replace('.setTimeout(5_000)', ''),
] as const

/** What the guide says does not suffice: its snippet, changed. */
const INSUFFICIENT: Record<string, (readonly [what: string, change: (code: string) => string])[]> =
  {
    pg: [
      ['without query_timeout', (code) => code.replace(/^ *query_timeout.*\n/m, '')],
      ['with statement_timeout', (code) => code.replace('query_timeout', 'statement_timeout')],
    ],
    'postgres.js': [NO_SOCKET_TIMEOUT],
    'postgres.js with TLS': [
      NO_SOCKET_TIMEOUT,
      ['without a second listener', (code) => code.replace(/^ *socket\.once\('data'.*\n/m, '')],
    ],
    mysql2: [
      NO_SOCKET_TIMEOUT,
      [
        'with a timeout for queries',
        (code) =>
          code
            .replace('.setTimeout(5_000)', '')
            .replace(
              '({ client }',
              '({ client: { execute: (statement: object, values: []) => client.execute({ ...statement, timeout: 500 } as never, values) } as never }',
            ),
      ],
    ],
    'node-redis': [
      [
        'as one client',
        (code) =>
          code.replaceAll('createClientPool', 'createClient').replace(/^ *\{ maximum.*\n/m, ''),
      ],
      ['without reconnectStrategy', (code) => code.replace(/^ *reconnectStrategy.*\n/m, '')],
    ],
    ioredis: [['with commandTimeout', (code) => code.replace('socketTimeout', 'commandTimeout')]],
  }

/** A snippet with a fifth of its patience, whose storage gives up after two seconds. */
const impatient = (code: string): string =>
  code
    .replaceAll('5_000', '1_000')
    .replaceAll('2_000', '400')
    .replace('connect_timeout: 5', 'connect_timeout: 1')
    .replace('SessionStorage({', 'SessionStorage({ timeout: 2,')

describe.each(clients)('a network that swallows packets, and $name as in the guide', (client) => {
  const { name, file, code, variable, isAbsent, start } = client
  const insufficient = INSUFFICIENT[name] ?? []
  const folder = `test/.guide-black-hole-${name.replaceAll(/\W/g, '-')}`
  const fileOf = (what: string): string => `${what.replaceAll(/\W/g, '-')}.ts`
  let engine: Engine
  let proxy: DeafProxy
  let application: SnippetProcess

  beforeAll(async () => {
    const changed = insufficient.map(([what, change]) => ({
      name: fileOf(what),
      code: impatient(change(code)),
    }))
    writeSnippets(folder, [{ name: file, code: impatient(code) }, ...changed])
    if (!isAbsent) engine = await start()
  })
  afterAll(async () => {
    await engine?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(async () => {
    await application?.stop()
    proxy?.close()
  })

  async function open(snippet: string): Promise<void> {
    const url = new URL(engine.url)
    proxy = await startDeafProxy(Number(url.port))
    url.port = String(proxy.port)
    application = await startSnippet(join(folder, snippet), { [variable]: url.href })
    await everyoneIsServed()
  }

  const visits = async (count: number): Promise<Set<string>> =>
    new Set(await Promise.all(Array.from({ length: count }, () => application.visit())))

  /** As many at once as need every connection of a pool. */
  async function everyoneIsServed(): Promise<void> {
    await expect.poll(() => visits(30), { timeout: 60_000 }).toEqual(new Set(['ok']))
  }

  /** A visitor every 50 ms while `during` runs; the last outcomes are in. */
  async function traffic(during: () => Promise<void>): Promise<Set<string>> {
    const outcomes: Promise<string>[] = []
    const timer = setInterval(() => outcomes.push(application.visit()), 50)
    try {
      await during()
    } finally {
      clearInterval(timer)
    }
    return new Set(await Promise.all(outcomes))
  }
  const seconds = (count: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, count * 1000))

  describe.skipIf(isAbsent)('together', () => {
    it.each(['under traffic', 'in a quiet night'])(
      'fail requests in time, and serve all of them when the network is back: %s',
      async (when) => {
        await open(file)
        proxy.swallow()
        expect(await visits(30)).toEqual(new Set(['ERR_SESSION_STORAGE']))
        if (when === 'under traffic') {
          expect(await traffic(() => seconds(3))).toEqual(new Set(['ERR_SESSION_STORAGE']))
        }
        proxy.recover()
        // No connection of before is ever closed from outside. TCP itself would take a quarter of an hour.
        await traffic(everyoneIsServed)
        await everyoneIsServed()
      },
    )

    it.each(insufficient)('are not enough %s: nobody is served again', async (what, change) => {
      expect(change(code)).not.toBe(code)
      await open(fileOf(what))
      proxy.swallow()
      await traffic(async () => {
        expect(await visits(30)).not.toContain('ok')
        proxy.recover()
        await seconds(4)
        expect(await visits(30)).not.toContain('ok')
      })
    })
  })
})
