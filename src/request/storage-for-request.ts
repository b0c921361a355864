import { cookieBackend } from '../engine/cookie-backend.ts'
import type { SessionEngine } from '../engine/session-engine.ts'
import { engineOf, engineSourceOf, storageOver } from '../engine/session-storage.ts'
import type { EnvironmentLookup, SessionStorage } from '../engine/session-storage.ts'
import { encodeBase64url } from '../token/bytes.ts'
import { isProduction, isWorkers, warnOnce } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'

/** Makes a storage from the environment of a request. Declare the type of its parameter: `(env: Env) => …`. */
export type StorageFactory<Data extends object, FlashData extends object> = (
  environment: never,
) => MaybePromise<SessionStorage<Data, FlashData>>

/** The storages that a factory has made, by environment. */
interface Made {
  readonly storages: WeakMap<object, object>
  count: number
}

/** By factory, so that a factory that is mounted twice makes one storage. */
const madeBy = new WeakMap<object, Made>()
/** A server that passes more than these makes an environment for each request. */
const MAX_ENVIRONMENTS = 100
/** The key for servers that pass no environment. */
const NO_ENVIRONMENT = {}

/** The engine of all requests, or a function that finds it by environment. */
type EngineForRequest = SessionEngine | ((lookup: EnvironmentLookup) => MaybePromise<SessionEngine>)

/**
 * The engine of a storage, or a function that finds it for a request.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if `storage` is neither a storage nor a function
 */
export function engineForRequest<Data extends object, FlashData extends object>(
  storage: SessionStorage<Data, FlashData> | StorageFactory<Data, FlashData> | undefined,
): EngineForRequest {
  if (storage === undefined) return engineSourceOf(defaultStorage)
  if (typeof storage === 'function') return (lookup) => engineFrom(storage, lookup)
  assertObject('`storage` is', storage)
  return engineSourceOf(storage)
}

/** The storage of every `session()` without one. Two such middlewares share one session. */
const defaultStorage = storageOver(() => cookieBackend, {}, randomSecret)

let processSecret: string | undefined

function randomSecret(): string {
  const remedy =
    'Create one with `npx --no fetch-sessions secret` or `openssl rand -base64 32` and set it: `wrangler secret put SESSION_SECRET` on Workers, an environment variable elsewhere'
  if (isProduction() || isWorkers()) {
    throw new SessionError('ERR_SESSION_CONFIG', `SESSION_SECRET is not set. ${remedy}.`)
  }
  warnOnce(
    `SESSION_SECRET is not set, so sessions end when this process does. ${remedy}, or give session() a \`storage\`.`,
  )
  return (processSecret ??= encodeBase64url(crypto.getRandomValues(new Uint8Array(32))))
}

function engineFrom<Data extends object, FlashData extends object>(
  factory: StorageFactory<Data, FlashData>,
  lookup: EnvironmentLookup,
): MaybePromise<SessionEngine> {
  const environment = environmentOf(lookup)
  const key = environment ?? NO_ENVIRONMENT
  const made = madeBy.get(factory) ?? { storages: new WeakMap(), count: 0 }
  madeBy.set(factory, made)
  const known = made.storages.get(key)
  if (known !== undefined) return engineOf(known, lookup)

  // Each request that finds no storage runs the factory: on Workers, a request must not await the promise of another. The
  // first storage that is ready serves all.
  const keep = (storage: unknown): SessionEngine => {
    assertObject('The `storage` function gave', storage)
    const first = made.storages.get(key)
    if (first !== undefined) return engineOf(first, lookup)
    const engine = engineOf(storage, lookup)
    made.storages.set(key, storage)
    if (++made.count === MAX_ENVIRONMENTS) warnManyEnvironments()
    return engine
  }
  try {
    const storage = factory(environment as never)
    return storage instanceof Promise ? storage.then(keep).catch(factoryError) : keep(storage)
  } catch (error) {
    return factoryError(error)
  }
}

function warnManyEnvironments(): void {
  warnOnce(
    `a \`storage\` function ran for ${MAX_ENVIRONMENTS} environments; this server seems to make one per request. Create the storage once, outside the function.`,
  )
}

function factoryError(cause: unknown): never {
  if (cause instanceof SessionError) throw cause
  const problem = cause instanceof Error ? cause.message : String(cause)
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `The \`storage\` function threw: ${problem}. It gets the environment alone: \`storage: (env: Env) => …\`.`,
    { cause },
  )
}

function assertObject(what: string, storage: unknown): asserts storage is object {
  if (typeof storage === 'object' && storage !== null) return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `${what} ${String(storage)}: give a storage, such as createCookieSessionStorage().`,
  )
}

/**
 * The environment: Workers' bindings, or another object that lives as long as the process. Objects that a server makes for
 * each request do not count: @hono/node-server's `{ incoming, outgoing }`, and Deno's information about the connection.
 */
function environmentOf({ environment }: EnvironmentLookup): object | undefined {
  if (typeof environment !== 'object' || environment === null) return undefined
  const isOfOneRequest =
    ('incoming' in environment && 'outgoing' in environment) || 'remoteAddr' in environment
  return isOfOneRequest ? undefined : environment
}
