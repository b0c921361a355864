import type { SerializeOptions } from '../cookie/set-cookie.ts'
import type { Committed, SessionEngine } from '../engine/session-engine.ts'
import type { Session } from '../session/session.ts'
import type { SessionState } from '../session/session-state.ts'
import { isProduction, warnOnce } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { isPeek } from '../util/request-traits.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { withSessionHeaders } from './response-headers.ts'
import type { SessionHeaders } from './response-headers.ts'
import { changedKeys, notify, printDebugLine } from './session-event.ts'
import type { SessionEvent, SessionOutcome } from './session-event.ts'

/** One request with its session and the options of the middleware. */
export interface Visit {
  readonly engine: SessionEngine
  readonly state: SessionState
  readonly session: Session<object, object>
  readonly rolling: boolean
  readonly lazy: boolean
  readonly saveIf: ((response: Response) => boolean) | undefined
  readonly isDebugged: boolean
  readonly observe: ((event: SessionEvent) => unknown) | undefined
}

/**
 * What happens to a session at the end of a request:
 *
 * - `keep`: nothing
 * - `end`: the session ends in the back end, and its cookie is cleared
 * - `send`: the response sends the cookie that the handler made by hand
 * - `yield`: the handler sends another session under this cookie, and a write would undo that
 * - `write`: the changes are saved
 * - `renew`: the expiry moves, the token is sealed again, or the user's list of sessions is brought up to date
 */
type Decision = 'keep' | 'end' | 'send' | 'yield' | 'write' | 'renew'

/** The facts that decide what happens to a session at the end of a request. */
export interface CommitState {
  /** The handler called `destroy()`; or `signOut()`, and nothing can be saved. */
  readonly destroyed: boolean
  /** `destroySession()` has already ended it in the back end. */
  readonly ended: boolean
  readonly changed: boolean
  /** There is a response, and its status saves. */
  readonly saves: boolean
  /** `commitSession()` or `destroySession()` has made a cookie for this session. */
  readonly committed: boolean
  /** The session whose cookie the handler has put into the response. */
  readonly setByHand: 'none' | 'this' | 'another' | 'unknown'
  /** The record stays under this id, so a write is safe whatever cookie the handler sends. */
  readonly merges: boolean
  /** Less than half of the lifetime is left, the token should be sealed anew, or the list should say that it is in use. */
  readonly renews: boolean
}

/** Decides what happens to a session at the end of a request. A logout holds with every response. */
export function decide(state: CommitState): Decision {
  if (state.destroyed && !state.ended) return 'end'
  const isOthers = state.setByHand === 'another' || state.setByHand === 'unknown'
  if (state.changed && state.saves && !state.destroyed) {
    return isOthers && !state.merges ? 'yield' : 'write'
  }
  if (state.setByHand !== 'none') return 'keep'
  if (state.committed) return 'send'
  return state.renews && !state.destroyed ? 'renew' : 'keep'
}

/**
 * Saves the session of a request if its response allows it, and returns the response to send.
 *
 * @param thrown what the handler threw in place of a response
 */
