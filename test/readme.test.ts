import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import * as reactRouter from 'react-router'
import packageJson from '../package.json' with { type: 'json' }
import { createCookieSessionStorage } from 'fetch-sessions'
import { createPostgresStore } from '../src/storage/postgres.ts'
import { createClient } from './support/client.ts'
import type { Client } from './support/client.ts'
import { serveBuild } from './support/react-router.ts'
import { SECRET } from './support/secrets.ts'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

const folder = 'test/.readme'
const readme = readFileSync('README.md', 'utf8')
const snippets = [...readme.matchAll(/^```ts(?: file=(\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, name, code = ''], index) => ({ name: name ?? `snippet-${index}.ts`, code }),
)

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { name, code } of snippets) writeFileSync(`${folder}/${name}`, `${code}\nexport {}\n`)
  // The unused names of a snippet are for its reader.
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
})
beforeEach(() => {
  vi.stubEnv('SESSION_SECRET', SECRET)
})

async function load(name: string): Promise<Record<string, unknown>> {
  return (await import(resolve(folder, name))) as Record<string, unknown>
}

async function client(name: string): Promise<Client> {
  const module = await load(name)
  if (name === 'root.ts') return createClient(serveBuild(reactRouter, { root: {}, index: module }))
  const { fetch } = module['default'] as { fetch(request: Request): Promise<Response> }
  return createClient((request) => fetch(request))
}

describe('the snippets of the README', () => {
  it('are type-checked, all of them', () => {
    expect(snippets.length).toBeGreaterThan(7)
    const { stdout, status } = spawnSync('node_modules/.bin/tsc', ['-p', folder], {
      encoding: 'utf8',
    })
    expect([stdout, status]).toEqual(['', 0])
  })

  it.each(['hono.ts', 'fetch-router.ts', 'fetch.ts'])(
    'count visits: %s, in under 15 lines',
    async (name) => {
      const browser = await client(name)
      for (const visit of [1, 2, 3]) {
        expect(await (await browser.get('/')).text()).toBe(`Visit ${visit}`)
      }
      const lines = snippets
        .find((snippet) => snippet.name === name)
        ?.code.trim()
        .split('\n')
      expect(lines?.length).toBeLessThan(15)
    },
  )

  it('flash once: flash.ts', async () => {
    const { default: app } = (await load('flash.ts')) as {
      default: { request(path: string, init?: RequestInit): Promise<Response> }
    }
    const saved = await app.request('/save', { method: 'POST' })
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
    const { default: app } = (await load('login.ts')) as {
      default: { request(path: string, init?: RequestInit): Promise<Response> }
    }
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

  it('keep the sessions of one tenant from another: tenants.ts', async () => {
    const { default: app } = (await load('tenants.ts')) as {
      default: { request(url: string, init?: RequestInit): Promise<Response> }
    }
    const saved = await app.request('https://tea.example/', { method: 'POST' })
    const headers = { cookie: saved.headers.get('set-cookie')?.split(';')[0] ?? '' }
    const page = async (url: string) => (await app.request(url, { headers })).text()
    expect(await page('https://tea.example/')).toBe('Hello Ada')
    expect(await page('https://mugs.example/')).toBe('Hello stranger')
    expect((await app.request('https://pots.example/', { headers })).status).toBe(404)
  })

  it('hold values to a schema, and migrate older ones: schema.ts', async () => {
    const { storage, mistake } = (await load('schema.ts')) as {
      storage: import('fetch-sessions').SessionStorage
      mistake: () => void
    }
    expect(mistake).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALUE' }))
    vi.stubEnv('NODE_ENV', 'production')
    const session = await storage.getSession()
    session.set('theme', 'dark')
    for (const [stored, cart] of [
      ['tea,milk', { cart: ['tea', 'milk'] }],
      [{ tea: 1 }, {}],
    ] as const) {
      session.set('cart', stored)
      const cookie = (await storage.commitSession(session)).split(';')[0]
      expect((await storage.getSession(cookie)).data).toEqual({ theme: 'dark', ...cart })
    }
  })

  it('print the SQL that setup() runs', () => {
    const printed = /^```sql\n([\s\S]*?)^```$/m.exec(readme)?.[1]?.replaceAll(/ *--.*$/gm, '')
    const { maintenance } = createPostgresStore({ client: { query: async () => ({ rows: [] }) } })
    expect(printed?.trim()).toBe(maintenance.sql.map((statement) => `${statement};`).join('\n'))
  })

  it('keep sessions in a table: own-storage.ts', async () => {
    const { storage } = (await load('own-storage.ts')) as {
      storage: import('fetch-sessions').SessionStorage
    }
    const session = await storage.getSession()
    session.set('n', 1)
    const cookie = (await storage.commitSession(session)).split(';')[0]
    expect((await storage.getSession(cookie)).get('n')).toBe(1)
  })
})

describe('the tests in the README', () => {
  it.each(['own-storage.test.ts', 'cart.test.ts'])('run with node --test: %s', (name) => {
    const args = ['--test', '--test-reporter', 'tap', `${folder}/${name}`]
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(stdout).toMatch(/^# pass [1-9]\d*$/m)
    expect(status, stdout).toBe(0)
  })
})

describe('the commands of the README', () => {
  it('print what it says: inspect', async () => {
    const printed = /^```text\n(Cookie[\s\S]*?)^```$/m.exec(readme)?.[1]
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
    expect(withoutTimes(stdout)).toBe(withoutTimes(printed))
  })

  it('install the tarball that npm packs', () => {
    const { name, version } = packageJson
    const tarballs = [...readme.matchAll(/^npm install \S+\/(\S+\.tgz)/gm)]
    expect(tarballs.map(([, file]) => file)).toEqual([`${name}-${version}.tgz`])
  })

  it('are scripts of the package', () => {
    const scripts = [
      ...readme.matchAll(/npm (?:run )?(start:node|start|test|deploy|build|\w+:\w+)/g),
    ]
    for (const [, name = ''] of scripts) expect(Object.keys(packageJson.scripts)).toContain(name)
    expect(scripts.length).toBeGreaterThan(2)
  })
})
