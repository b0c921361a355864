import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { documentedClients } from '../support/documented-clients.ts'
import type { DocumentedClient } from '../support/documented-clients.ts'
import type { Engine } from '../support/engine.ts'
import { startSnippet, writeSnippets } from '../support/snippets.ts'
import type { SnippetProcess } from '../support/snippets.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const clients = documentedClients('killed under a process')
const LISTENER = /^\w+\.on\('error'.*\n/m
const DIES_WITHOUT = ['pg.ts', 'node-redis.ts']

describe.each(clients)('a process with $name as in the guide', (client: DocumentedClient) => {
  const { name, file, code, variable, isAbsent, start } = client
  const folder = `test/.guide-killed-${name.replaceAll(/\W/g, '-')}`
  let engine: Engine
  let application: SnippetProcess

  beforeAll(async () => {
    writeSnippets(folder, [
      { name: file, code },
      { name: 'no-listener.ts', code: code.replace(LISTENER, '') },
    ])
    if (!isAbsent) engine = await start()
  })
  afterAll(async () => {
    await engine?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(() => application?.stop())

  const open = async (snippet: string): Promise<void> => {
    application = await startSnippet(join(folder, snippet), { [variable]: engine.url })
    expect(await visits(20)).toEqual(['ok'])
  }
  /** The outcomes of several visits at once, each named once. */
  const visits = async (count: number): Promise<string[]> => {
    const outcomes = Array.from({ length: count }, () => application.visit())
    return [...new Set(await Promise.all(outcomes))]
  }

  describe.skipIf(isAbsent)('whose database is killed', () => {
    beforeEach(() => open(file))

    it('lives, fails meanwhile, and serves when it is back', async () => {
      await engine.kill()
      try {
        expect(await visits(5)).toEqual(['ERR_SESSION_STORAGE'])
        expect(await visits(5)).toEqual(['ERR_SESSION_STORAGE'])
      } finally {
        await engine.start()
      }
      await expect.poll(() => application.visit(), { timeout: 60_000 }).toBe('ok')
      await expect.poll(() => visits(20), { timeout: 60_000 }).toEqual(['ok'])
      expect(application.isAlive).toBe(true)
    })
  })

  describe.skipIf(isAbsent)('without its listener', () => {
    const dies = DIES_WITHOUT.includes(file)

    it(`${dies ? 'dies with its database' : 'lives all the same'}`, async () => {
      expect(LISTENER.test(code)).toBe(dies || file === 'ioredis.ts')
      await open('no-listener.ts')
      await engine.kill()
      try {
        if (dies) {
          const { code: exitCode, printed } = await application.ended
          expect(exitCode).toBe(1)
          expect(printed).toContain("Unhandled 'error' event")
        } else {
          expect(await visits(5)).toEqual(['ERR_SESSION_STORAGE'])
          expect(application.isAlive).toBe(true)
        }
      } finally {
        await engine.start()
      }
    })
  })
})
