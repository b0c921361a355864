import { parseCookie, parseSetCookie } from 'cookie'

import { readCookieValues } from '../cookie/cookie-header.ts'
import { Refusal } from './refusal.ts'

/** A session cookie in a text. */
export interface CookieText {
  readonly name: string
  /** Usually one; several if a Cookie header has the name several times. */
  readonly values: readonly string[]
  /** The whole `Set-Cookie` text with its attributes, if there is one. */
  readonly setCookie: string | undefined
}

/** The cookies of a text, in the two forms of HTTP. */
interface Headers {
  /** Set-Cookie texts, in order. */
  readonly setCookies: readonly string[]
  /** The text of a Cookie header. */
  readonly cookie: string
}

const DEFAULT_NAME = '__session'
const raw = { decode: (value: string): string => value }

/** A line of an HTTP message, as it is or as `curl -v` shows it. */
const HEADER = /^[ \t]*[<>]?[ \t]*(set-cookie|cookie)[ \t]*:(.*)$/gim
/** The start of the body of an HTTP message. After a redirect, another head may follow. */
const BODY = /\r?\n\r?\n(?!HTTP\/)/
/** A line of a cookie jar of curl: domain, subdomains, path, secure, expires, name, value. */
const JAR_LINE =
  /^(?:#HttpOnly_)?[^\s#]\S*[ \t]+(?:TRUE|FALSE)[ \t]+\/\S*[ \t]+(?:TRUE|FALSE)[ \t]+\d+[ \t]+(\S+)(?:[ \t]+(\S*))?[ \t]*$/gm
/** An attribute after the value in a `Set-Cookie` text. It is not a cookie of a `Cookie` header. */
const ATTRIBUTE =
  /;[ \t]*(?:(?:expires|max-age|domain|path|samesite)=|(?:secure|httponly|partitioned)[ \t]*(?:;|$))/i
/** A signed or plain value. Its `=` is base64 padding, not the one after a name. */
const PADDED = /^[A-Za-z0-9+/]{16,}={1,2}(?:\.[A-Za-z0-9+/]+)?$/

/**
 * Finds the session cookie in a text: its value alone, `name=value`, a `Cookie` header or a `Set-Cookie` text, either
 * with the name of the header in front or without, an HTTP message, or a cookie jar of curl.
 *
 * @param wanted the name of the cookie, if the user has given one
 */
export function findCookie(text: string, wanted: string | undefined): CookieText | Refusal {
  const content = text.trim()
  const headers = readMessage(content) ?? readJar(content)
  if (headers !== undefined) return choose(headers, wanted)
  if (/[\r\n]/.test(content)) return noCookie()
  if (!content.includes('=') || PADDED.test(content)) {
    return { name: wanted ?? DEFAULT_NAME, values: [content], setCookie: undefined }
  }
  return choose(
    ATTRIBUTE.test(content)
      ? { setCookies: [content], cookie: '' }
      : { setCookies: [], cookie: content },
    wanted,
  )
}

function readMessage(text: string): Headers | undefined {
  const isWhole = /^.*\bHTTP\/\d/.test(text)
  const [head = ''] = isWhole ? text.split(BODY, 1) : [text]
  const headers = [...head.matchAll(HEADER)].map(([, name = '', value = '']) => ({
    isSetCookie: /^set/i.test(name),
    value: value.trim(),
  }))
  if (headers.length === 0) return undefined
  const ofKind = (isSetCookie: boolean): string[] =>
    headers.filter((header) => header.isSetCookie === isSetCookie).map(({ value }) => value)
  return { setCookies: ofKind(true), cookie: ofKind(false).join('; ') }
}

function readJar(text: string): Headers | undefined {
  const pairs = [...text.matchAll(JAR_LINE)].map(([, name, value = '']) => `${name}=${value}`)
  return pairs.length === 0 ? undefined : { setCookies: [], cookie: pairs.join('; ') }
}

function choose({ setCookies, cookie }: Headers, wanted: string | undefined): CookieText | Refusal {
  const set = setCookies.map((text) => ({ text, ...parseSetCookie(text, raw) }))
  const all = [...set.map(({ name }) => name), ...Object.keys(parseCookie(cookie, raw))]
  const names = [...new Set(all)].filter((name) => name !== '')
  if (names.length === 0) return noCookie()
  const only = names.length === 1 ? names[0] : undefined
  const name = wanted ?? only ?? DEFAULT_NAME
  // A browser keeps the last one.
  const last = set.findLast((other) => other.name === name)
  if (last !== undefined) {
    return last.value ? { name, values: [last.value], setCookie: last.text } : cleared(name)
  }
  const values = readCookieValues(cookie, name)
  if (values.length > 0) return { name, values, setCookie: undefined }
  return names.includes(name) ? cleared(name) : otherNames(name, names)
}

function noCookie(): Refusal {
  return new Refusal(
    'malformed',
    'There is no cookie in this text. It takes a value, name=value, a Cookie or a Set-Cookie header, ' +
      'an HTTP message with one of them, or a cookie jar of curl.',
  )
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
