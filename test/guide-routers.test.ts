import { rmSync } from 'node:fs'

import * as reactRouter from 'react-router'
import { createClient } from './support/client.ts'
import type { Client } from './support/client.ts'
import { serveBuild } from './support/react-router.ts'
import { SECRET } from './support/secrets.ts'
import { loadSnippet, snippetsOf, writeSnippets } from './support/snippets.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

const folder = 'test/.guide-routers'
const snippets = snippetsOf('docs/guide/routers.md')

beforeAll(() => writeSnippets(folder, snippets))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', SECRET)
})

interface Application {
  fetch(request: Request): Response | Promise<Response>
}

async function client(name: string): Promise<Client> {
  const module = await loadSnippet<Record<string, unknown>>(folder, name)
  if (name === 'root.ts') return createClient(serveBuild(reactRouter, { root: {}, index: module }))
  const app = module['default'] as Application
  return createClient(async (request) => app.fetch(request))
}

describe('the snippets of docs/guide/routers.md', () => {
  it.each(snippets.map(({ name }) => name).filter((name) => name !== 'session.server.ts'))(
    'count visits: %s',
    async (name) => {
      const browser = await client(name)
      for (const visit of [1, 2, 3]) {
        expect(await (await browser.get('/')).text()).toContain(`Visit ${visit}`)
      }
    },
  )

  it.each(['hono.ts', 'fetch-router.ts', 'fetch.ts', 'elysia.ts'])(
    'have under 15 lines: %s',
    (name) => {
      const lines = snippets
        .find((snippet) => snippet.name === name)
        ?.code.trim()
        .split('\n')
      expect(lines?.length).toBeLessThan(15)
    },
  )
})
