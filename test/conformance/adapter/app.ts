import type { Session, SessionOptions } from 'fetch-sessions'

export interface Mount extends Pick<
  SessionOptions,
  'debug' | 'lazy' | 'rolling' | 'saveIf' | 'storage'
> {
  /** The name under which the handler finds the session. */
  key?: string
}

export interface Visit {
  readonly request: Request
  readonly path: string
  session(key?: string): Session
}

export interface App {
  /** @param environment Workers' bindings, if the router hands them over */
  readonly fetch: (request: Request, environment?: object) => Promise<Response>
  /** What the application's error handling saw; the client gets a 500. */
  readonly errors: unknown[]
}

/** Puts the middlewares before one handler for every path, in the way of one router. */
export type CreateApp = (
  mounts: readonly Mount[],
  handler: (visit: Visit) => Response | Promise<Response>,
) => App

/** How a router differs from the others. */
export interface RouterTraits {
  /** Its handlers get a copy of the Request. */
  readonly copiesRequest?: boolean
  /** It hands Workers' bindings to the middleware. */
  readonly hasEnvironment?: boolean
}
