import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { ChosenLifetime } from './commit-times.ts'
import { checkMaxAge } from '../cookie/cookie-rules.ts'
import { SessionError } from '../util/errors.ts'
import type { CookieLike } from '../cookie/foreign-cookie.ts'
import { DEFAULT_IDLE } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { createSessionCookie } from '../cookie/session-cookie.ts'
import type { CookieOptions, SessionCookie } from '../cookie/session-cookie.ts'
import type { CookieAttributes } from '../cookie/set-cookie.ts'
import { createSessionEngine } from './session-engine.ts'
import type { SessionBackend, SessionEngine } from './session-engine.ts'
import { createValueSchema } from '../session/value-schema.ts'
import { controlOf, sessionOf } from '../session/session.ts'
import type { FlashSessionData, Session, SessionData } from '../session/session.ts'

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
  /** Decodes the raw cookie value; what it throws on counts as tampered. */
  decode?: (value: string) => string
}

/**
 * Cookie attributes and lifetime for one commit, instead of the storage's. `maxAge` is in seconds; `maxAge: undefined`
 * makes a cookie that ends with the browser.
 *
 * @example
 * import type { SerializeOptions, Session, SessionStorage } from 'fetch-sessions'
 *
 * export function commit(storage: SessionStorage, session: Session, stay: boolean): Promise<string> {
 *   const options: SerializeOptions = { maxAge: stay ? 60 * 60 * 24 * 30 : undefined }
 *   return storage.commitSession(session, options)
 * }
 */
export type SerializeOptions = CookieAttributes

/**
 * Loads sessions from `Cookie` headers and gives the `Set-Cookie` texts that keep them.
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
   * The session that a `Cookie` header stands for; an empty one where it stands for none.
   * @throws SessionError `ERR_SESSION_STORAGE` when the back end cannot answer
   */
  getSession(
    cookieHeader?: string | null,
    options?: ParseOptions,
  ): Promise<Session<Data, FlashData>>
  /**
   * Writes the session and gives the `Set-Cookie` text for it. A lifetime given here is kept as it is: renewals do
   * not move it. Where the record was deleted meanwhile, it stays so and the text clears the cookie.
   * @throws SessionError `ERR_SESSION_COOKIE_TOO_LARGE` above 4096 bytes, attributes included; `ERR_SESSION_VALUE` where
   * JSON cannot carry a value; `ERR_SESSION_STORAGE` when the back end cannot answer; `ERR_SESSION_CONFIG` for options that
   * browsers would refuse, and for a session of another package
   */
  commitSession(session: Session<Data, FlashData>, options?: SerializeOptions): Promise<string>
  /**
   * Deletes the session and gives the `Set-Cookie` text that clears the cookie.
   * @throws SessionError `ERR_SESSION_STORAGE` when the back end cannot answer; `ERR_SESSION_CONFIG` as `commitSession`
   */
  destroySession(session: Session<Data, FlashData>, options?: SerializeOptions): Promise<string>
}

/**
 * What every storage takes.
 *
 * @example
 * import type { SessionStorageOptions } from 'fetch-sessions'
 *
 * export const options: SessionStorageOptions<{ userId: string }> = {
 *   cookie: { secrets: ['32 random characters in real life'], maxAge: 60 * 60 * 24 },
 *   absoluteTimeout: 60 * 60 * 24 * 30,
 * }
 */
export interface SessionStorageOptions<Data extends object = SessionData> {
  /** The session cookie: options, or a `Cookie` of `@remix-run/cookie`. */
  cookie?: CookieOptions | CookieLike | undefined
  /** Seconds without a renewal after which the server forgets a session. Default: `cookie.maxAge`, else 14 days. */
  idleTimeout?: number | undefined
  /** Seconds after its creation at which a session ends, through every renewal. Off by default. */
  absoluteTimeout?: number | undefined
  /**
   * What the values must be: a schema of zod, valibot, arktype or any other library of the Standard Schema
   * specification (https://standardschema.dev). Types the values, checks what is loaded and, outside of production,
   * what is set. Keys that are missing are fine, since a session fills bit by bit; flash values are not looked at. It
   * must take what it gives: a type that JSON does not carry, such as a Date, is no type for a value.
   */
  schema?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * Makes data of an earlier version of the application into what `schema` asks for; what it gives is checked once
   * more and stored at the next response. Without it, or where it gives nothing that validates, the session starts
   * anew with `origin: 'invalid'`.
   */
  migrate?: ((data: SessionData) => MaybePromise<unknown>) | undefined
}

