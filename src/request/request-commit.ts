import type { DebugLine } from './debug-line.ts'
import { warnOnce } from '../util/environment.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { decide } from './request-outcome.ts'
import type { HandlerOutcome } from './request-outcome.ts'
import { isFailure, isPlainLoopback, isPrefetch } from '../util/request-traits.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { ownSetCookies, withSessionHeaders } from './response-headers.ts'
import type { SessionHeaders } from './response-headers.ts'
import type { SessionControl } from '../session/session-state.ts'
import type { SessionEngine } from '../engine/session-engine.ts'
import type { CookieAttributes } from '../cookie/set-cookie.ts'

/** A request under way, with its session. */
export interface Visit {
  /** Tells the sessions of this request from those of others. */
  readonly number: number
  readonly request: RequestTraits
  readonly engine: SessionEngine
  readonly control: SessionControl
  readonly rolling: boolean
  readonly saves: ((response: Response) => boolean) | undefined
  readonly debug: DebugLine | undefined
}

/** Saves the session of a request as its response allows, and gives the response to send. */
export function commitVisit(visit: Visit, outcome: HandlerOutcome): MaybePromise<Response> {
  const { control } = visit
  const claims = !control.isOpen && control.claimsRenewal(visit.rolling)
  if (!claims && isLeftAlone(visit)) {
    control.closed = true
    return withSessionHeaders(outcome.response, NOTHING_TO_SAY, visit.number)
  }
  const saves = isToBeSaved(visit, outcome)
  const isOpened =
    claims && saves && !isSetByHand(visit, outcome.response) && !isPrefetch(visit.request)
  const opening = isOpened ? control.open() : undefined
  return opening instanceof Promise
    ? opening.then(() => close(visit, outcome, saves))
    : close(visit, outcome, saves)
}

const NOTHING_TO_SAY: SessionHeaders = { vary: false, setCookie: undefined }

/** Nobody has looked at the session, so that nothing depends on it. */
function isLeftAlone({ control, debug }: Visit): boolean {
  return !control.touched && !control.isOpen && debug === undefined
}

function isToBeSaved({ saves }: Visit, { response, error }: HandlerOutcome): boolean {
  return saves?.(response) ?? (response.status < 500 && !isFailure(error))
}

function close(visit: Visit, outcome: HandlerOutcome, saves: boolean): MaybePromise<Response> {
  // Before the store is asked: what is written from here on can no longer be part of the commit.
  visit.control.closed = true
  const ending = endingOf(visit, outcome.response)
  const setCookie = settle(visit, outcome, saves, ending)
  return setCookie instanceof Promise
    ? setCookie.then((text) => send(visit, outcome.response, text, ending))
    : send(visit, outcome.response, setCookie, ending)
}

/** What a handler has left behind. */
interface Ending {
  readonly now: number
  readonly changed: boolean
  readonly wantsRenewal: boolean
  /** The response sets or clears the cookie already. Looked for only where it matters. */
  readonly isByHand: boolean
}

function endingOf(visit: Visit, response: Response): Ending {
  const { control } = visit
  const now = Date.now()
  const { changed } = control
  const wantsRenewal = control.isOpen && isRenewalWanted(visit, now)
  const isByHand = (changed || wantsRenewal) && isSetByHand(visit, response)
  return { now, changed, wantsRenewal, isByHand }
}

/** Gives the Set-Cookie text to send, or none. */
function settle(
  visit: Visit,
  outcome: HandlerOutcome,
  saves: boolean,
  { now, changed, wantsRenewal, isByHand }: Ending,
): MaybePromise<string | undefined | null> {
  const { engine, control, rolling } = visit
  const mayRenew = (changed || wantsRenewal) && !isByHand && !isPrefetch(visit.request)
  const decision = decide({
    saves: saves && !(control.destroyed && control.settled),
    destroyed: control.destroyed,
    changed,
    yields: changed && isByHand && !takesOver(visit),
    renews: wantsRenewal && mayRenew,
  })
  visit.debug?.decided(decision, { control, outcome, saves, now })
  switch (decision) {
    case 'keep':
      return undefined
    case 'yield':
      return warnYield(engine.cookie.name)
    case 'drop':
      return engine.destroy(control, attributesFor(visit))
    case 'write':
      return engine.commit(control, {
        now,
        renew: rolling && mayRenew ? 'due' : 'never',
        attributes: () => attributesFor(visit),
      })
  }
}

function send(
  { control, engine, number, debug }: Visit,
  response: Response,
  setCookie: string | undefined | null,
  { isByHand }: Ending,
): Response {
  debug?.settled(setCookie)
  const headers: SessionHeaders = {
    vary: control.touched,
    setCookie: setCookie ?? undefined,
    replaces: isByHand ? engine.cookie.isSetBy : undefined,
  }
  const sent = withSessionHeaders(response, headers, number)
  const isLost =
    typeof setCookie === 'string' && sent.status < 200 && !sent.headers.has('Set-Cookie')
  if (isLost) warnLostCookie()
  return sent
}

/** A handler that has set or cleared the cookie itself has the last word, unless there is something to write. */
function isSetByHand({ engine }: Visit, response: Response): boolean {
  return response.headers.has('Set-Cookie') && ownSetCookies(response).some(engine.cookie.isSetBy)
}

/** Whether the session holds what the handler has committed by hand too, so that its cookie can replace that one. */
function takesOver({ control, engine }: Visit): boolean {
  return control.committed || engine.mergesWithOthers(control.record)
}

function isRenewalWanted({ control, engine, rolling }: Visit, now: number): boolean {
  const { record } = control
  return record.stale || (rolling && engine.isRenewalDue(record, now))
}

const AS_SET: CookieAttributes = {}
const INSECURE: CookieAttributes = { secure: false }

/** Attributes for this request's cookie: browsers other than Chromium refuse Secure from http://localhost. */
function attributesFor({ request, engine }: Visit): CookieAttributes {
  return engine.cookie.canDropSecure && isPlainLoopback(request) ? INSECURE : AS_SET
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
