/**
 * Sessions for h3 and Nitro.
 * @module
 */

import { HTTPError, toResponse } from 'h3'
import type { H3Event, H3EventContext, Middleware } from 'h3'

import { createSessionRunner, SessionError } from '../src/index.ts'
import type { Session, SessionData, SessionOptions } from '../src/index.ts'

/**
 * Options of {@link session}.
 *
 * @example
 * import { createCookieSessionStorage } from 'fetch-sessions'
 * import type { H3SessionOptions } from 'fetch-sessions/h3'
 *
 * interface Data {
 *   name: string
 * }
 *
 * export const options: H3SessionOptions<Data, Data> = {
 *   key: 'visitor',
 *   storage: createCookieSessionStorage({
 *     cookie: { secrets: ['32 random characters in real life'] },
 *   }),
 * }
 */
export interface H3SessionOptions<
  Data extends object,
  FlashData extends object,
> extends SessionOptions<Data, FlashData> {
  /** The property of `event.context` that holds the session, to have several side by side. Default: `session`. */
  key?: string | undefined
}

/**
 * h3 middleware that loads the session from the request and commits it to the response; Nitro takes it too.
 *
 * A thrown HTTPError below 500 saves the session, and so does a thrown Response. Other errors go on to h3 and save nothing.
 *
 * Declare the session in h3's `H3EventContext`, as in the example, and `event.context.session` is typed everywhere.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import type { Session } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/h3'
 * import { H3 } from 'h3'
 *
 * declare module 'h3' {
 *   interface H3EventContext {
 *     session: Session<{ name: string }>
 *   }
 * }
 *
 * const app = new H3().use(session())
 * app.get('/', (event) => `Hello ${event.context.session.get('name') ?? 'stranger'}`)
 */
export function session<Data extends object = SessionData, FlashData extends object = Data>(
  options: H3SessionOptions<Data, FlashData> = {},
): Middleware {
  const { key = 'session' } = options
  const run = createSessionRunner<Data, FlashData>(options, ['key'])

  return function sessionMiddleware(event, next) {
    assertEvent(event)
    const scope = {
      place: (current: Session<Data, FlashData>) => place(event, key, current),
      environment: event.runtime?.cloudflare?.env,
    }
    return run(event.req as Request, scope, () => respond(event, next))
  }
}

function assertEvent(event: H3Event): void {
  if (typeof event?.req?.headers?.get === 'function') return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    'This is not an h3 2 event. fetch-sessions/h3 needs h3 2 or Nitro 3; Nitro 2 and Nuxt use h3 1.',
  )
}

/** The Headers of the request that each context was made for. */
const owners = new WeakMap<object, Headers>()

/**
 * Puts the session into the context, behind a getter for the handlers of this request alone. A cached handler of Nitro gets
 * this event with another request, without the Cookie header. The session must not reveal what that hides. bodyLimit() and
 * mount() wrap a request too, but keep its Headers.
 *
 * The application may pass one context to several requests, so each request gets a copy before its first session.
 */
function place(event: H3Event, key: string, current: object): void {
  const { req } = event
  if (owners.get(event.context) !== req.headers) {
    const context: H3EventContext = { ...event.context } // sessions are not enumerable
    Object.assign(event, { context })
    Object.assign(req, { context }) // what `app.mount(base, other.fetch)` hands on
    owners.set(context, req.headers)
  }
  Object.defineProperty(event.context, key, {
    configurable: true,
    get() {
      if (event.req === req || event.req.headers === req.headers) return current
      throw new SessionError(
        'ERR_SESSION_CONFIG',
        `\`event.context.${key}\` was read in a cached handler, whose response goes to every visitor. Read the session outside of it.`,
      )
    },
  })
}

/**
 * The session of a request, for code that only has the event.
 *
 * @param key the `key` given to {@link session}
 * @throws SessionError `ERR_SESSION_CONFIG` if no {@link session} has run before, and in a cached handler of Nitro
 *
 * @example
 * import { getSession } from 'fetch-sessions/h3'
 * import type { H3Event } from 'h3'
 *
 * export const userOf = (event: H3Event): string | undefined => getSession(event).userId
 */
export function getSession<Data extends object = SessionData, FlashData extends object = Data>(
  event: H3Event,
  key = 'session',
): Session<Data, FlashData> {
  const current = event.context[key] as Session<Data, FlashData> | undefined
  if (current !== undefined) return current
  const option = key === 'session' ? '' : `{ key: ${JSON.stringify(key)} }`
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `This request has no session: write \`app.use(session(${option}))\`, before the routes that need it.`,
  )
}

/** The Response that h3 would send. h3 itself calls `onResponse` later. */
async function respond(event: H3Event, next: () => unknown): Promise<Response> {
  const { onResponse: _, ...config } = event.app?.config ?? {}
  try {
    return await toResponse(await next(), event, config)
  } catch (thrown) {
    if (!isAnswer(thrown)) throw thrown
    return toResponse(thrown, event, config)
  }
}

function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Response || (HTTPError.isError(thrown) && thrown.unhandled !== true)
}
