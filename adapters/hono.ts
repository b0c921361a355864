/**
 * Sessions for Hono.
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono'

import { createSessionRunner, isSession, SessionError } from '../src/index.ts'
import type { Session, SessionData, SessionOptions } from '../src/index.ts'

/**
 * The variables that {@link session} sets, for an application or a handler that is not chained to it. In a chain, write
 * `.use(session<Data, FlashData>())`: Hono adds the types of the middleware to those of the application, so an untyped
 * `session()` there would let any key pass.
 *
 * @example
 * import { session } from 'fetch-sessions/hono'
 * import type { SessionEnv } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * const app = new Hono<SessionEnv<{ visits: number }>>()
 * app.use(session())
 * app.get('/', (c) => c.text(`Visit ${c.var.session.get('visits') ?? 1}`))
 */
export interface SessionEnv<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Key extends string = 'session',
> {
  /** The types of `c.var` and `c.get()`. */
  Variables: { [name in Key]: Session<Data, FlashData> }
}

/**
 * Options of {@link session}.
 *
 * @example
 * import { session } from 'fetch-sessions/hono'
 * import type { HonoSessionOptions } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * const options: HonoSessionOptions<{ visits: number }, object, 'visitor'> = { key: 'visitor' }
 * const app = new Hono().use(session(options))
 * app.get('/', (c) => c.text(`Visit ${c.var.visitor.get('visits') ?? 1}`))
 */
export interface HonoSessionOptions<
  Data extends object,
  FlashData extends object,
  Key extends string,
> extends SessionOptions<Data, FlashData> {
  /** The variable that holds the session, to have several side by side. Default: `session`, as in `c.var.session`. */
  key?: Key | undefined
}

/**
 * Hono middleware that loads the session from the request and commits it to the response.
 *
 * The status of the response decides whether the session is saved, also for the page that `app.onError` makes.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option; `app.onError` gets `ERR_SESSION_STORAGE` and the
 * other errors of a commit
 *
 * @example
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * export default new Hono()
 *   .use(session<{ name: string }>())
 *   .get('/', (c) => c.text(`Hello ${c.var.session.get('name') ?? 'stranger'}`))
 */
export function session<
  Data extends object = SessionData,
  FlashData extends object = Data,
  const Key extends string = 'session',
>(
  options: HonoSessionOptions<Data, FlashData, Key> = {},
): MiddlewareHandler<SessionEnv<Data, FlashData, Key>> {
  const { key = 'session' as Key } = options
  const run = createSessionRunner<Data, FlashData>(options, ['key'])

  return async function sessionMiddleware(c, next) {
    const scope = {
      place(current: Session<Data, FlashData>) {
        const former: unknown = c.get(key)
        if (former !== undefined && former !== current && isSession(former)) throw sharedKey(key)
        c.set(key, current as never)
      },
      environment: c.env,
      context: c, // bodyLimit() and others replace c.req.raw
    }
    // The headers of earlier middlewares, such as CORS. A page for a failed commit inherits only these.
    const before = new Headers(c.body(null).headers)
    try {
      const response = await run(c.req.raw, scope, async () => {
        await next()
        // A handler that returned nothing has no response: Hono throws, and nothing is saved.
        return c.finalized ? c.res : undefined
      })
      if (response !== undefined && response !== c.res) replaceResponse(c, response)
    } catch (error) {
      if (c.finalized) replaceResponse(c, new Response(null, { headers: before }))
      throw error
    }
  }
}

function sharedKey(key: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `Two sessions would be \`c.var.${key}\`: give one of their middlewares another \`key\`, such as \`session({ key: 'admin' })\`.`,
  )
}

/** Hono merges the headers of the former response into the new one, unless `c.res` is cleared first. */
function replaceResponse(c: Context, response: Response): void {
  c.res = undefined
  c.res = response
}

/**
 * The session of a request, for code that only has the context.
 *
 * @param key the `key` given to {@link session}
 * @throws SessionError `ERR_SESSION_CONFIG` if no {@link session} has run before
 *
 * @example
 * import { getSession } from 'fetch-sessions/hono'
 * import type { Context } from 'hono'
 *
 * export const userOf = (c: Context): string | undefined => getSession(c).userId
 */
export function getSession<Data extends object = SessionData, FlashData extends object = Data>(
  c: Context,
  key = 'session',
): Session<Data, FlashData> {
  const current = c.get(key) as Session<Data, FlashData> | undefined
  if (current !== undefined) return current
  const option = key === 'session' ? '' : `{ key: ${JSON.stringify(key)} }`
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `This request has no session: write \`app.use(session(${option}))\`, before the routes that need it.`,
  )
}
