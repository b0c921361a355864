import type { SessionEngine } from '../engine/session-engine.ts'
import { sessionOf } from '../session/session.ts'
import type { Session, SessionData } from '../session/session.ts'
import { isWorkers } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { isResponse } from '../util/request-traits.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { withSessionHeaders } from './response-headers.ts'
import { commitVisit, privacyOf, report } from './session-commit.ts'
import type { Visit } from './session-commit.ts'
import { isDebugged } from './session-event.ts'
import { assertOptions } from './session-options.ts'
import type { SessionOptions } from './session-options.ts'
import { engineForRequest } from './storage-for-request.ts'

/**
 * Where a request comes from, and where its session goes.
 *
 * @example
 * import type { SessionScope } from 'fetch-sessions'
 *
 * export function scopeOf(context: { env: object; session?: object }): SessionScope {
 *   return {
 *     place: (session) => (context.session = session),
 *     environment: context.env,
 *     context,
 *   }
 * }
 */
export interface SessionScope<Data extends object = SessionData, FlashData extends object = Data> {
  /** Puts the session where handlers look for it. It is called once, before the session is read. */
  place(session: Session<Data, FlashData>): void
  /** Workers' bindings. Without it, the variables of the process are used. */
  readonly environment?: unknown
  /** Prefer the variables of the process: the environment may be anything, even data of the client. */
  readonly processFirst?: boolean | undefined
  /** The router's object for this one request. Needed if middlewares may replace the Request. */
  readonly context?: object | undefined
}

/**
 * Makes the function that an adapter calls for each request: it opens the session, runs the handler and commits.
 *
 * The runner returns the handler's response, or a copy with the session's headers. It throws what the handler throws. If
 * that is a Response, such as a redirect, it commits first. Without a response, nothing is saved.
 *
 * @param ownOptions the names of options that the adapter itself reads, such as `key`. Every other unknown option is refused
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid or unknown option; the runner rejects with what
 * {@link SessionStorage} throws
 *
 * @example
 * import { createSessionRunner } from 'fetch-sessions'
 * import type { Session } from 'fetch-sessions'
 *
 * const run = createSessionRunner({})
 *
 * export function handle(request: Request, page: (session: Session) => Response) {
 *   let current: Session
 *   return run(request, { place: (session) => (current = session) }, () => page(current))
 * }
 */
export function createSessionRunner<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  options: SessionOptions<Data, FlashData>,
  ownOptions: readonly string[] = [],
): <Answer extends Response | undefined>(
  request: Request,
  scope: SessionScope<Data, FlashData>,
  handler: () => Answer | Promise<Answer>,
) => Promise<Answer> {
  assertOptions(options, ownOptions)
  const { rolling = true, lazy = false, debug, observe, saveIf } = options
  const source = engineForRequest(options.storage)
  const isDebuggedHere = debug ?? isDebugged(undefined)

  return async function runWithSession(request, scope, handler) {
    const { context } = scope
    const { headers } = request
    const engine = typeof source === 'function' ? await source(scope) : source
    const keys = engine.ready()
    if (keys !== undefined) await keys

    const outer = findVisit(headers, context, engine)
    if (outer !== undefined) {
      scope.place(outer.session as Session<Data, FlashData>)
      if (!lazy) await outer.state.open()
      const answer = await handler()
      // There may be a cache between the two middlewares.
      const sent = answer && withSessionHeaders(answer, { ...privacyOf(outer), setCookies: [] })
      return sent as typeof answer
    }

    const state = engine.begin(headers.get('cookie'))
    // Deno closes the request when it upgrades; reading it later throws.
    const isClosing = 'Deno' in globalThis && headers.has('upgrade')
    state.request = isClosing ? traitsOf(request) : request
    const session = sessionOf<Data, FlashData>(state)
    const visit: Visit = {
      engine,
      state,
      session: session as Session<object, object>,
      rolling,
      lazy,
      saveIf,
      isDebugged: isDebuggedHere || (debug === undefined && isDebuggedBy(scope)),
      observe,
    }
    if (observe !== undefined || visit.isDebugged) state.meter = { storeTime: 0 }
    scope.place(session)
    beginVisit(headers, context, visit)
    try {
      if (!state.opensOnAccess && !lazy) await state.open()
      let answer: Response | undefined
      let isThrown = false
      try {
        answer = await handler()
      } catch (thrown) {
        // Routers throw a Response, such as a redirect, to send it.
        if (!isResponse(thrown)) throw thrown
        answer = thrown
        isThrown = true
      }
      const sent = isUntouched(visit) ? answer : await commitVisit(visit, answer)
      if (isThrown) throw sent
      return sent as Awaited<ReturnType<typeof handler>>
    } catch (error) {
      if (!isResponse(error)) await finishWithoutResponse(visit, error)
      throw error
    } finally {
      state.closed = true
      forgetVisit(headers, context, visit)
    }
  }
}