/**
 * A back end that owns its ids. Each method throws only when the back end cannot answer, which the request then fails with
 * as `ERR_SESSION_STORAGE`.
 *
 * @example
 * import type { SessionIdStorageStrategy } from 'fetch-sessions'
 *
 * interface Table {
 *   insert(json: string, expires?: Date): Promise<string>
 *   find(id: string): Promise<string | null>
 *   update(id: string, json: string, expires?: Date): Promise<boolean>
 *   remove(id: string): Promise<void>
 * }
 *
 * export function strategyOver(table: Table): SessionIdStorageStrategy<{ userId: string }> {
 *   return {
 *     cookie: { secrets: ['32 random characters in real life'] },
 *     createData: (data, expires) => table.insert(JSON.stringify(data), expires),
 *     readData: async (id) => JSON.parse((await table.find(id)) ?? 'null'),
 *     updateData: (id, data, expires) => table.update(id, JSON.stringify(data), expires),
 *     deleteData: (id) => table.remove(id),
 *   }
 * }
 */
export interface SessionIdStorageStrategy<
  Data extends object = SessionData,
  FlashData extends object = Data,
> extends SessionStorageOptions<Data> {
  /** Stores new data until `expires` and gives its id, which nobody can guess. */
  createData(data: FlashSessionData<Data, FlashData>, expires?: Date): Promise<string>
  /** The data under the id, or null where there is none or it has expired. */
  readData(id: string): Promise<FlashSessionData<Data, FlashData> | null>
  /** Replaces the data under the id; may answer `false` where the record is gone, which then stays gone. */
  updateData(
    id: string,
    data: FlashSessionData<Data, FlashData>,
    expires?: Date,
  ): Promise<void | boolean>
  /** Deletes the data under the id, whether there is any or not. */
  deleteData(id: string): Promise<void>
}

/**
 * Makes a storage over a back end that makes up its own ids.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 *
 * @example
 * import { createSessionStorage } from 'fetch-sessions'
 *
 * const rows = new Map<string, { json: string; expires: Date }>()
 *
 * export const storage = createSessionStorage<{ userId: string }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   async createData(data, expires = new Date()) {
 *     const id = crypto.randomUUID()
 *     rows.set(id, { json: JSON.stringify(data), expires })
 *     return id
 *   },
 *   async readData(id) {
 *     const row = rows.get(id)
 *     return row !== undefined && row.expires > new Date() ? JSON.parse(row.json) : null
 *   },
 *   async updateData(id, data, expires = new Date()) {
 *     if (!rows.has(id)) return false
 *     rows.set(id, { json: JSON.stringify(data), expires })
 *     return true
 *   },
 *   async deleteData(id) {
 *     rows.delete(id)
 *   },
 * })
 */
export function createSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(strategy: SessionIdStorageStrategy<Data, FlashData>): SessionStorage<Data, FlashData> {
  return storageOver<Data, FlashData>(strategyBackend(strategy), strategy)
}

/** The storage that a back end and the options make together. */
export function storageOver<Data extends object, FlashData extends object>(
  backend: SessionBackend,
  options: SessionStorageOptions<Data>,
): SessionStorage<Data, FlashData> {
  const cookie = createSessionCookie(options.cookie ?? {}, backend.kind)
  const lifetime = lifetimeOf(options, cookie, backend)
  const engine = createSessionEngine(backend, cookie, lifetime, createValueSchema(options))
  return storageOf<Data, FlashData>(engine)
}

const engines = new WeakMap<object, SessionEngine>()

