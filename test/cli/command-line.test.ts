import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

import packageJson from '../../package.json' with { type: 'json' }
import { createCookieSessionStorage } from 'fetch-sessions'
import { withSession } from 'fetch-sessions/fetch'
import { nodes } from '../support/nodes.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-cli-'))
const bin = join(folder, 'node_modules', '.bin')

// As npm installs it. Needs `npm run build`.
beforeAll(() => {
  mkdirSync(bin, { recursive: true })
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'fetch-sessions'))
  const program = join('..', 'fetch-sessions', packageJson.bin['fetch-sessions'])
  symlinkSync(program, join(bin, 'fetch-sessions'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Input {
  readonly stdin?: string
  readonly secret?: string | undefined
}

describe.each(nodes())('fetch-sessions on Node %s', (_, node) => {
  function run(args: readonly string[], { stdin = '', secret = SECRET }: Input = {}) {
    const path = [dirname(node), bin, process.env['PATH']].join(delimiter)
    const env = { ...process.env, PATH: path, SESSION_SECRET: secret }
    const { status, stdout, stderr } = spawnSync('fetch-sessions', args, {
      cwd: folder,
      encoding: 'utf8',
      env,
      input: stdin,
    })
    return { status, stdout, stderr }
  }

  const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET], maxAge: 1000 } })
  async function setCookie(): Promise<string> {
    const session = await storage.getSession()
    session.set('user', 'ada\u001b[31m\u009b')
    return storage.commitSession(session)
  }

  describe('secret', () => {
    it('prints 32 random bytes as base64url, and nothing else', () => {
      const [one, two] = [run(['secret']), run(['secret'])]
      expect(one).toEqual({ status: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/), stderr: '' })
      expect(Buffer.from(one.stdout.trim(), 'base64url')).toHaveLength(32)
      expect(two.stdout).not.toBe(one.stdout)
    })

    it('makes secrets that session() and inspect read alike, several too', async () => {
      const secrets = ` ${run(['secret']).stdout.trim()} , ${run(['secret']).stdout}`
      vi.stubEnv('SESSION_SECRET', secrets)
      const visit = withSession((_request, session) => {
        session.set('user', 'ada')
        return new Response()
      })
      const response = await visit(new Request('https://shop.example/'))
      const [cookie = ''] = response.headers.getSetCookie()
      const { status, stdout } = run(['inspect', cookie], { secret: secrets })
      expect([status, stdout]).toEqual([0, expect.stringContaining('by the newest of 2 secrets')])
    })
  })

  describe('inspect', () => {
    it('prints what a cookie holds, from an argument or from standard input', async () => {
      const text = await setCookie()
      const argument = run(['inspect', text])
      expect(argument).toEqual({
        status: 0,
        stdout: expect.stringContaining('"user": "ada\\u001b[31m\\u009b"'),
        stderr: '',
      })
      const piped = run(['inspect'], { stdin: `Set-Cookie: ${text}\r\n` })
      expect(piped.stdout.replaceAll(/\(.*\)/g, '')).toBe(argument.stdout.replaceAll(/\(.*\)/g, ''))
    })

    it('works in a pipe of a shell', async () => {
      const script = 'printf %s "$COOKIE" | fetch-sessions inspect --json | cat'
      const env = {
        ...process.env,
        COOKIE: await setCookie(),
        PATH: [dirname(node), bin, process.env['PATH']].join(delimiter),
        SESSION_SECRET: SECRET,
      }
      const { stdout } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8', env })
      expect(JSON.parse(stdout)).toMatchObject({ data: { user: 'ada\u001b[31m\u009b' } })
    })

    it('prints JSON', async () => {
      const text = await setCookie()
      const { status, stdout } = run(['inspect', '--json', text], {
        secret: `${OLD_SECRET},${SECRET}`,
      })
      expect(status).toBe(0)
      const inspection = JSON.parse(stdout) as Record<string, unknown>
      expect(inspection).toEqual({
        name: '__session',
        bytes: text.length,
        countsAttributes: true,
        form: 'sealed',
        secret: { position: 2, of: 2 },
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
        lifetimeByHand: false,
        endsWithBrowser: false,
        data: { user: 'ada\u001b[31m\u009b' },
      })
      const life =
        Date.parse(`${inspection['expiresAt']}`) - Date.parse(`${inspection['createdAt']}`)
      expect(life).toBe(1000_000)
    })

    it('ends with 1 where a cookie is refused, and says why', async () => {
      const text = await setCookie()
      const other = run(['inspect', text], { secret: OLD_SECRET })
      expect(other).toMatchObject({ status: 1, stderr: '' })
      expect(other.stdout).toMatch(/^Refused +By its key hint, another secret has sealed it/m)
      const json = run(['inspect', '--json'], { stdin: text, secret: '' })
      expect(json.status).toBe(1)
      expect(JSON.parse(json.stdout)).toMatchObject({ refused: { reason: 'no-secret' } })
    })

    it('takes the name as an option', async () => {
      const { stdout } = run(['inspect', 'a=1; b=2; __session=3', '--name', 'b'])
      expect(stdout).toMatch(/^Cookie +"b"/)
    })

    it('never prints a secret', async () => {
      for (const secret of [SECRET, OLD_SECRET, `${OLD_SECRET},${SECRET}`, `${SECRET},`]) {
        for (const args of [
          ['inspect', await setCookie()],
          ['inspect', '--json', 'x'],
          ['inspect'],
        ]) {
          const { stdout, stderr } = run(args, { secret })
          expect(stdout + stderr).not.toMatch(new RegExp(`${SECRET}|${OLD_SECRET}`))
        }
      }
    })
  })

  it.each([['--help'], ['-h'], ['inspect', '--help']])('explains itself: %s %s', (...args) => {
    const { status, stdout, stderr } = run(args.filter((arg) => typeof arg === 'string'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const word of [
      'secret',
      'inspect',
      'purge',
      '--name',
      '--json',
      '--version',
      'SESSION_SECRET',
    ]) {
      expect(stdout).toContain(word)
    }
  })

  it.each(['--version', '-v'])('prints its version: %s', (flag) => {
    expect(run([flag])).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: '' })
  })

  it.each<[problem: string, args: string[], input?: Input]>([
    ['a command is missing', []],
    ['there is no command `destroy`', ['destroy']],
    ['there is no command `\\u001b[31m`', ['\u001b[31m']],
    ["Unknown option '--secret'", ['inspect', '--secret', 'x']],
    ['takes neither arguments nor options', ['secret', 'x']],
    ['takes neither arguments nor options', ['secret', '--json']],
    ['takes one cookie', ['inspect', 'a=1;', 'b=2']],
    ['got no cookie', ['inspect'], { stdin: ' \n' }],
    ['got no cookie', ['inspect', '']],
    ['`--name` is empty', ['inspect', '--name', '', 'x']],
    ['an empty secret', ['inspect', 'x'], { secret: `${SECRET},,` }],
  ])('ends with 2 and points to --help where %s', (problem, args, input) => {
    const { status, stdout, stderr } = run(args, input)
    expect([status, stdout]).toEqual([2, ''])
    const [first, ...others] = stderr.trimEnd().split('\n')
    expect(first).toContain(problem)
    expect(others).toEqual(['Try `npx --no fetch-sessions --help`.'])
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
