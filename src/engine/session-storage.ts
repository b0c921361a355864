import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { CookieLike } from '../cookie/foreign-cookie.ts'
import { assertCookieOptions, createSessionCookie, secretsOf } from '../cookie/session-cookie.ts'
import type { CookieOptions } from '../cookie/session-cookie.ts'
import type { SerializeOptions } from '../cookie/set-cookie.ts'
import { sessionOf, stateOf } from '../session/session.ts'
import type { Session, SessionData } from '../session/session.ts'
import type { SessionState } from '../session/session-state.ts'
import { createValueSchema } from '../session/value-schema.ts'
import { parseSecrets } from '../token/secrets.ts'
import { isProduction, isWorkers, readVariable } from '../util/environment.ts'
import { SessionError, shown } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import type { ChosenLifetime } from './lifetime.ts'
import { checkMaxAge, lifetimeFrom } from './lifetime-options.ts'
import type { TimeoutOptions } from './lifetime-options.ts'
import type { SessionBackend } from './session-backend.ts'
import { createSessionEngine } from './session-engine.ts'
import type { SessionEngine } from './session-engine.ts'

/**
 * How a `Cookie` header is read.
 *
 * @example
 * import type { Session, SessionStorage } from 'fetch-sessions'
 *
 * // Behind a proxy that percent-encodes cookies.
 * export function open(storage: SessionStorage, request: Request): Promise<Session> {
 *   return storage.getSession(request.headers.get('Cookie'), { decode: decodeURIComponent })
 * }
 */
export interface ParseOptions {
  /** Decodes the raw cookie value. If it throws, the cookie counts as tampered. */
  decode?: (value: string) => string
}

/**
 * Loads sessions from `Cookie` headers and returns the `Set-Cookie` headers that keep them.
 *
 * @example
 * import { createCookieSessionStorage } from 'fetch-sessions'
 *
 * const storage = createCookieSessionStorage<{ visits: number }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 *
 * export async function visit(request: Request): Promise<Response> {
 *   const session = await storage.getSession(request.headers.get('Cookie'))
 *   const visits = (session.get('visits') ?? 0) + 1
 *   session.set('visits', visits)
 *   const headers = { 'Set-Cookie': await storage.commitSession(session) }
 *   return new Response(`Visit ${visits}`, { headers })
 * }
 */
export interface SessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
> {
  /**
   * Loads the session of a `Cookie` header, or an empty one if the header has none.
   * @throws SessionError `ERR_SESSION_STORAGE` if the back end cannot answer
   */
  getSession(
    cookieHeader?: string | null,
    options?: ParseOptions,
  ): Promise<Session<Data, FlashData>>
  /**
   * Writes the session and returns its `Set-Cookie` header. A lifetime that is given here is not renewed. If another
   * request has logged in or out meanwhile, nothing is written and the header is the empty string. Browsers ignore an empty
   * `Set-Cookie` (RFC 6265bis section 5.7), so it cannot replace the cookie of the login.
   * @throws SessionError `ERR_SESSION_COOKIE_TOO_LARGE` above 4096 bytes, attributes included; `ERR_SESSION_VALUE` if JSON
   * cannot carry a value; `ERR_SESSION_STORAGE` if the back end cannot answer; `ERR_SESSION_CONFIG` for options that
   * browsers refuse, and for a session of another package
   */
  commitSession(session: Session<Data, FlashData>, options?: SerializeOptions): Promise<string>
  /**
   * Deletes the session and returns the `Set-Cookie` header that clears the cookie.
   * @throws SessionError `ERR_SESSION_STORAGE` if the back end cannot answer; `ERR_SESSION_CONFIG` as `commitSession`
   */
  destroySession(session: Session<Data, FlashData>, options?: SerializeOptions): Promise<string>
}

/**
 * The options of every storage.
 *
 * @example
 * import type { SessionStorageOptions } from 'fetch-sessions'
 *
 * export const options: SessionStorageOptions<{ cart: string[] }> = {
 *   cookie: { secrets: ['32 random characters in real life'], maxAge: 60 * 60 * 24 },
 *   absoluteTimeout: 60 * 60 * 24 * 30,
 * }
 */
