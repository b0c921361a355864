import { createDebugLine, isDebugged } from './debug-line.ts'
import { createDefaultEngine } from '../engine/default-engine.ts'
import { isWorkers } from '../util/environment.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { commitVisit } from './request-commit.ts'
import type { Visit } from './request-commit.ts'
import type { HandlerOutcome } from './request-outcome.ts'
import { isResponse, traitsOf } from '../util/request-traits.ts'
import type { SessionControl } from '../session/session-state.ts'
import type { SessionEngine } from '../engine/session-engine.ts'
import { engineOf } from '../engine/session-storage.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import { sessionOf } from '../session/session.ts'
import type { Session, SessionData } from '../session/session.ts'
import { oncePerEnvironment } from './storage-per-environment.ts'
import { announce, retire, underWayAt } from './under-way.ts'
import type { UnderWay } from './under-way.ts'

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
export type SessionRunner<
  Data extends object,
  FlashData extends object,
  Context,
  Outcome = HandlerOutcome,
  Sent = Response,
> = (
  request: Request,
  context: Context,
  handler: (session: Session<Data, FlashData>) => Promise<Outcome>,
) => Promise<Sent>

/**
 * What a router's context carries. All members may be left out.
 *
 * @example
 * import type { RouterAccess } from 'fetch-sessions'
 *
 * export const access: RouterAccess<{ env: object }> = {
 *   environment: (context) => context.env,
 *   withEnvironment: (context, env, use) => use({ ...context, env }),
 * }
 */
export interface RouterAccess<Context, Outcome = HandlerOutcome, Sent = Response> {
  /** What all middlewares of one request share, where the Request and its headers may be replaced on the way. */
  identity?(context: Context): object
  /** The environment (Workers' bindings); `undefined` where there is none, and the variables of the process count. */
  environment?(context: Context): unknown
  /**
   * The environment is taken from a place where something else may stand, even something of the client's: the variables
   * of the process go before it.
   */
  readonly guessesEnvironment?: boolean | undefined
  /** The context with another environment in its place, while `use` runs. */
  withEnvironment?<T>(context: Context, environment: object, use: (context: Context) => T): T
  /** What the application made of the request, for routers whose handlers leave it in the context. */
  outcome?(context: Context, handled: Outcome): HandlerOutcome
  /** Takes the response to send, or `undefined` before an exception, for routers whose context holds it. */
  respond?(context: Context, response: Response | undefined): Sent
}

/** One request on its way through a runner. */
interface Passage<Context, Outcome, Sent> extends Visit, UnderWay {
  readonly router: RouterAccess<Context, Outcome, Sent>
  readonly context: Context
}

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
 * const run = createSessionRunner({})
 *
 * export const handle = (request: Request): Promise<Response> =>
 *   run(request, undefined, async (session) => {
 *     session.set('path', new URL(request.url).pathname)
 *     return { response: new Response('Noted') }
 *   })
 */
export function createSessionRunner<
  Context = undefined,
  Data extends object = SessionData,
  FlashData extends object = Data,
  Outcome = HandlerOutcome,
  Sent = Response,
