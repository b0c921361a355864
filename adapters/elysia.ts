/**
 * Sessions for Elysia.
 * @module
 */

import { Elysia, ElysiaCustomStatusResponse, ValidationError } from 'elysia'

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
> extends SessionOptions<Data, FlashData, undefined> {
  /** The property of the context that holds the session, to have several side by side. Default: `session`. */
  key?: Key | undefined
}

/**
 * The plugin that {@link session} makes.
 *
 * @example
 * import { session } from 'fetch-sessions/elysia'
 * import type { SessionPlugin } from 'fetch-sessions/elysia'
 *
 * interface Data {
 *   userId: string
 * }
 *
 * export const sessions: SessionPlugin<Data, Data, 'session'> = session<Data>()
 */
export type SessionPlugin<
  Data extends object,
  FlashData extends object,
  Key extends string,
> = Elysia<
  '',
  {
    decorator: {}
    store: {}
    derive: { readonly [name in Key]: Session<Data, FlashData> }
    resolve: {}
  }
>

/**
 * Elysia plugin that loads the session from the request and commits it to the response. It is there for all routes that
 * follow, in the application and the plugins that use it. A thrown `status()` or Response saves below 500, other errors
 * do not, whatever `onError` makes of them. The session is committed around the application, so `app.fetch` itself rejects
 * where a storage cannot answer.
 *
 * It needs Elysia's ahead-of-time compilation, which is the default. With `aot: false` write `withSession(app.fetch)` of
 * `fetch-sessions/fetch`.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
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
  const { key = 'session' as Key, ...rest } = options
  const run = createSessionRunner(rest)
  const visits = new WeakMap<Request, Visit<Session<Data, FlashData>>>()

  // Elysia takes plugins of one name and seed for one and the same.
  const plugin = new Elysia({ name: 'fetch-sessions', seed: ++plugins })
    .wrap((fetch) => async (incoming: unknown) => {
      const request = incoming as Request
      let answer: Response | undefined
      const response = await run(request, undefined, async (current) => {
        const visit: Visit<Session<Data, FlashData>> = { session: current }
        visits.set(request, visit)
        answer = (await fetch(request)) as unknown as Response | undefined
        return { response: answer ?? new Response(), error: failure(visit.context?.error) }
      })
      // Bun has no response for what became a WebSocket.
      return answer && response
    })
    .derive({ as: 'global' }, (context) => {
      const visit = visits.get(context.request)
      if (visit === undefined) throw unwrapped()
      visit.context = context as Visit<unknown>['context']
      return { [key]: visit.session }
    })
  return plugin as unknown as SessionPlugin<Data, FlashData, Key>
}

/** The error, unless it was a way to answer. */
function failure(error: unknown): unknown {
  if (error instanceof ElysiaCustomStatusResponse) return undefined
  const { toResponse } = (error ?? {}) as { toResponse?: unknown }
  const isAnswer = typeof toResponse === 'function' && !(error instanceof ValidationError)
  return isAnswer ? undefined : error
}

function unwrapped(): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    'This application was made with `aot: false`, in which Elysia leaves out what session() needs: leave that option out, or write withSession(app.fetch) of fetch-sessions/fetch.',
  )
}

let plugins = 0

interface Visit<Current> {
  readonly session: Current
  /** Elysia's context, which tells of the error that the response reports. */
  context?: { readonly error?: unknown } | undefined
}
