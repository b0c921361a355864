import { COOKIE_OPTION_NAMES } from '../cookie/session-cookie.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'
import { SessionError, shown } from '../util/errors.ts'
import { nearestName } from '../util/nearest-name.ts'
import type { SessionEvent } from './session-event.ts'

/**
 * The options of every adapter's `session()`.
 *
 * @example
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * export const app = new Hono().use(
 *   session({ rolling: false, saveIf: (response) => response.status < 400 }),
 * )
 */
export interface SessionOptions<
  Data extends object = SessionData,
  FlashData extends object = Data,
> {
  /**
   * Where sessions are kept. A function makes the storage from the environment, such as the bindings of a Worker. Declare
   * the type of its parameter: `(env: Env) => …`. It runs once per environment, and once per process without an environment.
   * Default: cookie storage with the secrets in `SESSION_SECRET`.
   */
  storage?:
    | SessionStorage<Data, FlashData>
    | ((
        environment: never,
      ) => SessionStorage<Data, FlashData> | Promise<SessionStorage<Data, FlashData>>)
    | undefined
  /** Renews an active session when less than half of its lifetime is left. Default: true. */
  rolling?: boolean | undefined
  /** Reads and renews a session only if a handler awaits `session.load()`. Default: false. */
  lazy?: boolean | undefined
  /**
   * Prints one line per request with `console.debug`: the event that `observe` gets, without the user. It contains the names
   * of keys, never a value. Default: true if the variable `DEBUG` contains `fetch-sessions`.
   */
  debug?: boolean | undefined
  /** Is told once per request what happened to its session, for logs, metrics and alerts. It is not awaited. */
  observe?: ((event: SessionEvent) => unknown) | undefined
  /** Which responses save the session. Default: those below status 500. A logout holds with every response. */
  saveIf?: ((response: Response) => boolean) | undefined
}

interface Expected {
  readonly type: string
  readonly example: string
}

const BOOLEAN: Expected = { type: 'boolean', example: 'true or false' }

/** The options that are the same for every adapter. */
const OPTIONS: Readonly<Record<keyof SessionOptions, Expected | undefined>> = {
  storage: undefined, // may be a function or an object, and is checked where its engine is found
  rolling: BOOLEAN,
  lazy: BOOLEAN,
  debug: BOOLEAN,
  observe: { type: 'function', example: 'a function, such as `(event) => console.log(event)`' },
  saveIf: { type: 'function', example: 'a function, such as `({ status }) => status < 400`' },
}

/**
 * Refuses an option that has no effect, since somebody may rely on it, such as on a timeout.
 *
 * @param ownOptions the names of the options that the adapter reads
 * @throws SessionError `ERR_SESSION_CONFIG` with what to write instead
 */
export function assertOptions(options: object | null, ownOptions: readonly string[]): void {
  const prototype: unknown = options && Object.getPrototypeOf(options)
  if (options === null || (prototype !== Object.prototype && prototype !== null)) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      'The options of session() are not a plain object. If the function itself was passed as the middleware, write `session()`, with the call.',
    )
  }
  const known = [...Object.keys(OPTIONS), ...ownOptions]
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!known.includes(name)) throw unknownOption(name, known)
    const expected = OPTIONS[name as keyof SessionOptions]
    if (expected === undefined || typeof value === expected.type) continue
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`${name}\` is ${shown(value)}: write ${expected.example}.`,
    )
  }
}

function unknownOption(name: string, known: readonly string[]): SessionError {
  const nearest = nearestName(name, known)
  const given = COOKIE_OPTION_NAMES.includes(name) ? `cookie: { ${name}: … }` : `${name}: …`
  const instead =
    nearest === undefined
      ? `its options are ${known.join(', ')}. If it is one of a storage, write \`storage: createCookieSessionStorage({ ${given} })\``
      : `write \`${nearest}\``
  return new SessionError('ERR_SESSION_CONFIG', `session() has no option \`${name}\`: ${instead}.`)
}
