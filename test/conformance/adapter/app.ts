import type { Session, SessionOptions, SessionStorage } from 'fetch-sessions'

import type { Fetch } from '../../support/client.ts'

export interface Mount extends Pick<SessionOptions, 'commit' | 'lazy' | 'rolling'> {
  storage?: SessionStorage
  /** The name under which the handler finds the session. */
  key?: string
}

export interface Visit {
  readonly request: Request
  readonly path: string
  session(key?: string): Session
}

export interface App {
  readonly fetch: Fetch
  /** What the application's error handling saw; the client gets a 500. */
  readonly errors: unknown[]
}

/** Puts the middlewares before one handler for every path, in the way of one router. */
export type CreateApp = (
  mounts: readonly Mount[],
  handler: (visit: Visit) => Response | Promise<Response>,
) => App
