import { createDefaultStorage } from './default-storage.ts'
import { isProduction, warnOnce } from './environment.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { ownSetCookies, withSessionHeaders } from './response-headers.ts'
import type { CookieAttributes } from './set-cookie.ts'
import type { SessionEngine } from './session-engine.ts'
import { engineOf } from './session-storage.ts'
import type { SessionStorage } from './session-storage.ts'
import { sessionOf } from './session.ts'
import type { SessionControl, SessionRecord } from './session-control.ts'
import type { Session, SessionData } from './session.ts'
import { oncePerEnvironment } from './storage-per-environment.ts'

/** What every adapter's `session()` takes. `Context` is what that router hands to its middleware. */
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
  /** Which responses save the session. Default: those below status 500 that no exception led to. */
  commit?: ((response: Response) => boolean) | undefined
}

/** What the rest of the application made of a request. */
export interface HandlerOutcome {
  readonly response: Response
  /** The exception that the response reports, where the router has turned it into one. */
  readonly error?: unknown
}

/** Runs one request with its session. Gives the response to send, which is the handler's where nothing was to be said. */
export type SessionRunner<Data extends object, FlashData extends object, Context> = (
  request: Request,
  context: Context,
  handler: (session: Session<Data, FlashData>) => Promise<HandlerOutcome>,
) => Promise<Response>

/** How an adapter's context carries the environment (Workers' bindings). */
export interface EnvironmentAccess<Context> {
  /** What all middlewares of one request share, where the Request itself may be replaced on the way. */
  identity?(context: Context): object
  get(context: Context): unknown
  /** The context with another environment in its place, while `use` runs. */
  replace<T>(context: Context, environment: object, use: (context: Context) => T): T
}

type OpenSessions = Map<string, SessionControl>

/** Sessions by cookie name, while their request is under way: a middleware that is mounted twice finds the first. */
const underWay = new WeakMap<object, OpenSessions>()

/**
 * All that an adapter needs: opens the session of a request, runs the handler, commits.
 *
 * The runner throws what the handler throws; a thrown Response (a redirect) is committed like a returned one.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createSessionRunner<
  Context,
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: SessionOptions<Data, FlashData, Context>,
  environment: EnvironmentAccess<Context>,
): SessionRunner<Data, FlashData, Context> {
  const storageFor = storageResolver(options, environment)

  return async (request, context, handler) => {
    const engine = engineOf(storageFor(context))
    const { name } = engine.cookie
    const visit = environment.identity?.(context) ?? request
    const others = underWay.get(visit)
    const outer = others?.get(name)
    if (outer !== undefined) {
      if (options.lazy !== true) await outer.open()
      return (await handler(sessionOf(outer))).response
    }

    const opening = engine.open(request.headers.get('cookie'), Date.now())
    const control = opening instanceof Promise ? await opening : opening
    control.keepsFlash = () => isPrefetch(request)
    if (!control.immediate && options.lazy !== true) await control.open()

    const sessions: OpenSessions = others ?? new Map()
    sessions.set(name, control)
    underWay.set(visit, sessions)
    const finish = (outcome: HandlerOutcome): Promise<Response> =>
      commit({ request, visit }, engine, control, outcome, options)
    try {
      return await finish(await handler(sessionOf(control)))
    } catch (thrown) {
      if (!isResponse(thrown) || control.closed) throw thrown
      throw await finish({ response: thrown })
    } finally {
      control.closed = true
      sessions.delete(name)
    }
  }
}

async function commit(
  { request, visit }: { request: Request; visit: object },
  engine: SessionEngine,
  control: SessionControl,
  outcome: HandlerOutcome,
  options: CommitChoices,
): Promise<Response> {
  const { response } = outcome
  const now = Date.now()
  const rolling = options.rolling !== false
  const saves = options.commit?.(response) ?? (response.status < 500 && !isFailure(outcome.error))
  const isSetByHand = (): boolean => ownSetCookies(response).some(engine.cookie.isSetBy)
  const mayRenew = (): boolean => !isPrefetch(request) && !isSetByHand()
  if (saves && !control.isOpen && control.claimsRenewal(rolling) && mayRenew()) {
    await control.open()
  }
  // Before the store is asked: what is written from here on can no longer be part of the commit.
  control.closed = true
  const setCookie = (await settle()) ?? undefined
  const sent = withSessionHeaders(
    response,
    { vary: control.touched, setCookie, replaces: engine.cookie.isSetBy },
    visit,
  )
  if (setCookie !== undefined && !sent.headers.has('Set-Cookie')) warnLostCookie()
  return sent

  function settle(): MaybePromise<string | undefined | null> {
    const isPending = saves && !(control.destroyed && control.settled)
    switch (
      decide({
        saves: isPending,
        destroyed: control.destroyed,
        changed: control.changed,
        yields: control.changed && isSetByHand() && !takesOver(control, engine),
        renews: control.isOpen && wantsRenewal(control.record) && mayRenew(),
      })
    ) {
      case 'keep':
        return undefined
      case 'yield':
        return warnYield(engine.cookie.name)
      case 'drop':
        return engine.destroy(control, cookieFor(request, engine))
      case 'write':
        return engine.commit(control, {
          now,
          renew: rolling && mayRenew() ? 'due' : 'never',
          overrides: cookieFor(request, engine),
        })
    }
  }

  function wantsRenewal(record: SessionRecord): boolean {
    return record.stale || (rolling && engine.isRenewalDue(record, now))
  }
}

interface CommitChoices {
  rolling?: boolean | undefined
  commit?: ((response: Response) => boolean) | undefined
}

/** All that a commit depends on. */
export interface CommitState {
  /** The response is one that saves. */
  readonly saves: boolean
  readonly destroyed: boolean
  readonly changed: boolean
  /** The handler has sent another session under the same cookie, which the changes would undo. */
  readonly yields: boolean
  /** Less than half of the lifetime is left, or the token should be sealed anew. */
  readonly renews: boolean
}

