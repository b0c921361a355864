import assert from 'node:assert/strict'

import { createCookie } from 'react-router'
import { createSealedCodec } from '../../../src/token/sealed.ts'
import { acceptingSigned, createSignedCodec } from '../../../src/token/signed.ts'
import type { TokenCodec, TokenContext, TokenTimes } from '../../../src/token/token.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import type { FuzzTarget } from '../target.ts'
import { fromHeader, toHeader, toText } from '../text.ts'

const NAME = '__session'
const COOKIE: TokenContext = { kind: 'cookie', name: NAME }
const ID: TokenContext = { kind: 'id', name: NAME }
const TIMES: TokenTimes = {
  createdAt: 0,
  issuedAt: 0,
  expiresAt: 0,
  fixed: false,
  transient: false,
}
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = ['an id', 'ü 🎉', { user: 'ada' }, { cart: ['tea', { price: 4.5 }] }, [], 7, null]

interface Signed {
  readonly json: string
  readonly stale: boolean
}

const theirs = createCookie(NAME, { secrets: [SECRET] })
const cookies = await readyCodec(createSignedCodec([SECRET, OLD_SECRET], COOKIE))
const ids = await readyCodec(createSignedCodec([SECRET, OLD_SECRET], ID))
const both = await readyCodec(
  acceptingSigned(
    createSealedCodec([SECRET, OLD_SECRET], COOKIE),
    createSignedCodec([SECRET, OLD_SECRET], COOKIE),
  ),
)
/** Every text that React Router signs for these values, as it is and percent-encoded. */
const signed = new Map<string, Signed>()
for (const secret of [SECRET, OLD_SECRET]) {
  for (const value of VALUES) {
    const plain = decodeURIComponent(await signByTheirs(value, secret))
    const entry = { json: JSON.stringify(value), stale: secret === OLD_SECRET }
    signed.set(plain, entry)
    signed.set(encodeURIComponent(plain), entry)
  }
}

async function readyCodec(codec: TokenCodec): Promise<TokenCodec> {
  await codec.ready()
  return codec
}

/** The value of the cookie that React Router writes. */
async function signByTheirs(value: unknown, secret: string): Promise<string> {
  const setCookie = await createCookie(NAME, { secrets: [secret] }).serialize(value)
  return setCookie.slice(NAME.length + 1).split(';', 1)[0] ?? ''
}

/** Nothing opens but what was signed, and React Router and we read each other's cookies. */
export const target: FuzzTarget = {
  async fuzz(data) {
    const value = toHeader(data)
    const known = signed.get(value)
    const body = known?.json ?? null
    const expected = known && { body, times: undefined, stale: known.stale }
    assert.deepEqual(await cookies.open(value), expected ?? null)
    assert.deepEqual(await both.open(value), expected ? { ...expected, stale: true } : null)
    const id: unknown = known && JSON.parse(known.json)
    assert.equal((await ids.open(value))?.body, typeof id === 'string' ? id : undefined)
    await assertRoundTrip(toText(data))
  },
  seeds: async () =>
    [...signed.keys()].flatMap((text) => [text, ...spellings(text)]).map(fromHeader),
}

/** Other texts that decode to the same bytes. Random changes hardly ever make one. */
function spellings(text: string): string[] {
  const last = LETTERS.indexOf(text.at(-1) ?? '')
  return [
    `${text}=`,
    text.slice(0, -1) + LETTERS[last ^ 1], // bits of the last letter that no byte has
    `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`,
    text.replace(/%../, (escape) => escape.toLowerCase()),
  ]
}

async function assertRoundTrip(text: string): Promise<void> {
  const json = JSON.stringify(text)
  const ours = await cookies.seal(json, TIMES)
  assert.equal(await ids.seal(text, TIMES), ours)
  // They do not sign an empty text.
  const theirText = text === '' ? ours : await signByTheirs(text, SECRET)
  for (const value of [ours, encodeURIComponent(ours), theirText]) {
    assert.equal((await cookies.open(value))?.body, json)
    assert.equal((await ids.open(value))?.body, text)
  }
  assert.equal(await theirs.parse(`${NAME}=${encodeURIComponent(ours)}`), text)
}
