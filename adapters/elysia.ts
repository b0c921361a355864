/**
 * Sessions for Elysia.
 * @module
 */

import { Elysia } from 'elysia'

import { createSessionRunner, SessionError } from '../src/index.ts'
import type { Session, SessionData, SessionOptions } from '../src/index.ts'

/**
 * Options of {@link session}.
 *
 * @example
 * import { Elysia } from 'elysia'
 * import { session } from 'fetch-sessions/elysia'
 * import type { ElysiaSessionOptions } from 'fetch-sessions/elysia'
 *
 * const options: ElysiaSessionOptions<{ name: string }, object, 'visitor'> = { key: 'visitor' }
 * const app = new Elysia().use(session(options))
 * app.get('/', ({ visitor }) => `Hello ${visitor.get('name') ?? 'stranger'}`)
 */
export interface ElysiaSessionOptions<
  Data extends object,
  FlashData extends object,
  Key extends string,
> extends SessionOptions<Data, FlashData> {
  /** The property of the context that holds the session, to have several side by side. Default: `session`. */
  key?: Key | undefined
}

/** The plugin that {@link session} makes. */
type SessionPlugin<Data extends object, FlashData extends object, Key extends string> = Elysia<
  '',
  {
    decorator: {}
    store: {}
    derive: { readonly [name in Key]: Session<Data, FlashData> }
    resolve: {}
  }
>

/**
 * Elysia plugin that loads the session from the request and commits it to the response. All later routes have the session,
 * those of later plugins too. The status of the response decides whether it is saved, also for a page of `onError`. The
 * plugin wraps the whole application, so `app.fetch` itself rejects if a storage cannot answer.
 *
 * It needs Elysia's ahead-of-time compilation, which is the default. Elysia's AOT mode cannot run on Workers: there, set
 * `aot: false` and write `withSession(app.fetch)` of `fetch-sessions/fetch`.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { Elysia } from 'elysia'
 * import { session } from 'fetch-sessions/elysia'
 *
 * export default new Elysia()
 *   .use(session<{ name: string }>())
 *   .get('/', ({ session }) => `Hello ${session.get('name') ?? 'stranger'}`)
 */
export function session<
  Data extends object = SessionData,
  FlashData extends object = Data,
  const Key extends string = 'session',
>(options: ElysiaSessionOptions<Data, FlashData, Key> = {}): SessionPlugin<Data, FlashData, Key> {
  const { key = 'session' as Key } = options
  const run = createSessionRunner<Data, FlashData>(options, ['key'])
  const sessions = new WeakMap<Request, Session<Data, FlashData>>()

  // Elysia treats plugins of the same name and seed as one.
  const plugin = new Elysia({ name: 'fetch-sessions', seed: ++plugins })
    .wrap((fetch) => async (incoming: unknown) => {
      const request = incoming as Request
      const scope = {
        place: (current: Session<Data, FlashData>) => void sessions.set(request, current),
      }
      // In Bun, a request that became a WebSocket has no response.
      return run(request, scope, () => fetch(request) as unknown as Promise<Response | undefined>)
    })
    .derive({ as: 'global' }, ({ request }) => {
      const current = sessions.get(request)
      if (current === undefined) throw unwrapped()
      return { [key]: current }
    })
  return plugin as unknown as SessionPlugin<Data, FlashData, Key>
}

function unwrapped(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    'This application was made with `aot: false`, and session() needs ahead-of-time compilation: leave that option out, or write withSession(app.fetch) of fetch-sessions/fetch.',
  )
}

let plugins = 0