export interface SessionStorageOptions<Data extends object = SessionData> {
  /** The session cookie: options, or a `Cookie` of `@remix-run/cookie`. */
  cookie?: CookieOptions | CookieLike | undefined
  /** Seconds without a renewal after which a session ends: 1 to 100 years. Default: `cookie.maxAge`, else 14 days. */
  idleTimeout?: number | undefined
  /**
   * Seconds after its creation, or after the sign-in of its user, at which a session ends, renewed or not: 1 to 100 years.
   * Off by default.
   */
  absoluteTimeout?: number | undefined
  /**
   * The timeouts of an authentication assurance level of NIST SP 800-63B-4, in place of `absoluteTimeout` and `idleTimeout`:
   *
   * - `aal1`: 30 days (section 2.1.3). It leaves `idleTimeout` at its default.
   * - `aal2`: 24 hours, and 1 hour without a renewal (section 2.2.3).
   * - `aal3`: 12 hours, and 15 minutes without a renewal (section 2.3.3).
   *
   * A shorter `cookie.maxAge` counts in place of the idle timeout, and so does the `maxAge` of a single `signIn` or
   * `commitSession`, even if it is longer. A level asks for more than timeouts, above all for ways to authenticate.
   *
   * @example
   * import { createCookieSessionStorage } from 'fetch-sessions'
   *
   * export const storage = createCookieSessionStorage({ timeouts: 'aal2' })
   */
  timeouts?: 'aal1' | 'aal2' | 'aal3' | undefined
  /**
   * A schema for the values: of zod, valibot, arktype or any other Standard Schema library (https://standardschema.dev). It
   * types the values. It validates them when they are loaded and, outside of production, when they are set. Missing keys
   * are valid, since a session fills bit by bit. Flash values are not validated. The schema must accept its own output, and
   * JSON must be able to carry it; a Date is therefore impossible.
   */
  schema?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * Converts data of an earlier version of the application to what `schema` requires. Its result is validated again and
   * stored at the next response. Without `migrate`, or if its result is not valid either, the session starts anew with
   * `origin: 'invalid'`.
   */
  migrate?: ((data: SessionData) => MaybePromise<unknown>) | undefined
  /**
   * The moment from which the sessions of a user are valid. Sessions that were authenticated before it are refused with
   * `origin: 'revoked'`, also those of cookie storage. It is called at most once per request, and only for a session whose
   * user is signed in. If it throws, the request fails.
   *
   * @example
   * import { createCookieSessionStorage } from 'fetch-sessions'
   *
   * declare function findUser(id: string): Promise<{ signedOutEverywhereAt?: Date } | undefined>
   *
   * export const storage = createCookieSessionStorage({
   *   validAfter: async (userId) => (await findUser(userId))?.signedOutEverywhereAt,
   * })
   */
  validAfter?: ((userId: string) => Date | undefined | Promise<Date | undefined>) | undefined
}

/** Makes the back end of a storage. It may seal records with `secrets`, which are those of the cookie. */
type CreateBackend = (secrets: readonly string[]) => SessionBackend

/** The environment of a request. */
export interface EnvironmentLookup {
  /** Bindings, or anything else that the server passes to the handler. */
  readonly environment?: unknown
  /** Prefer the variables of the process: the environment may be anything, even data of the client. */
  readonly processFirst?: boolean | undefined
}

/** The engine of a storage whose options have secrets; otherwise a function that finds the engine for an environment. */
type EngineSource = SessionEngine | ((lookup: EnvironmentLookup) => SessionEngine)

const sources = new WeakMap<object, EngineSource>()

/** Beyond this many, the oldest engine is dropped: its secret is probably no longer in use. */
const MAX_ENGINES = 16

/**
 * Makes a storage from a back end and options.
 *
 * @param fallback makes a secret for development if there is none
 */
export function storageOver<Data extends object, FlashData extends object>(
  createBackend: CreateBackend,
  options: SessionStorageOptions<Data>,
  fallback?: () => string,
): SessionStorage<Data, FlashData> {
  const { cookie: cookieOptions = {} } = options
  assertCookieOptions(cookieOptions)
  lifetimeFrom(options, cookieOptions.maxAge)
  const schema = createValueSchema(options)
  assertFunction('validAfter', options.validAfter)

  function createEngine(secrets: readonly string[]): SessionEngine {
    const backend = createBackend(secrets)
    const cookie = createSessionCookie(cookieOptions, backend.kind, secrets)
    const lifetime = lifetimeFrom(options, cookie.maxAge)
    if (!cookie.isTimed && !backend.keepsTimes) assertNoTimeouts(options)
    return createSessionEngine(backend, cookie, lifetime, schema, options.validAfter)
  }

  const own = ownSecrets(cookieOptions)
  if (own !== undefined) return storageOf<Data, FlashData>(createEngine(own))

  // By secret and not by environment: some servers make an environment for each request.
  const engines = new Map<string, SessionEngine>()
  return storageOf<Data, FlashData>((lookup) => {
    const variable = secretVariable(lookup).trim() || (fallback?.() ?? '')
    const known = engines.get(variable)
    if (known !== undefined) return known
    const engine = createEngine(parseSecrets(variable) ?? [])
    const [oldest] = engines.keys()
    if (engines.size >= MAX_ENGINES && oldest !== undefined) engines.delete(oldest)
    engines.set(variable, engine)
    return engine
  })
}

function assertFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`${name}\` is ${shown(value)}: write a function, such as \`(userId) => new Date(0)\`.`,
  )
}

