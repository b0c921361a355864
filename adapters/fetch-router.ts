/**
 * Sessions for Remix's fetch-router.
 * @module
 */

import type { Middleware, RequestContext } from '@remix-run/fetch-router'

import { createSessionRunner, isSession, Session, SessionError } from '../src/index.ts'
import type { SessionData, SessionOptions } from '../src/index.ts'

/**
 * Options of {@link session}.
 *
 * @example
 * import { createContextKey, createRouter } from '@remix-run/fetch-router'
 * import type { Session } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/fetch-router'
 *
 * const Visitor = createContextKey<Session>()
 * const router = createRouter({ middleware: [session({ key: Visitor, property: 'visitor' })] })
 * router.get('/', ({ visitor }) => new Response(`Hello ${visitor.get('name')}`))
 */
export interface FetchRouterSessionOptions<
  Data extends object,
  FlashData extends object,
  Key extends object,
  Property extends string,
> extends SessionOptions<Data, FlashData> {
  /**
   * The context key that gives the session, to have several side by side: make one with `createContextKey()`.
   * Default: the class `Session`, as in `context.get(Session)`.
   */
  key?: Key | undefined
  /** The property of the context that holds the session. Default: `session`, as in `context.session`. */
  property?: Property | undefined
}

/**
 * fetch-router middleware that loads the session from the request and commits it to the response.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option; `router.fetch()` rejects with `ERR_SESSION_STORAGE`
 * and with other errors of a commit
 *
 * @example
 * import { createRouter } from '@remix-run/fetch-router'
 * import { session } from 'fetch-sessions/fetch-router'
 *
 * const router = createRouter({ middleware: [session<{ name: string }>()] })
 * router.get('/', ({ session }) => new Response(`Hello ${session.get('name') ?? 'stranger'}`))
 */
export function session<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Key extends object = typeof Session,
  const Property extends string = 'session',
>(
  options: FetchRouterSessionOptions<Data, FlashData, Key, Property> = {},
): Middleware<{ key: Key; value: Session<Data, FlashData>; property: Property }> {
  const { key = Session, property = 'session' } = options
  const run = createSessionRunner<Data, FlashData>(options, ['key', 'property'])

  return function sessionMiddleware(context, next) {
    const scope = {
      place: (current: Session<Data, FlashData>) => place(context, key, property, current),
    }
    return run(context.request, scope, next)
  }
}

/**
 * Puts the session where the router would. The router defines an accessor for each request, which costs more than
 * everything else for a request without a session.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if another session uses the key
 * @throws Error of the router if something else uses the property
 */
function place(context: RequestContext, key: object, property: string, current: object): void {
  const former: unknown = context.get(key)
  const isSame = property in context && Reflect.get(context, property) === former
  if (!isSame && isSession(former)) throw sharedKey(property)
  const isFree = isSame || !(property in context)
  context.set(key, current as never, isFree ? undefined : { property })
  if (isFree) (context as RequestContext & { [name: string]: unknown })[property] = current
}

function sharedKey(property: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `Two sessions use one context key: make another with createContextKey() for the session of the property "${property}".`,
  )
}
