import { parseCookieBody } from '../engine/cookie-backend.ts'
import type { LoadedSession } from '../engine/session-backend.ts'
import type { SessionUser } from '../session/session-state.ts'
import { relativeTime } from '../util/relative-time.ts'
import { findCookie } from './cookie-text.ts'
import type { CookieText } from './cookie-text.ts'
import { openToken } from './open-token.ts'
import type { OpenedToken } from './open-token.ts'
import { Refusal } from './refusal.ts'

/** The result of an inspection. */
export interface Inspection {
  /** Undefined if there is no cookie. */
  readonly cookie: InspectedCookie | undefined
  /** Undefined if no token authenticates. */
  readonly token: OpenedToken | undefined
  /** The values of cookie storage, with flash values as `__flash_<name>__`. */
  readonly data: object | undefined
  /** Who is signed in, for cookie storage. */
  readonly user?: SessionUser | undefined
  /** Why a server would refuse it; undefined if the cookie alone gives no reason. */
  readonly refusal: Refusal | undefined
  /** The number of secrets. */
  readonly secrets: number
}

interface InspectedCookie {
  readonly name: string
  readonly bytes: number
  /** Whether `bytes` counts the whole Set-Cookie text, which browsers limit, or name and value alone. */
  readonly countsAttributes: boolean
  /** The index among the cookies with this name, from 0, and their count. */
  readonly index: number
  readonly count: number
}

interface InspectOptions {
  /** The cookie's name, if the user has given one. */
  readonly name: string | undefined
  /** Newest first. */
  readonly secrets: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Finds the session cookie in a text and opens it. Of several, the first valid one counts. */
export async function inspect(text: string, options: InspectOptions): Promise<Inspection> {
  const found = findCookie(text, options.name)
  if (found instanceof Refusal) {
    const secrets = options.secrets.length
    return { cookie: undefined, token: undefined, data: undefined, refusal: found, secrets }
  }
  const inspections = await Promise.all(found.values.map((_, i) => inspectOne(found, i, options)))
  const good = inspections.find(({ refusal }) => refusal === undefined)
  return good ?? (inspections[0] as Inspection)
}

async function inspectOne(
  { name, values, setCookie }: CookieText,
  index: number,
  { secrets, now }: InspectOptions,
): Promise<Inspection> {
  const value = values[index] ?? ''
  const bytes = Buffer.byteLength(setCookie ?? `${name}=${value}`)
  const countsAttributes = setCookie !== undefined
  const cookie = { name, bytes, countsAttributes, index, count: values.length }
  const opened = await openToken(value, name, secrets)
  const rest = { cookie, secrets: secrets.length }
  if (opened instanceof Refusal) {
    return { ...rest, token: undefined, data: undefined, refusal: opened }
  }
  const session = opened.kind === 'cookie' ? parseCookieBody(opened.body) : null
  const { values: data, user } = session ?? {}
  return { ...rest, token: opened, data, user, refusal: refusalOf(opened, session, now) }
}

function refusalOf(
  { kind, times }: OpenedToken,
  session: LoadedSession | null,
  now: number,
): Refusal | undefined {
  const isForged = session?.user !== undefined && times === undefined
  if (kind === 'cookie' && (session === null || isForged)) {
    return new Refusal('invalid', 'It is authentic, but it does not hold a session.')
  }
  if (times === undefined || now < times.expiresAt) return undefined
  return new Refusal('expired', `It expired ${relativeTime(times.expiresAt - now)}.`)
}
