import { createDebugLine, isDebugged } from './debug-line.ts'
import { createDefaultStorage } from './default-storage.ts'
import { commitVisit } from './request-commit.ts'
import type { Visit } from './request-commit.ts'
import type { HandlerOutcome } from './request-outcome.ts'
import { isPrefetch, isResponse, traitsOf } from './request-traits.ts'
import type { SessionControl } from './session-control.ts'
import type { SessionEngine } from './session-engine.ts'
import { engineOf } from './session-storage.ts'
import type { SessionStorage } from './session-storage.ts'
import { sessionOf } from './session.ts'
import type { Session, SessionData } from './session.ts'
import { oncePerEnvironment } from './storage-per-environment.ts'

/**
 * What every adapter's `session()` takes. `Context` is what that router hands to its middleware.
 *
 * @example
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * export const app = new Hono().use(
 *   session({ rolling: false, commit: (response) => response.status < 400 }),
 * )
 */
export interface SessionOptions<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Context = never,
> {
  /**
   * Where sessions are kept, or a function that makes the storage from the context, for bindings: it is called once per
   * environment. Default: cookie storage with the secrets in `SESSION_SECRET`.
   */
  storage?:
    | SessionStorage<Data, FlashData>
    | ((context: Context) => SessionStorage<Data, FlashData>)
    | undefined
  /** Renews an active session when less than half of its lifetime is left. Default: true. */
  rolling?: boolean | undefined
  /** Reads the store only where a handler awaits `session.load()`. Default: false. */
  lazy?: boolean | undefined
  /**
   * Says in one line for each request what became of the session and why, by `console.debug`: names and reasons, never
   * a value. Default: where the variable `DEBUG` has `fetch-sessions`.
   */
  debug?: boolean | undefined
  /** Which responses save the session. Default: those below status 500 that no exception led to. */
  commit?: ((response: Response) => boolean) | undefined
}

/**
 * Runs one request with its session. Gives the response to send, which is the handler's where nothing was to be said.
 *
 * Throws what the handler throws, and a {@link SessionError} where the session cannot be read or saved.
 *
 * @example
 * import type { Session, SessionData, SessionRunner } from 'fetch-sessions'
 *
 * type Run = SessionRunner<SessionData, SessionData, undefined>
 *
 * export function wrap(run: Run, handler: (session: Session) => Promise<Response>) {
 *   return (request: Request): Promise<Response> =>
 *     run(request, undefined, async (session) => ({ response: await handler(session) }))
 * }
 */
export type SessionRunner<Data extends object, FlashData extends object, Context> = (
  request: Request,
  context: Context,
  handler: (session: Session<Data, FlashData>) => Promise<HandlerOutcome>,
) => Promise<Response>

/**
 * How an adapter's context carries the environment (Workers' bindings).
 *
 * @example
 * import type { EnvironmentAccess } from 'fetch-sessions'
 *
 * export const access: EnvironmentAccess<{ env: object }> = {
 *   get: (context) => context.env,
 *   replace: (context, env, use) => use({ ...context, env }),
 * }
 */
export interface EnvironmentAccess<Context> {
  /** What all middlewares of one request share, where the Request itself may be replaced on the way. */
  identity?(context: Context): object
  /** The environment; `undefined` where there is none, and the variables of the process count. */
  get(context: Context): unknown
  /** The context with another environment in its place, while `use` runs. */
  replace<T>(context: Context, environment: object, use: (context: Context) => T): T
}

/** The sessions of one request while it is under way, the latest first. */
interface UnderWay {
  readonly name: string
  /** The number of the request, which all of its sessions share. */
  readonly visit: number
  readonly control: SessionControl
  readonly next: UnderWay | undefined
}

/** A middleware that is mounted twice finds the first. */
const underWay = new WeakMap<object, UnderWay>()
let visits = 0

/**
 * All that an adapter needs: opens the session of a request, runs the handler, commits.
 *
 * The runner throws what the handler throws; a thrown Response (a redirect) is committed like a returned one.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 *
 * @example
 * import { createSessionRunner } from 'fetch-sessions'
 *
 * const run = createSessionRunner<undefined>(
 *   {},
 *   { get: () => undefined, replace: (context, _environment, use) => use(context) },
 * )
 *
 * export const handle = (request: Request): Promise<Response> =>
 *   run(request, undefined, async (session) => {
 *     session.set('path', new URL(request.url).pathname)
 *     return { response: new Response('Noted') }
 *   })
 */
export function createSessionRunner<
  Context,
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: SessionOptions<Data, FlashData, Context>,
  environment: EnvironmentAccess<Context>,
): SessionRunner<Data, FlashData, Context> {
  const engineFor = engineResolver(options, environment)
  const { rolling = true, lazy = false, commit: saves } = options
  const isDebugging = options.debug ?? isDebugged(undefined)

  return async (request, context, handler) => {
    const engine = engineFor(context)
    const { name } = engine.cookie
    const identity = environment.identity?.(context) ?? request
    const others = stillOpen(underWay.get(identity))
    const outer = find(others, name)
    if (outer !== undefined) {
      if (!lazy) await outer.open()
      return (await handler(sessionOf(outer))).response
    }

    const opening = engine.open(request.headers.get('cookie'), Date.now())
    const control = opening instanceof Promise ? await opening : opening
    const isLogged = isDebugging || (options.debug === undefined && asks(environment.get(context)))
    const traits = traitsOf(request)
    const debug = isLogged ? createDebugLine(traits, name) : undefined
    const number = others?.visit ?? ++visits
    const visit: Visit = { number, request: traits, engine, control, rolling, saves, debug }
    control.keepsFlash = () => isPrefetch(traits)
    underWay.set(identity, { name, visit: number, control, next: others })
    try {
      if (!control.immediate && !lazy) await control.open()
      const sent = commitVisit(visit, await handler(sessionOf(control)))
      return sent instanceof Promise ? await sent : sent
    } catch (thrown) {
      if (isResponse(thrown) && !control.closed)
        throw await commitVisit(visit, { response: thrown })
      debug?.failed(thrown)
      throw thrown
    } finally {
      control.closed = true
      // What a WeakMap holds outlives the request by far: it waits for a full collection.
      if (others === undefined) underWay.delete(identity)
      else underWay.set(identity, others)
    }
  }
}

function stillOpen(entry: UnderWay | undefined): UnderWay | undefined {
  return entry === undefined || !entry.control.closed ? entry : stillOpen(entry.next)
}

function find(entry: UnderWay | undefined, name: string): SessionControl | undefined {
  if (entry === undefined) return undefined
  return entry.name === name && !entry.control.closed ? entry.control : find(entry.next, name)
}

/** Bindings come with each request; the process's own variables have been looked at already. */
function asks(environment: unknown): boolean {
  const hasOwn = typeof environment === 'object' && environment !== null && 'DEBUG' in environment
  return hasOwn && isDebugged(environment)
}

function engineResolver<Context, Data extends object, FlashData extends object>(
  { storage }: SessionOptions<Data, FlashData, Context>,
  environment: EnvironmentAccess<Context>,
): (context: Context) => SessionEngine {
  if (typeof storage === 'object') {
    const engine = engineOf(storage) // a foreign object is an error at start, not at the first request
    return () => engine
  }
  const perEnvironment = oncePerEnvironment<Context, SessionEngine>((env, context) =>
    engineOf(
      storage === undefined
        ? createDefaultStorage(env)
        : environment.replace(context, env, storage),
    ),
  )
  return (context) => perEnvironment(environment.get(context), context)
}
