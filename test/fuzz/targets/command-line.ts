import assert from 'node:assert/strict'
import { Readable } from 'node:stream'

import { run } from '../../../src/cli/run.ts'
import { createCookieSessionStorage, createStoreSessionStorage } from '../../../src/index.ts'
import type { SessionStorage } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/storage/memory.ts'
import { SECRET } from '../../support/secrets.ts'
import type { FuzzTarget } from '../target.ts'
import { fillIn, fromText, toText } from '../text.ts'

/** Letters that a terminal obeys, or that turn the text around. */
const UNSAFE = /[^\P{C}\n]|[\u2028\u2029]/u
const STACK = /^\s+at .*(?:\(|:\d+:\d+)/m

const cookie = { secrets: [SECRET], maxAge: 1000 }
/** Set-Cookie texts that an input names U+0001 and up. */
const cookies = [
  await setCookieOf(createCookieSessionStorage({ cookie })),
  await setCookieOf(createStoreSessionStorage(createMemoryStore(10), { cookie })),
  await setCookieOf(
    createCookieSessionStorage({ cookie: { secrets: [SECRET], protection: 'signed' } }),
  ),
  await setCookieOf(createCookieSessionStorage({ cookie: { protection: 'none' } })),
]
const values = cookies.map((text) => text.replace(/^__session=([^;]*).*$/, '$1'))

async function setCookieOf(storage: SessionStorage): Promise<string> {
  const session = await storage.getSession()
  session.set('user', 'ada\u001b[31m\u202e')
  return storage.commitSession(session)
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * The lines of an input are arguments; after an empty line, the rest is standard input. The command line ends with 0, 1 or 2,
 * throws nothing, and prints neither a stack trace nor what a terminal would obey.
 */
export const target: FuzzTarget = {
  async fuzz(data) {
    const text = fillIn(toText(data), [...cookies, ...values])
    const [head = '', ...rest] = text.split('\n\n')
    const args = head.split('\n')
    const { code, stdout, stderr } = await runWith(args, rest.join('\n\n'))
    assert.ok([0, 1, 2].includes(code), String(code))
    for (const output of [stdout, stderr]) {
      assert.doesNotMatch(output, UNSAFE)
      assert.doesNotMatch(output, STACK)
    }
    assert.equal(code === 2, stderr.startsWith('fetch-sessions: ') && stdout === '')
    // Only a token of ours opens as one that a secret protects.
    const isOpened = /^(?:Sealed|Signed) |^ +"form": "(?:sealed|signed)"/m.test(stdout)
    if (isOpened)
      assert.ok(
        values.some((value) => text.includes(value)),
        stdout,
      )
  },
  async seeds() {
    const inputs = [
      'secret',
      'purge',
      'purge\n./no-such-file.ts',
      '--help',
      '-hv',
      '--nothing',
      'inspect\n--name=',
      '',
      ...cookies.flatMap((_, i) => {
        const [whole, value] = [String.fromCharCode(1 + i), String.fromCharCode(5 + i)]
        return [
          `inspect\n${whole}`,
          `inspect\n--json\n__session=${value}; a=b`,
          `inspect\n--name\n__session\n\nHTTP/1.1 200 OK\r\nSet-Cookie: ${whole}\r\n\r\nbody`,
          `inspect\n\n#HttpOnly_app.example\tFALSE\t/\tTRUE\t0\t__session\t${value}`,
        ]
      }),
      `inspect\n${plain('[{"a":"\\u001b"},"ada",1700000000000]')}`,
      `inspect\n--json\n${plain('{"__proto__":1}')}`,
    ]
    return inputs.map(fromText)
  },
}

function plain(body: string): string {
  return Buffer.from(JSON.stringify([1, 'cookie', '__session', 0, 0, 4e12, 0, body])).toString(
    'base64url',
  )
}

/** Runs the command line in this process, with its output and standard input replaced. */
async function runWith(args: readonly string[], stdin: string): Promise<Ran> {
  const { log, error } = console
  const descriptor = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  let [stdout, stderr] = ['', '']
  console.log = (text: string) => void (stdout += `${text}\n`)
  console.error = (text: string) => void (stderr += `${text}\n`)
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([stdin]) })
  const secret = process.env['SESSION_SECRET']
  process.env['SESSION_SECRET'] = SECRET
  try {
    return { code: await run(args), stdout, stderr }
  } finally {
    Object.assign(console, { log, error })
    Object.defineProperty(process, 'stdin', descriptor)
    if (secret === undefined) delete process.env['SESSION_SECRET']
    else process.env['SESSION_SECRET'] = secret
  }
}