export async function commitVisit(
  visit: Visit,
  response: Response | undefined,
  thrown?: unknown,
): Promise<Response | undefined> {
  const { engine, state, rolling } = visit
  const { request } = state
  const saves = response !== undefined && (visit.saveIf?.(response) ?? response.status < 500)
  if (saves && !visit.lazy && state.record === undefined && state.opensOnAccess) void state.open()
  // Close before writing: later changes would not be saved.
  state.closed = true
  const now = Date.now()
  const { record, signsOut, endedInBackend: ended } = state
  // Comparing throws for values that JSON cannot store. A response that saves nothing must not fail for that.
  const changed = saves && state.changed
  const committed = state.committed !== undefined
  const isDue =
    saves &&
    record !== undefined &&
    (record.stale ||
      (rolling && engine.isRenewalDue(record, now)) ||
      (record.user !== undefined && engine.isSeenDue(record, now)))
  const hasOutcome = changed || isDue || committed || state.destroyed || signsOut
  const hasCookies = hasOutcome && response?.headers.has('Set-Cookie') === true
  const setByHand = hasCookies ? await whoseCookie(visit, response) : 'none'
  // A sign-out whose new session is not stored still holds.
  const destroyed = state.destroyed || (signsOut && (!saves || setByHand === 'another'))
  const renews = isDue && setByHand === 'none' && !(request !== undefined && isPeek(request))
  const merges =
    setByHand !== 'none' && record !== undefined && !state.regenerated && engine.merges(record)
  const decision = decide({
    destroyed,
    ended,
    changed,
    saves,
    committed,
    setByHand,
    merges,
    renews,
  })
  const isObserved = visit.observe !== undefined || visit.isDebugged
  const keys = isObserved && decision === 'write' ? changedKeys(state) : []
  const conflicts = isObserved ? { count: 0 } : undefined
  const startedAt = isObserved ? performance.now() : 0

  let setCookies: readonly string[] = []
  let outcome: SessionOutcome = isObserved ? outcomeOf(decision, state) : 'kept'
  let error = thrown
  switch (decision) {
    case 'keep':
      // A commit by hand also clears duplicates of the cookie. The handler has no text for those.
      if (setByHand !== 'none') setCookies = state.committed?.slice(1) ?? []
      break
    case 'yield':
      warnYield(engine.cookie.name)
      break
    case 'send':
      setCookies = state.committed ?? []
      break
    case 'end':
      setCookies = await engine.end(state, cookieOverrides(visit))
      break
    case 'write':
    case 'renew': {
      const renew = rolling && renews ? 'due' : 'never'
      const options = { now, renew, attributes: cookieOverrides(visit), conflicts } as const
      const done = await (decision === 'write'
        ? engine.commit(state, options)
        : engine.commit(state, options).catch(postponed))
      setCookies = done.setCookies
      error ??= done.error
      if (done.outcome === 'retired') outcome = 'retired'
      if (done.outcome === 'postponed') outcome = 'kept'
      // A commit by hand has made this id, and nobody has sent its cookie yet.
      else if (setCookies.length === 0 && setByHand === 'none') setCookies = state.committed ?? []
    }
  }
  // The handler's cookie for another session wins, unless it may belong to the session that was just ended.
  const isOthers = setByHand === 'another' || (setByHand === 'unknown' && decision !== 'end')
  if (response === undefined || isOthers) setCookies = []
  const isRefused = setCookies.length > 0 && isRefusedByBrowsers(visit, setCookies)
  if (isRefused) warnPlainHttp(engine.cookie.name)
  if (isObserved) {
    const storeTime = (state.meter?.storeTime ?? 0) + performance.now() - startedAt
    const facts = { outcome, changed: keys, conflicts: conflicts?.count ?? 0, storeTime, error }
    report(visit, { ...facts, cookieBytes: setCookies.join('').length }, isRefused)
  }
  if (response === undefined) return undefined
  return withSessionHeaders(response, {
    ...privacyOf(visit),
    ...(setCookies.length > 0 || setByHand !== 'none' ? { isPrivate: true } : {}),
    setCookies,
    replaces:
      setByHand !== 'none' && setCookies.length > 0 && decision !== 'keep'
        ? engine.cookie.isSetBy
        : undefined,
  })
}

/** Whether a response depends on the Cookie header, and whether only this visitor may see it. */
export function privacyOf({ state }: Visit): Pick<SessionHeaders, 'vary' | 'isPrivate'> {
  const { touched, record, offered } = state
  // The record is not loaded yet, so it may hold something.
  const isWaiting = record === undefined && offered.length > 0
  return { vary: touched, isPrivate: touched && (isWaiting || record?.origin === 'resumed') }
}

/** The outcome if all goes well. */
function outcomeOf(decision: Decision, state: SessionState): SessionOutcome {
  switch (decision) {
    case 'end':
      return 'ended'
    case 'yield':
      return 'yielded'
    case 'write':
      return 'written'
    case 'renew':
      return 'renewed'
    case 'keep':
    case 'send':
      if (state.endedInBackend) return 'ended'
      return state.committed === undefined ? 'kept' : 'written'
  }
}

