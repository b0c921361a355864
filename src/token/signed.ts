import { chain } from '../util/maybe-promise.ts'
import type { Token, TokenCodec, TokenContext } from './token.ts'

/*
 * The cookie values of React Router 7 and Remix 2: base64 of the JSON, a dot, and base64 without padding of its
 * HMAC-SHA-256 under the secret. They are signed, not encrypted; they are bound to no cookie and have no times.
 */

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads and writes the tokens of React Router and Remix.
 *
 * @param secrets newest first; the first signs, all verify
 */
export function createSignedCodec(secrets: readonly string[], context: TokenContext): TokenCodec {
  let keys: CryptoKey[] = []

  async function importAll(): Promise<void> {
    keys = await Promise.all(secrets.map(importKey))
  }

  async function open(value: string): Promise<Token | null> {
    const [text, signature] = splitSigned(value)
    if (text === undefined || signature === undefined) return null
    const data = encoder.encode(text)
    for (const [index, key] of keys.entries()) {
      if (!(await crypto.subtle.verify(ALGORITHM, key, signature, data))) continue
      const body = readBody(text, context)
      return body === null ? null : { body, times: undefined, stale: index > 0 }
    }
    return null
  }

  return {
    isUrlSafe: false,
    ready: () => (keys.length === secrets.length ? undefined : importAll()),
    opensAtOnce: () => false,
    peek: () => null,
    open,
    async seal(body) {
      const [key] = keys
      if (key === undefined) throw new Error('seal() was called before ready()')
      const json = context.kind === 'id' ? JSON.stringify(body) : body
      const text = toBase64(encoder.encode(json))
      const signature = await crypto.subtle.sign(ALGORITHM, key, encoder.encode(text))
      return `${text}.${unpadded(toBase64(new Uint8Array(signature)))}`
    },
  }
}

/** Seals tokens and reads signed ones too, for a site that used to sign. A signed token is sealed at the next response. */
export function acceptingSigned(sealed: TokenCodec, signed: TokenCodec): TokenCodec {
  // A sealed token is base64url and has no dot; a signed one always does.
  const isSigned = (value: string): boolean => value.includes('.')
  return {
    ...sealed,
    ready() {
      const waits = [sealed.ready(), signed.ready()].filter((wait) => wait !== undefined)
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
    },
    opensAtOnce: (value) => !isSigned(value),
    peek: (value) => (isSigned(value) ? null : sealed.peek(value)),
    open(value) {
      if (!isSigned(value)) return sealed.open(value)
      return chain(signed.open(value), (token) => token && { ...token, stale: true })
    },
  }
}

/** The signed text and its signature, if the value has exactly the form that React Router and Remix write. */
function splitSigned(value: string): [string, Uint8Array<ArrayBuffer>] | [] {
  const plain = percentDecoded(value)
  const dot = plain?.lastIndexOf('.') ?? -1
  if (plain === null || dot < 1) return []
  const signature = fromBase64(plain.slice(dot + 1))
  const isCanonical = signature !== null && unpadded(toBase64(signature)) === plain.slice(dot + 1)
  return isCanonical ? [plain.slice(0, dot), signature] : []
}

function readBody(text: string, context: TokenContext): string | null {
  const bytes = fromBase64(text)
  if (bytes === null) return null
  try {
    const json = decoder.decode(bytes)
    if (context.kind === 'cookie') return json
    const id: unknown = JSON.parse(json)
    return typeof id === 'string' ? id : null
  } catch {
    return null
  }
}

/** Some versions of the `cookie` package percent-encode base64. Both forms are valid, and no other. */
function percentDecoded(value: string): string | null {
  if (!value.includes('%')) return value
  try {
    const plain = decodeURIComponent(value)
    return encodeURIComponent(plain) === value ? plain : null
  } catch {
    return null
  }
}

function importKey(secret: string): Promise<CryptoKey> {
  const bytes = encoder.encode(secret)
  return crypto.subtle.importKey('raw', bytes, ALGORITHM, false, ['sign', 'verify'])
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

function unpadded(base64: string): string {
  return base64.replaceAll('=', '')
}
