import { createCookieSessionStorage, createSessionRunner } from 'fetch-sessions'
import type { Session, SessionOptions, SessionScope, SessionStorage } from 'fetch-sessions'
import { SECRET } from '../support/secrets.ts'

export const storage: SessionStorage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })

type Runner = ReturnType<typeof createSessionRunner>

export function requestWith(cookie: string, url = 'https://app.example/'): Request {
  return new Request(url, { headers: { cookie } })
}

/** Sends a request through a runner, to a handler that gets the session. */
export function runWith<Answer extends Response | undefined>(
  runner: Runner,
  request: Request,
  handler: (session: Session) => Answer | Promise<Answer>,
  scope: Omit<SessionScope, 'place'> = {},
): Promise<Answer> {
  let current: Session | undefined
  const place = (session: Session): void => {
    current = session
  }
  return runner(request, { ...scope, place }, () => handler(current as Session))
}

/** The same with a runner of its own. */
export function run<Answer extends Response | undefined>(
  handler: (session: Session) => Answer | Promise<Answer>,
  cookie = '',
  options: SessionOptions = { storage },
): Promise<Answer> {
  return runWith(createSessionRunner(options), requestWith(cookie), handler)
}
