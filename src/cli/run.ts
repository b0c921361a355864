import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { text as readAll } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

import { parseSecrets } from '../token/secrets.ts'
import { inspect } from './inspect.ts'
import { ModuleError, purge } from './purge.ts'
import { safeText, toJson, toText } from './report.ts'

const USAGE = `Usage: fetch-sessions <command>

Commands:
  secret            Prints a new secret: 32 random bytes as base64url.
  inspect [cookie]  Prints what a session cookie holds, or why it is refused. The cookie comes as an
                    argument or on standard input: its value, name=value, a Cookie or a Set-Cookie header,
                    an HTTP message with one of them, or a cookie jar of curl.
  purge <module>    Deletes the expired sessions of an SQL database. The module is a file of the application
                    that exports the storage, by default or as \`storage\`, such as ./storage.ts.

Options of inspect:
  --name <name>     The name of the cookie, where the text does not say it. Default: __session
  --json            Prints JSON.

Other options:
  -h, --help        Prints this.
  -v, --version     Prints the version.

SESSION_SECRET holds the secrets that inspect tries, newest first, separated by commas.
Ends with 0 where all is well, with 1 where the cookie is refused or the database cannot be purged, with 2
where the command line is wrong.`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  name: { type: 'string' },
} as const

/** An error in the command line. */
class UsageError extends Error {}

/**
 * The command line.
 *
 * @param args without the names of the runtime and the program
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(parse(args))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const problem = safeText(error.message)
    console.error(`fetch-sessions: ${problem}\nTry \`npx --no fetch-sessions --help\`.`)
    return 2
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error
    throw new UsageError(message, { cause: error })
  }
}

async function dispatch({ values, positionals }: ReturnType<typeof parse>): Promise<number> {
  const [command, ...rest] = positionals
  if (values.help) return print(USAGE)
  if (values.version) return print(version())
  switch (command) {
    case 'secret':
      if (rest.length > 0 || values.json || values.name !== undefined) {
        throw new UsageError('`secret` takes neither arguments nor options')
      }
      return print(randomBytes(32).toString('base64url'))
    case 'inspect':
      return printInspection(rest, values)
    case 'purge':
      if (values.json || values.name !== undefined) throw new UsageError('`purge` takes no options')
      return printPurge(rest)
    case undefined:
      throw new UsageError('a command is missing')
    default:
      throw new UsageError(`there is no command \`${command}\``)
  }
}

async function printInspection(
  [argument, ...others]: readonly string[],
  { name, json }: { name?: string | undefined; json?: boolean | undefined },
): Promise<number> {
  if (others.length > 0) throw new UsageError('`inspect` takes one cookie; quote it for the shell')
  if (name === '') throw new UsageError('`--name` is empty')
  const secrets = readSecrets()
  const text = argument ?? (await readInput())
  if (text.trim() === '') throw new UsageError('`inspect` got no cookie, only white space')
  const now = Date.now()
  const inspection = await inspect(text, { name, secrets, now })
  print(json ? toJson(inspection) : toText(inspection, now))
  return inspection.refusal === undefined ? 0 : 1
}

async function printPurge([path, ...others]: readonly string[]): Promise<number> {
  if (path === undefined || others.length > 0) {
    throw new UsageError('`purge` takes one module, such as ./storage.ts')
  }
  try {
    const count = await purge(path)
    return print(count === 1 ? '1 expired session deleted' : `${count} expired sessions deleted`)
  } catch (error) {
    if (error instanceof ModuleError) throw new UsageError(error.message, { cause: error })
    console.error(
      `fetch-sessions: ${safeText(error instanceof Error ? error.message : String(error))}`,
    )
    return 1
  }
}

function readInput(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new UsageError('`inspect` needs a cookie: as an argument or on standard input')
  }
  return readAll(process.stdin)
}

/** The secrets that `session()` without options uses. */
function readSecrets(): readonly string[] {
  const secrets = parseSecrets(process.env['SESSION_SECRET']) ?? []
  if (secrets.includes(''))
    throw new UsageError('SESSION_SECRET has an empty secret between commas')
  return secrets
}

function version(): string {
  const require = createRequire(import.meta.url)
  return (require('fetch-sessions/package.json') as { version: string }).version
}

function print(text: string): 0 {
  console.log(text)
  return 0
}
