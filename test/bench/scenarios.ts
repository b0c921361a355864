import { toCookie } from '../support/client.ts'
import { ROUTES } from './subject.ts'
import type { App } from './subject.ts'

export const SCENARIOS = [
  'no cookie',
  'cookie, session not touched',
  'one read',
  'read + write + commit',
  'login',
  'tampered',
] as const

export type Scenario = (typeof SCENARIOS)[number]

const ROUTE_OF: Record<Scenario, string> = {
  'no cookie': ROUTES.untouched,
  'cookie, session not touched': ROUTES.untouched,
  'one read': ROUTES.read,
  'read + write + commit': ROUTES.count,
  login: ROUTES.login,
  tampered: ROUTES.read,
}

export const ORIGIN = 'https://app.example'

/** How many visitors take turns: so many that requests in flight together seldom share a session. */
const VISITORS = 64

/** Makes the cookies and requests of a scenario. */
export interface RequestSource {
  /** A Cookie header, or none, for subject and floor alike. A login comes without, as from a browser that is new. */
  cookie(): string | undefined
  /** A new Request, as a server makes one for each. */
  request(cookie: string | undefined): Request
}

export async function createRequestSource(app: App, scenario: Scenario): Promise<RequestSource> {
  const url = ORIGIN + ROUTE_OF[scenario]
  const cookies: (string | undefined)[] = await cookiesFor(app, scenario)
  let turn = 0
  const next = (): string | undefined => cookies[turn++ % cookies.length]
  return {
    cookie: next,
    request: (cookie) => new Request(url, cookie === undefined ? {} : { headers: { cookie } }),
  }
}

async function cookiesFor(app: App, scenario: Scenario): Promise<(string | undefined)[]> {
  if (scenario === 'no cookie' || scenario === 'login') return [undefined]
  const cookies = await Promise.all(Array.from({ length: VISITORS }, () => startSession(app)))
  return scenario === 'tampered' ? cookies.map(tamper) : cookies
}

/** A visitor's first request. Gives the Cookie header of the session that it began. */
export async function startSession(app: App): Promise<string> {
  const response = await app.fetch(new Request(ORIGIN + ROUTES.start))
  // The last counts: some libraries set the cookie twice.
  const cookie = toCookie(response.headers.getSetCookie().at(-1))
  if (response.status !== 200 || cookie === '') throw new Error('The subject began no session.')
  return cookie
}

/** Changes one character in the middle of the value: the last may hold bits that nobody reads. */
export function tamper(cookie: string): string {
  const middle = Math.floor((cookie.indexOf('=') + cookie.length) / 2)
  const at = middle + cookie.slice(middle).search(/[0-9a-z]/i)
  return cookie.slice(0, at) + (cookie[at] === 'a' ? 'b' : 'a') + cookie.slice(at + 1)
}

/** A browser of the subject's, for proofs: it sends the last cookie back as it came. */
export function visit(app: App): (path: string) => Promise<string> {
  let cookie = ''
  return async (path) => {
    const headers = cookie === '' ? {} : { cookie }
    const response = await app.fetch(new Request(ORIGIN + path, { headers }))
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}.`)
    cookie = toCookie(response.headers.getSetCookie().at(-1)) || cookie
    return response.text()
  }
}
