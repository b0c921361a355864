import { createCookieSessionStorage } from 'fetch-sessions'
import type { CookieOptions, SerializeOptions, SessionStorage } from 'fetch-sessions'

import { inspect } from '../../src/cli/inspect.ts'
import type { Inspection } from '../../src/cli/inspect.ts'
import { SECRET } from '../support/secrets.ts'

export const NOW = Date.UTC(2026, 0, 1, 12)
export const DAY = 24 * 60 * 60
export const secrets = [SECRET]

/** The Set-Cookie text of a session that holds a user. */
export async function setCookieOf(
  storage: SessionStorage,
  options?: SerializeOptions,
): Promise<string> {
  const session = await storage.getSession()
  session.set('user', 'ada')
  return storage.commitSession(session, options)
}

export const sealed = (cookie: CookieOptions = {}): SessionStorage =>
  createCookieSessionStorage({ cookie: { secrets, maxAge: 14 * DAY, ...cookie } })

export const look = (
  text: string,
  options: { name?: string; secrets?: readonly string[]; now?: number } = {},
): Promise<Inspection> => inspect(text, { name: undefined, secrets, now: NOW, ...options })

export const reasonOf = async (...args: Parameters<typeof look>): Promise<string | undefined> =>
  (await look(...args)).refusal?.reason

export function response(...headers: [name: string, value: string][]): string {
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n${fields}\r\n<p a="b">\r\n`
}

export function jar(...cookies: [name: string, value: string][]): string {
  const lines = cookies.map(
    ([name, value]) => `#HttpOnly_shop.example\tFALSE\t/\tTRUE\t1767268800\t${name}\t${value}\n`,
  )
  return `# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n\n${lines.join('')}`
}