/** What becomes of a session at the end of a request. */
export function decide(state: CommitState): 'keep' | 'drop' | 'yield' | 'write' {
  if (!state.saves) return 'keep'
  if (state.destroyed) return 'drop'
  if (state.yields) return 'yield'
  return state.changed || state.renews ? 'write' : 'keep'
}

/** Whether the session holds what the handler has committed by hand too, so that its cookie can replace that one. */
function takesOver(control: SessionControl, engine: SessionEngine): boolean {
  return control.committed || engine.mergesWithOthers(control.record)
}

function warnYield(name: string): undefined {
  warnOnce(
    `a handler changed the session of the middleware and sent another one under the same cookie "${name}", so the changes are lost. Use one of the two: the middleware's, or getSession() and commitSession().`,
  )
}

function warnLostCookie(): void {
  warnOnce(
    'a response that switches protocols has immutable headers, so the session cookie could not go with it. Write to the session in a request before.',
  )
}

/** Attributes for this request's cookie: browsers other than Chromium refuse Secure from http://localhost. */
function cookieFor(request: Request, engine: SessionEngine): CookieAttributes {
  return engine.cookie.canDropSecure && isPlainLoopback(request) ? { secure: false } : {}
}

function isPlainLoopback(request: Request): boolean {
  // In production the loopback host is a proxy's last hop.
  if (!request.url.startsWith('http:') || isProduction()) return false
  const { hostname } = new URL(request.url)
  const isLoopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  // Behind a proxy that speaks https the loopback host is only the last hop.
  const forwarded = `${request.headers.get('x-forwarded-proto')} ${request.headers.get('forwarded')}`
  return isLoopback && !/\bhttps\b/i.test(forwarded)
}

/** A request that changes something is no prefetch, whatever it says: flash values would never be consumed. */
function isPrefetch(request: Request): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  return request.headers.get('sec-purpose')?.startsWith('prefetch') === true
}

/** Whether an exception led to the response, other than one that carries its response (Hono's HTTPException). */
function isFailure(error: unknown): boolean {
  if (error === undefined || error === null || isResponse(error)) return false
  return typeof (error as { getResponse?: unknown }).getResponse !== 'function'
}

/** By shape, because servers replace the global class and fetch() still makes the original. */
function isResponse(value: unknown): value is Response {
  // Errors of API clients have a status and headers too.
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { status, headers, clone } = value as Partial<Response>
  return (
    typeof status === 'number' &&
    typeof headers?.getSetCookie === 'function' &&
    typeof clone === 'function'
  )
}

function storageResolver<Context, Data extends object, FlashData extends object>(
  { storage }: SessionOptions<Data, FlashData, Context>,
  environment: EnvironmentAccess<Context>,
): (context: Context) => object {
  if (typeof storage === 'object') {
    engineOf(storage) // a foreign object is an error at start, not at the first request
    return () => storage
  }
  const perEnvironment = oncePerEnvironment<Context>((env, context) =>
    storage === undefined ? createDefaultStorage(env) : environment.replace(context, env, storage),
  )
  return (context) => perEnvironment(environment.get(context), context)
}
