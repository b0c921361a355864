import assert from 'node:assert/strict'

import { withSessionHeaders } from '../../../src/request/response-headers.ts'
import { isSameCookie } from '../../../src/cookie/set-cookie.ts'
import type { FuzzTarget } from '../target.ts'
import { fromHeader, toHeader } from '../text.ts'

const OURS = '__session=token; Path=/; HttpOnly; Secure; SameSite=Lax'
const OLDER = ['surrogate-control', 'edge-control', 'x-accel-expires']
const SHARED = ['public', 'private', 's-maxage']

/**
 * The lines of the input are what a handler put into Cache-Control, Vary, Set-Cookie and the name of one more header. With our
 * headers, no shared cache may keep the response, and everything else of the handler stays.
 */
export const target: FuzzTarget = {
  async fuzz(data) {
    const [cacheControl = '', vary = '', setCookie = '', name = ''] = toHeader(data).split('\n')
    const headers = headersOf([
      ['Cache-Control', cacheControl],
      ['Vary', vary],
      ['Set-Cookie', setCookie],
      [name || 'x', '1'],
    ])
    if (headers === undefined) return
    const response = new Response('page', { headers })
    const before = [...response.headers]
    const sent = add(response)
    assert.deepEqual([...response.headers], before)
    assertCacheControl(headers.get('Cache-Control'), sent.headers.get('Cache-Control') ?? '')
    assertVary(headers, sent.headers)
    assertSetCookies(headers, sent.headers)
    assertTargeted(headers, sent.headers)
    assert.deepEqual([...add(sent).headers], [...sent.headers])
  },
  async seeds() {
    const inputs = [
      'public, max-age=60, s-maxage=600\nAccept\n__session=old; Path=/\nCDN-Cache-Control',
      'max-age=0, private="set-cookie", no-cache="a, public, b"\n*\ntheme=dark\nSurrogate-Control',
      'no-store\nAccept-Encoding, COOKIE\n__session=x; Path=/other\nX-Accel-Expires',
      'a="\\", public", PUBLIC , stale-while-revalidate=1,,\ncookie-x\n__session=x;path=/;domain=app.example\nEdge-Control',
      '"open, public\n\n__session\nx-cache-control-y',
    ]
    return inputs.map(fromHeader)
  },
}

function add(response: Response): Response {
  return withSessionHeaders(response, {
    vary: true,
    isPrivate: true,
    setCookies: [OURS],
    replaces: (text) => isSameCookie(text, { name: '__session' }),
  })
}

/** Undefined for what no handler can set. */
function headersOf(pairs: [string, string][]): Headers | undefined {
  try {
    const headers = new Headers()
    for (const [name, value] of pairs) if (value !== '') headers.append(name, value)
    return headers
  } catch {
    return undefined
  }
}

/** The directives of a Cache-Control header, read letter by letter (RFC 9110 sections 5.6.1 and 5.6.4). */
function directivesOf(text: string): string[] {
  const directives = ['']
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (char === ',' && !isQuoted) {
      directives.push('')
      continue
    }
    const isPair = isQuoted && char === '\\'
    if (char === '"') isQuoted = !isQuoted
    directives.push((directives.pop() ?? '') + char + (isPair ? (text[++i] ?? '') : ''))
  }
  return directives.map((directive) => directive.trim()).filter((directive) => directive !== '')
}

const nameOf = (directive: string): string => directive.split('=', 1)[0]?.trim().toLowerCase() ?? ''

function assertCacheControl(given: string | null, sent: string): void {
  const [before, after] = [directivesOf(given ?? ''), directivesOf(sent)]
  const names = after.map(nameOf)
  assert.ok(!names.includes('public') && !names.includes('s-maxage'), sent)
  const isUnstored = before.some((directive) => directive.toLowerCase() === 'no-store')
  assert.deepEqual(
    names.filter((name) => name === 'private'),
    isUnstored ? [] : ['private'],
  )
  const isOdd = (name: string): boolean => !/^[\w-]+$/.test(name)
  const others = (list: string[]): string[] =>
    list.filter((directive) => !SHARED.includes(nameOf(directive)) && !isOdd(nameOf(directive)))
  assert.deepEqual(others(after), others(before))
}

function assertVary(given: Headers, sent: Headers): void {
  const namesOf = (headers: Headers): string[] =>
    (headers.get('Vary') ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
  const names = namesOf(sent).map((name) => name.toLowerCase())
  assert.equal(names.filter((name) => name === '*' || name === 'cookie').length > 0, true)
  for (const name of namesOf(given)) assert.ok(namesOf(sent).includes(name), name)
}

function assertSetCookies(given: Headers, sent: Headers): void {
  const all = sent.getSetCookie()
  assert.equal(all.at(-1), OURS)
  const others = given.getSetCookie().filter((text) => !text.startsWith('__session='))
  for (const text of others) assert.ok(all.includes(text), text)
  assert.ok(all.length <= given.getSetCookie().length + 1)
}

function assertTargeted(given: Headers, sent: Headers): void {
  const own = ['cache-control', 'vary', 'set-cookie']
  for (const name of given.keys()) {
    if (own.includes(name)) continue
    const isTargeted = /.-cache-control$/.test(name) || OLDER.includes(name)
    assert.equal(sent.has(name), !isTargeted, name)
  }
}
