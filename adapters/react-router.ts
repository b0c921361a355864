/**
 * Sessions for React Router.
 * @module
 */

import type { MiddlewareFunction, RouterContext } from 'react-router'

import { createSessionRunner } from '../src/index.ts'
import type { Session, SessionOptions } from '../src/index.ts'

/**
 * Options of {@link session}.
 *
 * @example
 * import type { Session } from 'fetch-sessions'
 * import type { ReactRouterSessionOptions } from 'fetch-sessions/react-router'
 * import { createContext } from 'react-router'
 *
 * interface Data {
 *   userId: string
 * }
 *
 * export const options: ReactRouterSessionOptions<Data, Data> = {
 *   key: createContext<Session<Data>>(),
 *   rolling: false,
 * }
 */
export interface ReactRouterSessionOptions<
  Data extends object,
  FlashData extends object,
> extends SessionOptions<Data, FlashData, undefined> {
  /** The context that gives the session in loaders, actions and middlewares: `context.get(key)`. */
  key: RouterContext<Session<Data, FlashData>>
}

/**
 * Middleware for React Router 8, and 7.9 with `future.v8_middleware`, that loads the session from the request and commits
 * it to the response. Redirects are committed as well, returned or thrown. `commitSession` of the storage works beside it.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 *
 * @example
 * import type { Session } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/react-router'
 * import { createContext } from 'react-router'
 * import type { LoaderFunctionArgs } from 'react-router'
 *
 * const sessionContext = createContext<Session<{ userId: string }>>()
 * export const middleware = [session({ key: sessionContext })]
 * export const loader = ({ context }: LoaderFunctionArgs) => context.get(sessionContext).get('userId')
 */
export function session<Data extends object, FlashData extends object>(
  options: ReactRouterSessionOptions<Data, FlashData>,
): MiddlewareFunction<Response> {
  const { key, ...rest } = options
  const run = createSessionRunner(rest)

  return function sessionMiddleware({ request, context }, next) {
    return run(request, undefined, async (current) => {
      context.set(key, current)
      return { response: await next() }
    })
  }
}
