import assert from 'node:assert/strict'

const NAME = String.raw`[!#$%&'*+\-.^_\x60|~0-9A-Za-z]+`
const VALUE = String.raw`[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*`
const TEXT = String.raw`[\x20-\x3a\x3c-\x7e]+`
const DATE = String.raw`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT`
const ATTRIBUTE = `Path=${TEXT}|Domain=${TEXT}|Max-Age=\\d+|Expires=${DATE}|HttpOnly|Secure|SameSite=(?:Lax|Strict|None)|Partitioned|Priority=\\w+`

/** The grammar of RFC 6265bis section 4.1.1, with the attributes that we write. */
const SET_COOKIE = new RegExp(`^${NAME}=${VALUE}(?:; (?:${ATTRIBUTE}))*$`)

/** @throws if a Set-Cookie text is not well formed, or is for another cookie */
export function assertSetCookie(text: string, name: string): void {
  assert.match(text, SET_COOKIE)
  assert.ok(text.startsWith(`${name}=`), text)
  assert.ok(text.includes('; HttpOnly') && text.includes('; Secure'), text)
}
