import type { Context, MiddlewareHandler } from 'hono'

import { createSessionRunner } from '../src/index.ts'
import type { EnvironmentAccess, Session, SessionData, SessionOptions } from '../src/index.ts'

/** The variables that {@link session} sets: `new Hono<SessionEnv<Data, FlashData>>()`. */
export interface SessionEnv<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Key extends string = 'session',
> {
  Variables: { [name in Key]: Session<Data, FlashData> }
}

/** Options of {@link session}. */
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
 * @example
 * const app = new Hono().use(session()).get('/', (c) => c.text(`Hello ${c.var.session.get('name')}`))
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function session<
  Data extends object = SessionData,
  FlashData extends object = Data,
  const Key extends string = 'session',
>(
  options: HonoSessionOptions<Data, FlashData, Key> = {},
): MiddlewareHandler<SessionEnv<Data, FlashData, Key>> {
  const { key = 'session' as Key, ...rest } = options
  const run = createSessionRunner(rest, bindings)

  return async function sessionMiddleware(c, next) {
    try {
      const response = await run(c.req.raw, c, async (current) => {
        c.set(key, current as never)
        await next()
        return { response: c.res, error: c.error }
      })
      if (response !== c.res) replaceResponse(c, response)
    } catch (error) {
      // The page of the error must not inherit the headers of the response that could not be sent.
      replaceResponse(c, undefined)
      throw error
    }
  }
}

/** By way of none: a second assignment would merge the headers of the first response into the second. */
function replaceResponse(c: Context, response: Response | undefined): void {
  c.res = undefined
  if (response !== undefined) c.res = response
}

const bindings: EnvironmentAccess<Context> = {
  identity: (c) => c, // bodyLimit() and others replace c.req.raw
  get: (c) => c.env,
  replace(c, environment, use) {
    const { env } = c
    c.env = environment
    try {
      return use(c)
    } finally {
      c.env = env
    }
  },
}
