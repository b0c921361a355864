import { parseCookie, parseSetCookie } from 'cookie'

import { readCookieValues } from '../cookie-header.ts'
import { Refusal } from './refusal.ts'

/** A session cookie that a text speaks of. */
export interface CookieText {
  readonly name: string
  /** One; several where a Cookie header carries the name several times. */
  readonly values: readonly string[]
  /** Of the whole `Set-Cookie` text where the text is one; else of name and value. */
  sizeOf(value: string): number
}

const DEFAULT_NAME = '__session'
const raw = { decode: (value: string): string => value }

const HEADER = /^(set-cookie|cookie)[ \t]*:/i
/** What follows the value in a `Set-Cookie` text, and is no cookie of a `Cookie` header. */
const ATTRIBUTE =
  /;[ \t]*(?:(?:expires|max-age|domain|path|samesite)=|(?:secure|httponly|partitioned)[ \t]*(?:;|$))/i
/** The `=` of a signed or plain value fills up its base64; it is not the one after a name. */
const PADDED = /^[A-Za-z0-9+/]{16,}={1,2}(?:\.[A-Za-z0-9+/]+)?$/

/**
 * Finds the session cookie in a text: its value alone, `name=value`, a `Cookie` header or a `Set-Cookie` text, either
 * with the name of the header in front or without.
 *
 * @param wanted the name of the cookie, where the user has given one
 */
export function findCookie(text: string, wanted: string | undefined): CookieText | Refusal {
  const header = HEADER.exec(text.trim())
  const content = text
    .trim()
    .slice(header?.[0].length ?? 0)
    .trim()
  if (header === null && (!content.includes('=') || PADDED.test(content))) {
    return cookieText(wanted ?? DEFAULT_NAME, [content])
  }
  const isSetCookie = header === null ? ATTRIBUTE.test(content) : /^set/i.test(header[0])
  return isSetCookie ? fromSetCookie(content, wanted) : fromCookieHeader(content, wanted)
}

function fromSetCookie(text: string, wanted: string | undefined): CookieText | Refusal {
  const { name, value = '' } = parseSetCookie(text, raw)
  if (wanted !== undefined && name !== wanted) return otherNames(wanted, [name])
  if (value === '') return cleared(name)
  return { name, values: [value], sizeOf: () => Buffer.byteLength(text) }
}

function fromCookieHeader(header: string, wanted: string | undefined): CookieText | Refusal {
  const names = Object.keys(parseCookie(header, raw))
  const only = names.length === 1 ? names[0] : undefined
  const name = wanted ?? only ?? DEFAULT_NAME
  const values = readCookieValues(header, name)
  if (values.length > 0) return cookieText(name, values)
  return names.includes(name) ? cleared(name) : otherNames(name, names)
}

function cookieText(name: string, values: readonly string[]): CookieText {
  return { name, values, sizeOf: (value) => Buffer.byteLength(`${name}=${value}`) }
}

function cleared(name: string): Refusal {
  return new Refusal('cleared', `The cookie ${quoted(name)} is empty: the session was ended.`)
}

function otherNames(wanted: string, names: readonly string[]): Refusal {
  const found = new Intl.ListFormat('en').format(names.map(quoted))
  return new Refusal(
    'name',
    `There is no cookie ${quoted(wanted)} in this text, but ${found}. Give the name with --name.`,
  )
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
