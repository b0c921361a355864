import { existsSync, readFileSync, rmSync } from 'node:fs'

import packageJson from '../package.json' with { type: 'json' }
import { createClient } from './support/client.ts'
import type { Client } from './support/client.ts'
import { SECRET } from './support/secrets.ts'
import { loadSnippet, snippetsOf, typeErrorsIn, writeSnippets } from './support/snippets.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

const folder = 'test/.readme'
const readme = readFileSync('README.md', 'utf8')
const snippets = snippetsOf('README.md')

beforeAll(() => writeSnippets(folder, snippets))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', SECRET)
})

interface HonoApp {
  fetch(request: Request): Promise<Response>
  request(path: string, init?: RequestInit): Promise<Response>
}

async function appOf(name: string): Promise<HonoApp> {
  return (await loadSnippet<{ default: HonoApp }>(folder, name)).default
}

async function client(name: string): Promise<Client> {
  const app = await appOf(name)
  return createClient((request) => app.fetch(request))
}

describe('the README', () => {
  it('has at most 250 lines: what it loses goes to docs/guide', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(250)
  })

  it('compares with rows of docs/comparison.md', () => {
    const rows = rowsOf(readme, '## How it compares')
    const all = rowsOf(readFileSync('docs/comparison.md', 'utf8'), '# How it compares')
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.filter((row) => !all.includes(row))).toEqual([])
  })

  it('recommends storages that can be imported', () => {
    const uses = rowsOf(readme, '## Choosing a storage').map((row) => row.split('|')[2] ?? '')
    const names = uses.flatMap((use) => [...use.matchAll(/`([\w-]+)`/g)].map(([, name]) => name))
    expect(names.length).toBeGreaterThan(9)
    for (const name of names) expect(packageJson.exports).toHaveProperty([`./storage/${name}`])
  })
})

describe('the snippets of the README', () => {
  it('are type-checked, all of them', () => {
    expect(snippets.length).toBeGreaterThan(3)
    expect(typeErrorsIn(folder)).toBe('')
  })

  it('count visits in under 15 lines: hono.ts', async () => {
    const browser = await client('hono.ts')
    for (const visit of [1, 2, 3]) {
      expect(await (await browser.get('/')).text()).toBe(`Visit ${visit}`)
    }
    const lines = snippets
      .find(({ name }) => name === 'hono.ts')
      ?.code.trim()
      .split('\n')
    expect(lines?.length).toBeLessThan(15)
  })

  it('flash once: flash.ts', async () => {
    const saved = await (await appOf('flash.ts')).request('/save', { method: 'POST' })
    const browser = await client('flash.ts')
    browser.cookies.set(
      '__session',
      /__session=([^;]+)/.exec(saved.headers.get('set-cookie') ?? '')?.[1] ?? '',
    )
    expect(await (await browser.get('/')).text()).toBe('Saved')
    expect(await (await browser.get('/')).text()).toBe('Nothing new')
  })

  it('sign in with a new id, and out: login.ts', async () => {
    vi.stubGlobal('checkPassword', async () => 'ada')
    const app = await appOf('login.ts')
    const post = (path: string, cookie = ''): Promise<Response> =>
      app.request(path, { method: 'POST', body: new FormData(), headers: { cookie } })
    const [one, two] = [await post('/login'), await post('/login')]
    const cookie = one.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect([one.status, cookie]).toEqual([303, expect.stringMatching(/^__session=./)])
    expect(two.headers.get('set-cookie')).not.toContain(cookie)
    const others = await (await post('/password', cookie)).text()
    expect(others).toBe('Signed out from 1 other devices')
    const goodbye = (await post('/logout', cookie)).headers.get('set-cookie')?.split(';')[0] ?? ''
    for (const [sent, next] of [
      [cookie, '/login'],
      [goodbye, '/login'],
    ] as const) {
      expect((await post('/password', sent)).headers.get('location')).toBe(next)
    }
  })
})

describe('the commands of the README', () => {
  it('install the tarball that npm packs', () => {
    const { name, version } = packageJson
    const tarballs = [...readme.matchAll(/^npm install \S+\/(\S+\.tgz)/gm)]
    expect(tarballs.map(([, file]) => file)).toEqual([`${name}-${version}.tgz`])
  })

  it.each(['README.md', 'CONTRIBUTING.md', 'docs/guide/runtimes.md', 'docs/benchmarks.md'])(
    'are scripts of the package: %s',
    (page) => {
      // The names that npm knows without `run`, and those that follow it.
      const commands = /\bnpm (?:(start|test)\b|run ([\w:-]+))/g
      const scripts = [...readFileSync(page, 'utf8').matchAll(commands)]
      for (const [, short, name = short] of scripts)
        expect(packageJson.scripts).toHaveProperty([name ?? ''])
      expect(scripts.length).toBeGreaterThan(1)
    },
  )

  it('set up what is there: the picture and the license', () => {
    const files = [...readme.matchAll(/\]\((docs\/public\/[^)]+|LICENSE|\w+\.md)\)/g)]
    expect(files.length).toBeGreaterThan(3)
    for (const [, file = ''] of files) expect(existsSync(file), file).toBe(true)
  })
})

/** The rows of the last table under a heading, without the spaces that align them. */
function rowsOf(text: string, heading: string): string[] {
  const section = text.split(`${heading}\n`)[1]?.split(/^#+ /m)[0] ?? ''
  return [...section.matchAll(/^\|.*\|$/gm)]
    .map(([row]) => row.replaceAll(/ +\|/g, ' |'))
    .filter((row) => !row.includes('---'))
}