/** True if nobody read the session and its cookie needs no renewal. The response is then sent as it is. */
function isUntouched({ state, engine, rolling }: Visit): boolean {
  if (state.touched || state.meter !== undefined || state.record !== undefined) return false
  return !state.opensOnAccess || !engine.mayNeedRenewal(state, rolling)
}

/** A failed request saves nothing; only its logout holds. */
async function finishWithoutResponse(visit: Visit, thrown: unknown): Promise<void> {
  const { state } = visit
  try {
    if (!state.closed) return void (await commitVisit(visit, undefined, thrown))
    // What follows a sign-out could not be saved. The sign-out itself holds.
    if (state.signsOut) await visit.engine.end(state, {})
    reportFailure(visit, thrown)
  } catch (error) {
    // The request fails with the handler's error, so this one is only printed.
    console.error('fetch-sessions: a session could not be ended after its handler threw:', error)
    reportFailure(visit, error)
  }
}

/** The session could not be loaded or saved. */
function reportFailure(visit: Visit, error: unknown): void {
  if (visit.state.meter === undefined) return
  const { storeTime } = visit.state.meter
  const facts = { outcome: 'failed', changed: [], conflicts: 0, storeTime, cookieBytes: 0 } as const
  report(visit, { ...facts, error }, false)
}

/**
 * The visits in progress, by the Headers of their Request and by the router's object for the request. The Headers are the
 * key because a Proxy of the Request, such as those of itty-router and h3, shares them.
 */
const visits = new WeakMap<object, Visit[]>()

/**
 * The visit that an outer middleware has begun for the same request and storage.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if another storage has the cookie
 */
function findVisit(
  headers: Headers,
  context: object | undefined,
  engine: SessionEngine,
): Visit | undefined {
  const all = visits.get(context ?? headers) ?? visits.get(headers)
  if (all === undefined) return undefined
  const { name } = engine.cookie
  const found = all.find((visit) => visit.engine.cookie.name === name && !visit.state.closed)
  if (found === undefined || found.engine === engine) return found
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `Two storages of one request use the cookie "${name}": mount the same storage twice to share its session, or give one of them another \`cookie.name\`.`,
  )
}

function beginVisit(headers: Headers, context: object | undefined, visit: Visit): void {
  const all = visits.get(context ?? headers) ?? visits.get(headers) ?? []
  all.push(visit)
  visits.set(headers, all)
  if (context !== undefined) visits.set(context, all)
}

function forgetVisit(headers: Headers, context: object | undefined, visit: Visit): void {
  const all = visits.get(context ?? headers) ?? []
  all.splice(all.indexOf(visit), 1)
  if (all.length > 0) return
  visits.delete(headers)
  if (context !== undefined) visits.delete(context)
}

function traitsOf({ method, url, headers }: Request): RequestTraits {
  return { method, url, headers: new Headers(headers) }
}

/** Whether the bindings of this request turn debugging on. The variables of the process were read before. */
function isDebuggedBy({
  environment,
  processFirst,
}: Pick<SessionScope, 'environment' | 'processFirst'>): boolean {
  if (processFirst === true && !isWorkers()) return false
  if (typeof environment !== 'object' || environment === null) return false
  return 'DEBUG' in environment && isDebugged(environment)
}
