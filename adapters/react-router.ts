/**
 * Sessions for React Router.
 * @module
 */

import type { MiddlewareFunction, RouterContext } from 'react-router'

import { createSessionRunner, SessionError } from '../src/index.ts'
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
 *   cart: string[]
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
> extends SessionOptions<Data, FlashData> {
  /** The context that gives the session in loaders, actions and middlewares: `context.get(key)`. */
  key: RouterContext<Session<Data, FlashData>>
}

/**
 * Middleware for React Router 8, and 7.9 with `future.v8_middleware`, that loads the session from the request and commits
 * it to the response. Redirects are committed as well, returned or thrown. `commitSession` of the storage works beside it.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import type { Session } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/react-router'
 * import { createContext } from 'react-router'
 * import type { LoaderFunctionArgs } from 'react-router'
 *
 * const sessionContext = createContext<Session<{ cart: string[] }>>()
 * export const middleware = [session({ key: sessionContext })]
 * export const loader = ({ context }: LoaderFunctionArgs) => context.get(sessionContext).userId
 */
export function session<Data extends object, FlashData extends object>(
  options: ReactRouterSessionOptions<Data, FlashData>,
): MiddlewareFunction<Response> {
  const { key } = options
  if (typeof key !== 'object') throw withoutKey()
  const run = createSessionRunner<Data, FlashData>(options, ['key'])

  return function sessionMiddleware({ request, context }, next) {
    if (typeof context?.set !== 'function') throw withoutMiddleware()
    const scope = { place: (current: Session<Data, FlashData>) => context.set(key, current) }
    return run(request, scope, () => next())
  }
}

function withoutKey(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    '`key` is missing: make one with `createContext<Session>()` of react-router, and write `session({ key })`.',
  )
}

function withoutMiddleware(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    'The router passed no RouterContextProvider: in React Router 7, set `future: { v8_middleware: true }` and return a RouterContextProvider from getLoadContext().',
  )
}