/** Tells the application what happened. */
export function report(
  { engine, state, isDebugged, observe }: Visit,
  facts: Pick<
    SessionEvent,
    'outcome' | 'changed' | 'conflicts' | 'storeTime' | 'cookieBytes' | 'error'
  >,
  isRefused: boolean,
): void {
  // A sign-in that was not saved has signed nobody in.
  const { origin, handle = '', user } = state.before ?? state.record ?? {}
  const event = { name: engine.cookie.name, origin, handle, userId: user?.id, ...facts }
  // Headers that Deno has closed were copied before.
  if (isDebugged) {
    const note = isRefused ? '; not stored, since this is plain http' : ''
    printDebugLine(state.request as RequestTraits, event, note)
  }
  if (observe !== undefined) notify(observe, event)
}

/** The next request tries a failed renewal again. The application did not ask for it, so the request does not fail. */
function postponed(error: unknown): Committed {
  if (!(error instanceof SessionError)) throw error
  if (error.code !== 'ERR_SESSION_STORAGE') warnOnce(`a session was not renewed: ${error.message}`)
  return { outcome: 'postponed', setCookies: [], error }
}

/** The session whose cookie a handler has set or cleared itself. */
async function whoseCookie(
  { engine, state }: Visit,
  response: Response,
): Promise<CommitState['setByHand']> {
  const text = response.headers.getSetCookie().findLast(engine.cookie.isSetBy)
  if (text === undefined) return 'none'
  if (state.committed !== undefined) return 'this'
  const isThis = state.record === undefined ? false : await engine.isFor(state.record, text)
  if (isThis === undefined) return 'unknown'
  return isThis ? 'this' : 'another'
}

/** Attributes for this request's cookie: browsers other than Chromium refuse Secure from http://localhost. */
function cookieOverrides({ state, engine }: Visit): SerializeOptions {
  const isLocal =
    engine.cookie.canDropSecure &&
    state.request !== undefined &&
    isPlainHttp(state.request) === 'loopback'
  return isLocal ? { secure: false } : {}
}

/** Browsers store no Secure cookie that came over plain http (RFC 6265bis section 5.7). */
function isRefusedByBrowsers({ state }: Visit, setCookies: readonly string[]): boolean {
  if (state.request === undefined || isPlainHttp(state.request) !== 'other') return false
  return setCookies.some((text) => /;\s*secure\s*(;|$)/i.test(text))
}

function warnYield(name: string): void {
  warnOnce(
    `a handler changed the session of the middleware and sent another one under the same cookie "${name}", so the changes are lost. Use one of the two: the middleware's, or getSession() and commitSession().`,
  )
}

function warnPlainHttp(name: string): void {
  warnOnce(
    `browsers will not store this cookie: "${name}" is Secure, and the request came over plain http to a host other than localhost. Use https, or http://localhost; behind a proxy that speaks https, have it send X-Forwarded-Proto.`,
  )
}

const LOOPBACK = /^http:\/\/(localhost|[^/?#@]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?([/?#]|$)/

/** The headers in which a proxy names the protocol of the browser. */
const PROXY_HEADERS = ['x-forwarded-proto', 'forwarded', 'x-forwarded-scheme', 'cf-visitor']

/**
 * Whether a request came over plain http, in development, without a proxy that speaks https.
 *
 * - `loopback`: from this machine. Browsers store the cookie without Secure.
 * - `other`: from another machine. Browsers refuse a Secure cookie.
 * - `false`: over https, or in production, where plain http is the last hop behind a proxy.
 */
export function isPlainHttp(request: RequestTraits): 'loopback' | 'other' | false {
  if (!request.url.startsWith('http:') || isProduction()) return false
  for (const name of PROXY_HEADERS) {
    if (/\bhttps\b/i.test(request.headers.get(name) ?? '')) return false
  }
  return LOOPBACK.test(request.url) ? 'loopback' : 'other'
}
