import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

import packageJson from '../package.json' with { type: 'json' }
import { createCookieSessionStorage } from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { createPostgresStore } from '../src/storage/postgres.ts'
import { SECRET } from './support/secrets.ts'
import { loadSnippet, snippetsOf, writeSnippets } from './support/snippets.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

const folder = 'test/.guide-storages'
const pages = ['storages', 'own-storage', 'types', 'testing'].map((name) => `docs/guide/${name}.md`)

// The snippets with a name; those without are type-checked with their page.
beforeAll(() => {
  const named = pages.flatMap(snippetsOf).filter(({ name }) => !name.startsWith('snippet-'))
  writeSnippets(folder, named)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', SECRET)
})

const cookieIn = (setCookie: string | null): string => setCookie?.split(';')[0] ?? ''

describe('the snippets about storages', () => {
  it('keep the sessions of one tenant from another: tenants.ts', async () => {
    const { default: app } = await loadSnippet<{
      default: { request(url: string, init?: RequestInit): Promise<Response> }
    }>(folder, 'tenants.ts')
    const saved = await app.request('https://tea.example/', { method: 'POST' })
    const headers = { cookie: cookieIn(saved.headers.get('set-cookie')) }
    const page = async (url: string) => (await app.request(url, { headers })).text()
    expect(await page('https://tea.example/')).toBe('Hello Ada')
    expect(await page('https://mugs.example/')).toBe('Hello stranger')
    expect((await app.request('https://pots.example/', { headers })).status).toBe(404)
  })

  it('hold values to a schema, and migrate older ones: schema.ts', async () => {
    const { storage, mistake } = await loadSnippet<{
      storage: SessionStorage
      mistake: () => void
    }>(folder, 'schema.ts')
    expect(mistake).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    vi.stubEnv('NODE_ENV', 'production')
    const session = await storage.getSession()
    session.set('theme', 'dark')
    for (const [stored, cart] of [
      ['tea,milk', { cart: ['tea', 'milk'] }],
      [{ tea: 1 }, {}],
    ] as const) {
      session.set('cart', stored)
      const cookie = cookieIn(await storage.commitSession(session))
      expect((await storage.getSession(cookie)).data).toEqual({ theme: 'dark', ...cart })
    }
  })

  it('print the SQL that setup() runs', () => {
    const page = readFileSync('docs/guide/storages.md', 'utf8')
    const printed = /^```sql\n([\s\S]*?)^```$/m.exec(page)?.[1]?.replaceAll(/ *--.*$/gm, '')
    const { maintenance } = createPostgresStore({ client: { query: async () => ({ rows: [] }) } })
    expect(printed?.trim()).toBe(maintenance.sql.map((statement) => `${statement};`).join('\n'))
  })

  it('keep sessions in a table: own-storage.ts', async () => {
    const { storage } = await loadSnippet<{ storage: SessionStorage }>(folder, 'own-storage.ts')
    const session = await storage.getSession()
    session.set('n', 1)
    const cookie = cookieIn(await storage.commitSession(session))
    expect((await storage.getSession(cookie)).get('n')).toBe(1)
  })
})

describe('the tests in the guides', () => {
  it.each(['own-storage.test.ts', 'cart.test.ts'])('run with node --test: %s', (name) => {
    const args = ['--test', '--test-reporter', 'tap', `${folder}/${name}`]
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(stdout).toMatch(/^# pass [1-9]\d*$/m)
    expect(status, stdout).toBe(0)
  })
})

describe('the commands of docs/guide/command-line.md', () => {
  it('print what it says: inspect', async () => {
    const page = readFileSync('docs/guide/command-line.md', 'utf8')
    const printed = /^```text\n(Cookie[\s\S]*?)^```$/m.exec(page)?.[1]
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 1209600 } })
    const session = await storage.getSession()
    session.signIn('ada')
    session.set('theme', 'dark')
    const { stdout } = spawnSync(process.execPath, [packageJson.bin['fetch-sessions'], 'inspect'], {
      encoding: 'utf8',
      env: { ...process.env, SESSION_SECRET: `${SECRET},an older one` },
      input: await storage.commitSession(session),
    })
    const withoutTimes = (text = ''): string => text.replaceAll(/ \S+Z \(.*\)/g, ' ')
    expect(printed).toBeDefined()
    expect(withoutTimes(stdout)).toBe(withoutTimes(printed))
  })
})
