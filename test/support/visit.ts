import { createSessionRunner } from 'fetch-sessions'
import type { Session, SessionOptions } from 'fetch-sessions'

export interface VisitOptions extends SessionOptions {
  readonly cookie?: string
  readonly environment?: unknown
  readonly request?: Request
  /** Gets the session before it is loaded, as an error page may read it. */
  readonly place?: (session: Session) => unknown
}

/** One request through a middleware; gives the response that goes out. */
export async function visit(
  { cookie = '', environment, request, place, ...options }: VisitOptions,
  handler: (session: Session) => unknown = () => undefined,
): Promise<Response> {
  let session: Session | undefined
  const run = createSessionRunner(options)
  const sent = request ?? new Request('https://app.example/', { headers: { cookie } })
  const scope = {
    place(placed: Session) {
      session = placed
      place?.(placed)
    },
    environment,
  }
  return run(sent, scope, async () => {
    if (session === undefined) throw new Error('no session was placed')
    const made = await handler(session)
    return made instanceof Response ? made : new Response('ok')
  })
}