/** The storage that an engine serves. */
export function storageOf<Data extends object, FlashData extends object>(
  engine: SessionEngine,
): SessionStorage<Data, FlashData> {
  const storage: SessionStorage<Data, FlashData> = {
    async getSession(cookieHeader, parseOptions) {
      await engine.ready()
      const control = engine.open(cookieHeader, parseOptions?.decode)
      if (!control.immediate) await control.open()
      return sessionOf(control)
    },
    async commitSession(session, serializeOptions = {}) {
      const control = controlOf(session)
      await engine.ready()
      await control.open()
      const attributes = withoutLifetime(serializeOptions)
      if (control.destroyed) return engine.destroy(control, attributes)
      const now = Date.now()
      const chosen = chosenLifetime(serializeOptions, now)
      const setCookie = await engine.commit(control, {
        now,
        renew: 'always',
        attributes: () => attributes,
        chosen,
      })
      return setCookie ?? engine.clearCookie(attributes)
    },
    async destroySession(session, serializeOptions = {}) {
      const control = controlOf(session)
      await control.open()
      return engine.destroy(control, withoutLifetime(serializeOptions))
    },
  }
  engines.set(storage, engine)
  return storage
}

/** What is behind a storage. */
export function engineOf(storage: object): SessionEngine {
  const engine = engines.get(storage)
  if (engine !== undefined) return engine
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    'This `storage` was not made by this package: make it with createCookieSessionStorage() or another create…SessionStorage().',
  )
}

function withoutLifetime(options: SerializeOptions): CookieAttributes {
  const { maxAge: _maxAge, expires: _expires, ...attributes } = options
  return attributes
}

function chosenLifetime(options: SerializeOptions, now: number): ChosenLifetime {
  const { maxAge, expires } = options
  const seconds = checkMaxAge(maxAge)
  if (seconds !== undefined) {
    return { end: now + seconds * 1000, expires: undefined, transient: false }
  }
  if (expires !== undefined && Number.isNaN(expires.getTime())) {
    throw new SessionError('ERR_SESSION_CONFIG', '`expires` is an invalid Date; give a valid one.')
  }
  // `{ maxAge: undefined }` asks for a cookie that ends with the browser.
  const transient = 'maxAge' in options && expires === undefined
  return { end: expires?.getTime(), expires, transient }
}

function lifetimeOf(
  options: Pick<SessionStorageOptions, 'idleTimeout' | 'absoluteTimeout'>,
  cookie: SessionCookie,
  backend: SessionBackend,
): Lifetime {
  const { idleTimeout, absoluteTimeout } = options
  assertTimeout('idleTimeout', idleTimeout)
  assertTimeout('absoluteTimeout', absoluteTimeout)
  if (cookie.maxAge !== undefined) assertTimeout('cookie.maxAge', cookie.maxAge)
  const isEnforced = cookie.isTimed || backend.keepsTimes
  if (!isEnforced && (idleTimeout !== undefined || absoluteTimeout !== undefined)) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      "Signed cookies carry no times, so no timeout can be enforced: write `protection: 'encrypted'` with `acceptSigned: true`, or leave the timeouts out.",
    )
  }
  const longest = Math.min(cookie.maxAge ?? Infinity, idleTimeout ?? Infinity)
  return {
    idle: Number.isFinite(longest) ? longest * 1000 : DEFAULT_IDLE,
    absolute: absoluteTimeout === undefined ? undefined : absoluteTimeout * 1000,
  }
}

function assertTimeout(name: string, seconds: number | undefined): void {
  if (seconds === undefined || (seconds > 0 && Number.isFinite(seconds))) return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`${name}\` is ${seconds}: write a positive number of seconds, such as 60 * 60, or leave it out.`,
  )
}

function strategyBackend<Data extends object, FlashData extends object>(
  strategy: SessionIdStorageStrategy<Data, FlashData>,
): SessionBackend {
  type Stored = FlashSessionData<Data, FlashData>
  return {
    kind: 'id',
    immediate: false,
    keepsTimes: false,
    async load(id) {
      const data = await strategy.readData(id)
      if (data === null || data === undefined) return 'unknown'
      if (typeof data !== 'object' || Array.isArray(data)) return 'invalid'
      return { id, values: { ...data } }
    },
    async save({ id, values }, { regenerate, expiresAt }) {
      const data = JSON.parse(values.serialize()) as Stored
      const expires = new Date(expiresAt)
      if (id !== '' && !regenerate) {
        const answer = await strategy.updateData(id, data, expires)
        return answer === false ? null : { body: id, id }
      }
      // Never under the old id, which somebody else may know.
      const newId = await strategy.createData(data, expires)
      if (id !== '') await strategy.deleteData(id)
      return { body: newId, id: newId }
    },
    async remove({ id }) {
      if (id !== '') await strategy.deleteData(id)
    },
  }
}
