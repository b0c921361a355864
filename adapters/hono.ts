/**
 * Sessions for Hono.
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono'

import { createSessionRunner } from '../src/index.ts'
import type { RouterAccess, Session, SessionData, SessionOptions } from '../src/index.ts'

/**
 * The variables that {@link session} sets, for an application or a handler that is not chained to it.
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
  /** What `c.var` and `c.get()` know. */
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
> extends SessionOptions<Data, FlashData, Context> {
  /** The variable that holds the session, to have several side by side. Default: `session`, as in `c.var.session`. */
  key?: Key | undefined
}

/**
 * Hono middleware that loads the session from the request and commits it to the response.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be; the handlers' `onError` gets `ERR_SESSION_STORAGE`
 * and what else a commit throws
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
  const { key = 'session' as Key, ...rest } = options
  const run = createSessionRunner(rest, access)

  return function sessionMiddleware(c, next) {
    return run(c.req.raw, c, (current) => {
      c.set(key, current as never)
      return next()
    })
  }
}

const access: RouterAccess<Context, void, void> = {
  identity: (c) => c, // bodyLimit() and others replace c.req.raw
  environment: (c) => c.env,
  withEnvironment(c, environment, use) {
    const { env } = c
    c.env = environment
    try {
      return use(c)
    } finally {
      c.env = env
    }
  },
  outcome: (c) => ({ response: c.res, error: c.error }),
  respond(c, response) {
    // The page of an error must not inherit the headers of the response that could not be sent.
    if (response === undefined) c.res = undefined
    else if (response !== c.res) replaceResponse(c, response)
  },
}

/** By way of none: a second assignment would merge the headers of the first response into the second. */
function replaceResponse(c: Context, response: Response): void {
  c.res = undefined
  c.res = response
}