>(
  options: SessionOptions<Data, FlashData, Context>,
  router: RouterAccess<Context, Outcome, Sent> = {},
): SessionRunner<Data, FlashData, Context, Outcome, Sent> {
  const engineFor = engineResolver(options, router)
  const { rolling = true, lazy = false, commit: saves } = options
  const isDebugging = options.debug ?? isDebugged(undefined)

  type Handler = (session: Session<Data, FlashData>) => Promise<Outcome>

  function enter(
    request: Request,
    context: Context,
    engine: SessionEngine,
    handler: Handler,
  ): Promise<Sent> {
    const { headers } = request
    const identity = router.identity?.(context)
    const others = underWayAt(identity) ?? underWayAt(headers)
    const outer = find(others, engine.cookie.name)
    if (outer !== undefined) return passThrough(outer, context, handler)
    const control = engine.open(headers.get('cookie'))
    const traits = (control.request = traitsOf(request))
    const isLogged = isDebugging || (options.debug === undefined && asks(router, context))
    // One object for all that is to be known of the request.
    const passage: Passage<Context, Outcome, Sent> = {
      number: others?.number ?? ++visits,
      request: traits,
      engine,
      control,
      rolling,
      saves,
      debug: isLogged ? createDebugLine(traits, engine.cookie.name) : undefined,
      router,
      context,
      headers,
      identity,
      others,
    }
    const opening = control.immediate || lazy ? undefined : control.open()
    announce(passage)
    if (!(opening instanceof Promise)) return handle(passage, handler)
    return opening.then(
      () => handle(passage, handler),
      (error: unknown) => fail(passage, error),
    )
  }

  function handle(passage: Passage<Context, Outcome, Sent>, handler: Handler): Promise<Sent> {
    try {
      return handler(sessionOf(passage.control)).then(
        (outcome) => finish(passage, outcome),
        (thrown: unknown) => recover(passage, thrown),
      )
    } catch (thrown) {
      return recover(passage, thrown)
    }
  }

  async function passThrough(
    outer: SessionControl,
    context: Context,
    handler: Handler,
  ): Promise<Sent> {
    if (!lazy) await outer.open()
    const handled = await handler(sessionOf(outer))
    return respond(router, context, outcomeOf(router, context, handled).response)
  }

  // No async function on the way of every request: each costs as much as all else that is done here for one without a
  // session.
  return (request, context, handler) => {
    try {
      const engine = engineFor(context)
      const wait = engine.ready()
      return wait === undefined
        ? enter(request, context, engine, handler)
        : wait.then(() => enter(request, context, engine, handler))
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }
}

function finish<Context, Outcome, Sent>(
  passage: Passage<Context, Outcome, Sent>,
  handled: Outcome,
): MaybePromise<Sent> {
  try {
    const sent = commitVisit(passage, outcomeOf(passage.router, passage.context, handled))
    if (!(sent instanceof Promise)) return leave(passage, sent)
    return sent.then(
      (response) => leave(passage, response),
      (error: unknown) => fail(passage, error),
    )
  } catch (error) {
    return fail(passage, error)
  }
}

/** A thrown Response is an answer, and goes on its way as it came. */
async function recover<Context, Outcome, Sent>(
  passage: Passage<Context, Outcome, Sent>,
  thrown: unknown,
): Promise<never> {
  try {
    throw isResponse(thrown) ? await commitVisit(passage, { response: thrown }) : thrown
  } catch (error) {
    return fail(passage, error)
  }
}

function fail<Context, Outcome, Sent>(
  passage: Passage<Context, Outcome, Sent>,
  error: unknown,
): never {
  if (!isResponse(error)) passage.debug?.failed(error)
  leave(passage, undefined)
  throw error
}

function leave<Context, Outcome, Sent>(
  passage: Passage<Context, Outcome, Sent>,
  response: Response | undefined,
): Sent {
  passage.control.closed = true
  retire(passage)
  return respond(passage.router, passage.context, response)
}

function outcomeOf<Context, Outcome, Sent>(
  router: RouterAccess<Context, Outcome, Sent>,
  context: Context,
  handled: Outcome,
): HandlerOutcome {
  return router.outcome?.(context, handled) ?? (handled as HandlerOutcome)
}

function respond<Context, Outcome, Sent>(
  router: RouterAccess<Context, Outcome, Sent>,
  context: Context,
  response: Response | undefined,
): Sent {
  return (router.respond === undefined ? response : router.respond(context, response)) as Sent
}

function find(session: UnderWay | undefined, name: string): SessionControl | undefined {
  if (session === undefined) return undefined
  const isSame = session.engine.cookie.name === name && !session.control.closed
  return isSame ? session.control : find(session.others, name)
}

/** Bindings come with each request; the process's own variables have been looked at already. */
function asks<Context>(router: RouterAccess<Context, never, unknown>, context: Context): boolean {
  if (router.guessesEnvironment === true && !isWorkers()) return false
  const environment = router.environment?.(context)
  const hasOwn = typeof environment === 'object' && environment !== null && 'DEBUG' in environment
  return hasOwn && isDebugged(environment)
}

function engineResolver<Context, Data extends object, FlashData extends object>(
  { storage }: SessionOptions<Data, FlashData, Context>,
  router: RouterAccess<Context, never, unknown>,
): (context: Context) => SessionEngine {
  if (typeof storage === 'object') {
    const engine = engineOf(storage) // a foreign object is an error at start, not at the first request
    return () => engine
  }
  const perEnvironment = oncePerEnvironment<Context, SessionEngine>((env, context) => {
    if (storage === undefined) return createDefaultEngine(env, router.guessesEnvironment)
    return engineOf(router.withEnvironment?.(context, env, storage) ?? storage(context))
  })
  return (context) => perEnvironment(router.environment?.(context), context)
}
