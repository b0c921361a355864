/**
 * Sessions for any `(Request) => Response`.
 * @module
 */

import { createSessionRunner, isSession, SessionError } from '../src/index.ts'
import type { Session, SessionData, SessionOptions } from '../src/index.ts'

/**
 * Options of {@link withSession}.
 *
 * @example
 * import { createCookieSessionStorage } from 'fetch-sessions'
 * import type { FetchSessionOptions } from 'fetch-sessions/fetch'
 *
 * interface Data {
 *   name: string
 * }
 *
 * export const options: FetchSessionOptions<Data, Data> = {
 *   storage: (env: { SECRET: string }) =>
 *     createCookieSessionStorage({ cookie: { secrets: env.SECRET } }),
 * }
 */
export interface FetchSessionOptions<
  Data extends object,
  FlashData extends object,
> extends SessionOptions<Data, FlashData> {
  /** The name under which {@link getSession} finds the session, to have several side by side. Default: `session`. */
  key?: string | undefined
}

/**
 * Makes a fetch handler that loads the session from the request, passes it to `handler` and commits it to the response:
 * for `export default { fetch }` on Workers, `Bun.serve`, `Deno.serve`, and routers that are fetch handlers.
 *
 * Without `secrets`, it uses `SESSION_SECRET`: first the variable of the process, then that of the environment. The
 * environment is the first argument after the request that is not a session.
 *
 * @param handler takes the request, the session, and further server arguments: `env` and `ctx` on Workers
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { withSession } from 'fetch-sessions/fetch'
 *
 * // On Workers; elsewhere there is no `env`, and SESSION_SECRET comes from the process.
 * export default {
 *   fetch: withSession((request, session, env: { SESSION_SECRET: string; GREETING: string }) => {
 *     session.set('path', new URL(request.url).pathname)
 *     return new Response(env.GREETING)
 *   }),
 * }
 */
export function withSession<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Rest extends readonly unknown[] = [],
  Incoming extends Request = Request,
>(
  handler: (
    request: Incoming,
    session: Session<Data, FlashData>,
    ...rest: Rest
  ) => Response | Promise<Response>,
  options: FetchSessionOptions<Data, FlashData> = {},
): (request: Incoming, ...rest: Rest) => Promise<Response> {
  const { key = 'session' } = options
  const run = createSessionRunner<Data, FlashData>(options, ['key'])

  return function fetchWithSession(request, ...rest) {
    let session: Session<Data, FlashData>
    const scope = {
      place(current: Session<Data, FlashData>) {
        session = current
        keep(request, key, current)
      },
      environment: rest.find((argument) => !isSession(argument)),
      // A router may pass the query or a body where Workers pass their bindings.
      processFirst: true,
    }
    return run(request, scope, () => handler(request, session, ...rest))
  }
}

/**
 * The session of a request that {@link withSession} is handling, for code that only has the request.
 *
 * @param key the `key` given to {@link withSession}
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if there is no session
 *
 * @example
 * import { getSession } from 'fetch-sessions/fetch'
 *
 * export const userOf = (request: Request): string | undefined => getSession(request).userId
 */
export function getSession<Data extends object = SessionData, FlashData extends object = Data>(
  request: Request,
  key = 'session',
): Session<Data, FlashData> {
  const session = sessions.get(request.headers)?.get(key)
  if (session !== undefined) return session as Session<Data, FlashData>
  const option = key === 'session' ? '' : `, { key: ${JSON.stringify(key)} }`
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `This request has no session: write withSession(handler${option}) around the handler, and pass on the Request that the handler got, not a copy.`,
  )
}

/** By their headers, because routers such as itty-router pass a Proxy of the request to their handlers. */
const sessions = new WeakMap<Headers, Map<string, object>>()

function keep(request: Request, key: string, session: object): void {
  const known = sessions.get(request.headers)
  if (known === undefined) sessions.set(request.headers, new Map([[key, session]]))
  else known.set(key, session)
}
