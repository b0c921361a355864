import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker } from '../support/bundle-worker.ts'
import { skipLoudly } from '../support/engine.ts'
import { installPackage } from '../support/packed-package.ts'
import { buildPrograms } from './attacks/build.ts'
import { H3_PAGES } from './attacks/h3-pages.ts'
import { PAGES } from './attacks/site.ts'
import { attack } from './attacks/suite.ts'
import { createVisitor } from './attacks/visits.ts'
import { bun, deno, node20 } from './commands.ts'
import { startServer } from './server-process.ts'
import type { RunningServer } from './server-process.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Server {
  /** What runs the program; undefined where it is missing. */
  readonly command: readonly string[] | undefined
  readonly program: string
  readonly args?: string[]
}

const node = [process.execPath]

const SERVERS: Record<string, Server> = {
  'Hono on @hono/node-server': { command: node, program: 'node-server', args: ['hono'] },
  'Hono on @hono/node-server, Node 20': {
    command: node20(),
    program: 'node-server',
    args: ['hono'],
  },
  'withSession() on @hono/node-server': { command: node, program: 'node-server', args: ['fetch'] },
  'Elysia on @hono/node-server': { command: node, program: 'node-server', args: ['elysia'] },
  'h3 on srvx': { command: node, program: 'srvx', args: ['h3'] },
  'h3 on srvx, with FastResponse': { command: node, program: 'srvx', args: ['h3', 'FastResponse'] },
  'h3 on a srvx that shares Headers': {
    command: node,
    program: 'srvx-old',
    args: ['h3', 'FastResponse'],
  },
  'withSession() on a srvx that shares Headers': {
    command: node,
    program: 'srvx-old',
    args: ['fetch', 'FastResponse'],
  },
  'Elysia on srvx': { command: node, program: 'srvx', args: ['elysia'] },
  'Elysia on Bun': { command: bun(), program: 'bun', args: ['elysia'] },
  'Hono on Bun': { command: bun(), program: 'bun', args: ['hono'] },
  'withSession() on Bun': { command: bun(), program: 'bun', args: ['fetch'] },
  'Hono on Deno': { command: deno(), program: 'deno', args: ['hono'] },
  'withSession() on Deno': { command: deno(), program: 'deno', args: ['fetch'] },
  'Hono on workerd': { command: [], program: 'workerd-hono' },
  'withSession() on workerd': { command: [], program: 'workerd-fetch' },
}

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))

beforeAll(async () => {
  installPackage(folder, ['@hono/node-server', 'srvx'])
  await buildPrograms(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

function start({ command = [], program, args = [] }: Server): Promise<RunningServer> {
  if (program.startsWith('workerd')) return startWorker(program)
  const [last = '', ...others] = [join(folder, `${program}.mjs`), ...args].toReversed()
  return startServer([...command, ...others.toReversed()], last)
}

async function startWorker(program: string): Promise<RunningServer> {
  const entry = `test/runtimes/attacks/programs/${program}.ts`
  const script = readFileSync(await bundleWorker(entry, join(folder, program)), 'utf8')
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-10-20' }),
  )
  const { origin } = await miniflare.ready
  return { url: origin, stop: () => miniflare.dispose() }
}

for (const [name, server] of Object.entries(SERVERS)) {
  if (server.command === undefined) skipLoudly(name, 'install it')

  describe.skipIf(server.command === undefined)(`a site with ${name}`, () => {
    let running: RunningServer
    beforeAll(async () => {
      running = await start(server)
    })
    afterAll(() => running?.stop())

    const isH3 = server.args?.[0] === 'h3'
    attack(() => running.url, {
      pages: isH3 ? { ...PAGES, ...H3_PAGES } : PAGES,
      isNodeServer: server.program === 'node-server',
      endsAfterHead: server.program === 'deno' && server.args?.[0] === 'fetch',
    })

    if (!isH3) return
    it.each(['cookie/form', 'cookie/limited', 'memory/form'])(
      'has its session after the body was read: %s',
      async (path) => {
        const ada = createVisitor()
        const body = new URLSearchParams({ name: 'lovelace' })
        expect((await ada(`${running.url}/${path}`, { method: 'POST', body })).body).toBe(
          'signed in',
        )
        const whoami = `${running.url}/${path.split('/')[0]}/GET/whoami`
        expect((await ada(whoami)).body).toBe('hello lovelace')
      },
    )
  })
}