function assertNoTimeouts({ idleTimeout, absoluteTimeout, timeouts }: TimeoutOptions): void {
  if ((idleTimeout ?? absoluteTimeout ?? timeouts) === undefined) return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    "Signed cookies carry no times, so no timeout can be enforced: write `protection: 'encrypted'` with `acceptSigned: true`, or leave the timeouts out.",
  )
}

/** The secrets by the options alone, possibly none; undefined if they come from the environment. */
function ownSecrets(cookie: CookieOptions | CookieLike): readonly string[] | undefined {
  const needsNone = 'serialize' in cookie || cookie.protection === 'none'
  return secretsOf(cookie) ?? (needsNone ? [] : undefined)
}

function secretVariable({ environment, processFirst }: EnvironmentLookup): string {
  if (!processFirst) return readVariable(environment, 'SESSION_SECRET') ?? ''
  const ofProcess = readVariable(undefined, 'SESSION_SECRET')
  // The environment may be a client's query. In production outside of Workers, it must never become the secret.
  if (ofProcess !== undefined || (isProduction() && !isWorkers())) return ofProcess ?? ''
  return readVariable(environment, 'SESSION_SECRET') ?? ''
}

function storageOf<Data extends object, FlashData extends object>(
  source: EngineSource,
): SessionStorage<Data, FlashData> {
  /** The engines of this storage. A session stays with the engine that has loaded it. */
  const known = new WeakSet<object>()

  function engineFor(lookup: EnvironmentLookup): SessionEngine {
    const engine = typeof source === 'function' ? source(lookup) : source
    known.add(engine)
    return engine
  }

  function engineOfSession({ loader }: SessionState): SessionEngine {
    return loader !== undefined && known.has(loader) ? (loader as SessionEngine) : engineFor({})
  }

  const storage: SessionStorage<Data, FlashData> = {
    async getSession(cookieHeader, parseOptions) {
      const engine = engineFor({})
      await engine.ready()
      const state = engine.begin(cookieHeader, parseOptions?.decode)
      if (!state.opensOnAccess) await state.open()
      return sessionOf(state)
    },
    async commitSession(session, serializeOptions = {}) {
      const state = stateOf(session)
      const engine = engineOfSession(state)
      await engine.ready()
      await state.open()
      const attributes = withoutLifetime(serializeOptions)
      if (state.destroyed) return endByHand(engine, state, attributes)
      const now = Date.now()
      const isChosen = 'maxAge' in serializeOptions || 'expires' in serializeOptions
      const chosen = isChosen ? chosenLifetime(serializeOptions, now) : undefined
      const options = { now, renew: 'always', attributes, chosen } as const
      const { setCookies } = await engine.commit(state, options)
      state.committed = setCookies
      return setCookies[0] ?? ''
    },
    async destroySession(session, serializeOptions = {}) {
      const state = stateOf(session)
      const engine = engineOfSession(state)
      await engine.ready()
      await state.open()
      return endByHand(engine, state, withoutLifetime(serializeOptions))
    },
  }
  sources.set(storage, typeof source === 'function' ? engineFor : source)
  if (typeof source === 'object') known.add(source)
  return storage
}

async function endByHand(
  engine: SessionEngine,
  state: SessionState,
  attributes: SerializeOptions,
): Promise<string> {
  const setCookies = await engine.end(state, attributes)
  state.destroyed = true
  // If another storage destroys it, the cookie of its own storage is not cleared yet.
  state.endedInBackend = state.loader === undefined || state.loader === engine
  state.committed = setCookies
  return setCookies[0] ?? ''
}

/**
 * The engine of a storage, or a function that finds it.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if this package has not made the storage
 */
export function engineSourceOf(storage: object): EngineSource {
  const source = sources.get(storage)
  if (source !== undefined) return source
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    storage instanceof Promise
      ? '`storage` is a promise: await it first, or write a function that returns it, `storage: () => promise`.'
      : 'This `storage` was not made by this package: make it with createCookieSessionStorage() or another create…SessionStorage().',
  )
}

/** The engine of a storage in an environment. */
export function engineOf(storage: object, lookup: EnvironmentLookup = {}): SessionEngine {
  const source = engineSourceOf(storage)
  return typeof source === 'function' ? source(lookup) : source
}

function withoutLifetime(options: SerializeOptions): SerializeOptions {
  const { maxAge: _maxAge, expires: _expires, ...attributes } = options
  return attributes
}

function chosenLifetime(options: SerializeOptions, now: number): ChosenLifetime {
  const { maxAge, expires } = options
  const seconds = checkMaxAge(maxAge)
  if (seconds !== undefined) {
    return { expiresAt: now + seconds * 1000, expires: undefined, transient: false }
  }
  if (expires !== undefined && Number.isNaN(expires.getTime())) {
    throw new SessionError('ERR_SESSION_CONFIG', '`expires` is an invalid Date; give a valid one.')
  }
  // `{ maxAge: undefined }` makes a cookie that ends with the browser.
  const transient = 'maxAge' in options && expires === undefined
  return { expiresAt: expires?.getTime(), expires, transient }
}
