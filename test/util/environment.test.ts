import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import { isProduction, readVariable, warnOnce } from '../../src/util/environment.ts'
import { buildPackage, root } from '../shop/build.ts'
import { skipLoudly } from '../support/engine.ts'
import { beforeAll, describe, expect, it, vi } from 'vitest'

const deno = `${root}/node_modules/.bin/deno`
const isMissing = !existsSync(deno)
if (isMissing) skipLoudly('Deno without --allow-env', 'npm ci')

describe('readVariable', () => {
  it("prefers the router's environment, where it has a text of that name", () => {
    vi.stubEnv('NAME', 'of the process')
    expect(readVariable({ NAME: 'own' }, 'NAME')).toBe('own')
    for (const environment of [{}, { NAME: 5 }, null, undefined, 'text']) {
      expect(readVariable(environment, 'NAME')).toBe('of the process')
    }
  })
})

describe('where there is no process', () => {
  it('is neither production nor any variable set', () => {
    expect(withoutProcess(isProduction)).toBe(false)
    expect(withoutProcess(() => readVariable({}, 'NAME'))).toBeUndefined()
  })
})

describe.skipIf(isMissing)('Deno without --allow-env', () => {
  beforeAll(buildPackage)

  /** Runs a program over the built package that may read no variable, and gives what it prints. */
  function run(code: string): unknown {
    const { stdout, stderr } = spawnSync(deno, ['run', '--no-prompt', '--allow-read', '-'], {
      cwd: root,
      input: code,
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_ENV: 'production',
        SESSION_SECRET: 'a secret that is not readable',
      },
    })
    return [stdout, stderr]
  }

  it('is neither production nor any variable set', () => {
    const output = run(`
      import { createMemorySessionStorage } from './dist/src/index.js'
      import { withSession } from './dist/adapters/fetch.js'
      try { process.env.NODE_ENV } catch (error) { console.log(error.name) }
      const secrets = ['a secret for tests that is long enough']
      const storage = createMemorySessionStorage({ cookie: { secrets } })
      const handle = (_request, session) => (session.set('n', 1), new Response('ok'))
      for (const options of [{ storage }, {}]) {
        const fetch = withSession(handle, options)
        const response = await fetch(new Request('http://localhost/'))
        console.log(response.status, response.headers.get('set-cookie').replace(/=.*?;/, ';'))
      }
    `)
    const response = '200 __session; Path=/; HttpOnly; SameSite=Lax\n'
    expect(output).toEqual([
      `NotCapable\n${response}${response}`,
      expect.stringContaining('SESSION_SECRET is not set'),
    ])
  })
})

describe('warnOnce', () => {
  it('keeps and says no more than a hundred messages', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (let i = 0; i < 200; i++) warnOnce(`message ${i}`)
    expect(warn).toHaveBeenCalledTimes(100)
  })
})

function withoutProcess<T>(use: () => T): T {
  const { process: original } = globalThis
  Reflect.set(globalThis, 'process', undefined)
  try {
    return use()
  } finally {
    Reflect.set(globalThis, 'process', original)
  }
}
