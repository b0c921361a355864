import { relativeTime } from '../util/relative-time.ts'
import { MAX_COOKIE_BYTES } from '../cookie/set-cookie.ts'
import type { Inspection } from './inspect.ts'
import type { OpenedToken } from './open-token.ts'

/** Characters that a terminal may take for a command, or that reverse nearby text (UAX 44: C, Zl and Zp). */
const UNSAFE = /[^\P{C}\n]|[\u2028\u2029]/gu

/** Text that is safe for a terminal: control and formatting characters except line feeds are escaped as in JSON. */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, escaped)
}

function safeJson(value: unknown, indent?: number): string {
  return safeText(JSON.stringify(value, null, indent))
}

/** For programs. Moments are ISO 8601 in UTC. */
export function toJson({ cookie, token, data, user, refusal, secrets }: Inspection): string {
  const times = token?.times
  return safeJson(
    {
      name: cookie?.name,
      bytes: cookie?.bytes,
      countsAttributes: cookie?.countsAttributes,
      form: token?.form,
      secret: token?.secret === undefined ? undefined : { position: token.secret + 1, of: secrets },
      createdAt: times && toIso(times.createdAt),
      expiresAt: times && toIso(times.expiresAt),
      lifetimeByHand: times?.fixed,
      endsWithBrowser: times?.transient,
      userId: user?.id,
      authenticatedAt: user && toIso(user.authenticatedAt),
      data,
      id: token?.kind === 'id' ? token.body : undefined,
      refused: refusal && { reason: refusal.reason, message: refusal.message },
    },
    2,
  )
}

/** For people. */
export function toText(inspection: Inspection, now: number): string {
  const { cookie, token, data, user, refusal, secrets } = inspection
  const lines = [
    ...(cookie ? cookieLines(cookie) : []),
    ...(token ? [...formLines(token, secrets), ...timeLines(token, now)] : []),
    ...(token?.kind === 'id'
      ? [line('Id', `${safeJson(token.body)}, of a record in the store`)]
      : []),
    ...(user
      ? [line('User', `${safeJson(user.id)}, authenticated ${moment(user.authenticatedAt, now)}`)]
      : []),
    ...(data ? [line('Data', safeJson(data, 2))] : []),
    ...(refusal ? [line('Refused', safeText(refusal.message))] : []),
  ]
  return lines.join('\n')
}

function line(label: string, text: string): string {
  return `${label.padEnd(9)}${text}`
}

function cookieLines(cookie: NonNullable<Inspection['cookie']>): string[] {
  const { name, bytes, countsAttributes, index, count } = cookie
  const counted = countsAttributes
    ? 'name and attributes included'
    : 'name included, attributes not'
  const which = count === 1 ? '' : `, the ${ordinal(index)} of ${count} with this name`
  return [
    line('Cookie', `${safeJson(name)}, ${bytes} of ${MAX_COOKIE_BYTES} bytes, ${counted}${which}`),
  ]
}

function formLines({ form, secret }: OpenedToken, secrets: number): string[] {
  if (secret === undefined) {
    const warning = 'anybody can read and change it; a storage with secrets refuses it'
    return [line('Plain', warning)]
  }
  const which = secret === 0 ? 'newest' : ordinal(secret)
  const by = secrets === 1 ? 'the one secret' : `the ${which} of ${secrets} secrets`
  return [
    form === 'sealed'
      ? line('Sealed', `by ${by}`)
      : line('Signed', `by ${by}; anybody can read it`),
  ]
}

function timeLines({ times }: OpenedToken, now: number): string[] {
  if (times === undefined) return [line('Expires', 'never, as far as the cookie tells')]
  const { createdAt, expiresAt, fixed, transient } = times
  const byHand = fixed ? ', chosen by hand' : ''
  const browser = transient ? ', or with the browser, by hand' : ''
  return [
    line('Created', moment(createdAt, now)),
    line('Expires', `${moment(expiresAt, now)}${byHand}${browser}`),
  ]
}

function moment(at: number, now: number): string {
  return `${toIso(at)} (${relativeTime(at - now)})`
}

function toIso(at: number): string {
  return new Date(at).toISOString()
}

/** @param index from 0 */
function ordinal(index: number): string {
  const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(index + 1)
  return `${index + 1}${suffixes[rule] ?? 'th'}`
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => {
    const unit = text.charCodeAt(i).toString(16).padStart(4, '0')
    return `\\u${unit}`
  }).join('')
}
