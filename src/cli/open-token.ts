import { decodeBase64url } from '../token/bytes.ts'
import { parseArray, plainCodec } from '../token/plain.ts'
import { createSealedCodec } from '../token/sealed.ts'
import { createSignedCodec } from '../token/signed.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from '../token/token.ts'
import { Refusal } from './refusal.ts'

/** The content of an authentic token, and the secret that authenticates it. */
export interface OpenedToken {
  readonly form: 'sealed' | 'signed' | 'plain'
  /** The index of the secret that sealed or signed it, 0 for the newest; undefined for plain tokens. */
  readonly secret: number | undefined
  /** Whether the body is the data itself, or the id of a record. */
  readonly kind: 'cookie' | 'id'
  readonly body: string
  /** Undefined for signed tokens of React Router and Remix, which have none. */
  readonly times: TokenTimes | undefined
}

const KINDS = ['cookie', 'id'] as const

/**
 * Opens a cookie's value in any form that this package reads.
 *
 * @param secrets newest first
 */
export async function openToken(
  value: string,
  name: string,
  secrets: readonly string[],
): Promise<OpenedToken | Refusal> {
  // A signature follows a dot. No other form has a dot.
  if (value.includes('.')) return openSigned(value, name, secrets)
  return openPlain(value, name) ?? openSealed(value, name, secrets)
}

async function openSealed(
  value: string,
  name: string,
  secrets: readonly string[],
): Promise<OpenedToken | Refusal> {
  let isHinted = false
  for (const [secret, text] of secrets.entries()) {
    for (const kind of KINDS) {
      const codec = createSealedCodec([text], { kind, name })
      const token = await openWith(codec, value)
      if (token !== null) return { ...token, form: 'sealed', secret, kind }
      isHinted ||= codec.peek(value)?.stale === false
    }
  }
  return sealedRefusal(value, name, secrets.length, isHinted)
}

/** @param isHinted whether the key hint matches one of the secrets; anybody can write a key hint */
function sealedRefusal(value: string, name: string, count: number, isHinted: boolean): Refusal {
  const isSealed = createSealedCodec([], { kind: 'id', name }).peek(value) !== null
  if (!isSealed) {
    const what = decodeBase64url(value) === null ? 'it is not base64url' : 'it is of no known form'
    return new Refusal('malformed', `This is no session cookie: ${what}.`)
  }
  if (count === 0) return noSecret('sealed')
  if (isHinted) {
    return new Refusal(
      'tampered',
      `By its key hint, the secret is right, but it was changed or cut off since, or it is no cookie of the name ${JSON.stringify(name)}.`,
    )
  }
  return new Refusal(
    'unknown-secret',
    `By its key hint, another secret has sealed it than the ${count} in SESSION_SECRET.`,
  )
}

async function openSigned(
  value: string,
  name: string,
  secrets: readonly string[],
): Promise<OpenedToken | Refusal> {
  if (secrets.length === 0) return noSecret('signed')
  for (const [secret, text] of secrets.entries()) {
    const codec = createSignedCodec([text], { kind: 'cookie', name })
    const token = await openWith(codec, value)
    if (token === null) continue
    // A Cookie of @remix-run/cookie signs a plain token.
    const inner = openArray(token.body, name)
    if (inner instanceof Refusal) return inner
    return inner === null
      ? { ...fromJson(token.body), form: 'signed', secret }
      : { ...inner, form: 'signed', secret }
  }
  return new Refusal(
    'tampered',
    `It was changed, or signed with another secret than the ${secrets.length} in SESSION_SECRET.`,
  )
}

/** React Router and Remix sign data as an object and an id as a string. */
function fromJson(body: string): Pick<OpenedToken, 'kind' | 'body' | 'times'> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'string') return { kind: 'id', body: value, times: undefined }
  } catch {
    // The caller reports data that is not JSON.
  }
  return { kind: 'cookie', body, times: undefined }
}

function openPlain(value: string, name: string): OpenedToken | Refusal | null {
  const bytes = decodeBase64url(value) ?? decodeBase64(percentDecoded(value))
  const opened = bytes && openArray(new TextDecoder().decode(bytes), name)
  if (opened === null || opened instanceof Refusal) return opened
  return { ...opened, form: 'plain', secret: undefined }
}

/** Opens the JSON array of a plain token, which names its cookie; null if the text is not one. */
function openArray(
  text: string,
  name: string,
): Pick<OpenedToken, 'kind' | 'body' | 'times'> | Refusal | null {
  for (const kind of KINDS) {
    const token = openText(text, { kind, name })
    if (token !== null) return { ...token, kind }
  }
  const [version, kind, cookieName] = parseArray(text)
  const isForeign = version === 1 && typeof kind === 'string' && typeof cookieName === 'string'
  if (!isForeign || cookieName === name) return null
  return new Refusal(
    'name',
    `It is the cookie ${JSON.stringify(cookieName)}, and was looked for as ${JSON.stringify(name)}.`,
  )
}

function openText(text: string, context: TokenContext): Token | null {
  const same = (value: string): string => value
  return plainCodec(context, same, same).open(text) as Token | null
}

async function openWith(
  codec: TokenCodec,
  value: string,
): Promise<Pick<Token, 'body' | 'times'> | null> {
  await codec.ready()
  const token = await codec.open(value)
  return token && { body: token.body, times: token.times }
}

function noSecret(form: 'sealed' | 'signed'): Refusal {
  return new Refusal(
    'no-secret',
    `It is ${form}, and SESSION_SECRET is not set: set it to the secret of the application.`,
  )
}

/** Decodes the value of a Cookie of @remix-run/cookie without secrets. */
function decodeBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
