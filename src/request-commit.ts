import type { DebugLine } from './debug-line.ts'
import { warnOnce } from './environment.ts'
import { chain } from './maybe-promise.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { decide } from './request-outcome.ts'
import type { HandlerOutcome } from './request-outcome.ts'
import { isFailure, isPlainLoopback, isPrefetch } from './request-traits.ts'
import { ownSetCookies, withSessionHeaders } from './response-headers.ts'
import type { SessionControl } from './session-control.ts'
import type { SessionEngine } from './session-engine.ts'
import type { CookieAttributes } from './set-cookie.ts'

/** A request under way, with its session. */
export interface Visit {
  readonly request: Request
  /** What stands for the request where the object itself may be replaced on the way. */
  readonly identity: object
  readonly engine: SessionEngine
  readonly control: SessionControl
  readonly rolling: boolean
  readonly saves: ((response: Response) => boolean) | undefined
  readonly debug: DebugLine | undefined
}

/** Saves the session of a request as its response allows, and gives the response to send. */
export function commitVisit(visit: Visit, outcome: HandlerOutcome): MaybePromise<Response> {
  const { control, rolling } = visit
  const { response } = outcome
  const saves = visit.saves?.(response) ?? (response.status < 500 && !isFailure(outcome.error))
  const isOpened =
    saves && !control.isOpen && control.claimsRenewal(rolling) && mayRenew(visit, response)
  return chain(isOpened ? control.open() : undefined, () => {
    // Before the store is asked: what is written from here on can no longer be part of the commit.
    control.closed = true
    return chain(settle(visit, outcome, saves), (setCookie) => send(visit, response, setCookie))
  })
}

/** Gives the Set-Cookie text to send, or none. */
function settle(
  visit: Visit,
  outcome: HandlerOutcome,
  saves: boolean,
): MaybePromise<string | undefined | null> {
  const { engine, control, rolling } = visit
  const { response } = outcome
  const now = Date.now()
  const changed = control.changed
  const decision = decide({
    saves: saves && !(control.destroyed && control.settled),
    destroyed: control.destroyed,
    changed,
    yields: changed && isSetByHand(visit, response) && !takesOver(visit),
    renews: control.isOpen && wantsRenewal(visit, now) && mayRenew(visit, response),
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
        renew: rolling && mayRenew(visit, response) ? 'due' : 'never',
        overrides: attributesFor(visit),
      })
  }
}

function send(visit: Visit, response: Response, setCookie: string | undefined | null): Response {
  const { control, engine, identity } = visit
  visit.debug?.settled(setCookie)
  const sent = withSessionHeaders(
    response,
    { vary: control.touched, setCookie: setCookie ?? undefined, replaces: engine.cookie.isSetBy },
    identity,
  )
  if (typeof setCookie === 'string' && !sent.headers.has('Set-Cookie')) warnLostCookie()
  return sent
}

/** A handler that has set or cleared the cookie itself has the last word, unless there is something to write. */
function mayRenew(visit: Visit, response: Response): boolean {
  return !isPrefetch(visit.request) && !isSetByHand(visit, response)
}

function isSetByHand({ engine }: Visit, response: Response): boolean {
  return response.headers.has('Set-Cookie') && ownSetCookies(response).some(engine.cookie.isSetBy)
}

/** Whether the session holds what the handler has committed by hand too, so that its cookie can replace that one. */
function takesOver({ control, engine }: Visit): boolean {
  return control.committed || engine.mergesWithOthers(control.record)
}

function wantsRenewal({ control, engine, rolling }: Visit, now: number): boolean {
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
