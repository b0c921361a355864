/*
 * Sealed tokens, version 1.
 *
 *   byte   0      version, 0x01
 *   byte   1      flags: 1 expiry chosen by hand, 2 no Max-Age, chosen by hand
 *   bytes  2-5    key hint: which secret sealed it
 *   bytes  6-11   created at  }
 *   bytes 12-17   issued at   } milliseconds since 1970, 48 bits, big endian
 *   bytes 18-23   expires at  }
 *   bytes 24-47   nonce, random
 *   bytes 48-     XChaCha20-Poly1305 ciphertext of the body in UTF-8, then the tag of 16 bytes
 *
 * in base64url without padding. Authenticated with the ciphertext (the AAD): bytes 0-23, then the text
 * `<kind>:<cookie name>` in UTF-8. The key and its hint are the first 32 bytes and the 4 after them of
 * HKDF-SHA-256 (RFC 5869) with the secret in UTF-8 as input key, no salt and the info `fetch-sessions v1`.
 */
import {
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  encodeUtf8Shared,
  fillRandom,
  readBase64url,
} from './bytes.ts'
import { FIXED, TRANSIENT } from './token.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from './token.ts'
import { decrypt, encrypt, TAG } from './xchacha20poly1305.ts'

const VERSION = 1
/** A multiple of three, so that the header can be decoded alone. */
const HEADER = 24
const NONCE = 24
const MAX_DERIVED_KEYS = 64

interface SealKey {
  readonly hint: number
  readonly key: Uint8Array
}

// Keys, not promises: on Workers, a request must not await the promise of another.
const derivedKeys = new Map<string, SealKey>()

/**
 * Encrypts and authenticates token bodies.
 *
 * @param secrets newest first; the first seals, all open
 * @param random fills nonces, with each value once
 */
export function createSealedCodec(
  secrets: readonly string[],
  context: TokenContext,
  random: (nonce: Uint8Array) => void = fillRandom,
): TokenCodec {
  const contextBytes = encodeUtf8(`${context.kind}:${context.name}`)
  /** Authenticated with the body: the header of the current token, and the context. */
  const aad = new Uint8Array(HEADER + contextBytes.length)
  aad.set(contextBytes, HEADER)
  const unverifiedHeader = new Uint8Array(HEADER)
  /** The header and the nonce of a new token. Its ciphertext follows. */
  const head = new Uint8Array(HEADER + NONCE)
  const newNonce = head.subarray(HEADER)
  let keys: SealKey[] = []

  async function deriveAll(): Promise<void> {
    keys = await Promise.all(secrets.map(deriveKey))
  }

  return {
    isUrlSafe: true,
    ready: () => (keys.length === secrets.length ? undefined : deriveAll()),
    opensAtOnce: () => true,

    peek(value) {
      if (!readBase64url(value, unverifiedHeader) || unverifiedHeader[0] !== VERSION) return null
      return {
        times: readTimes(unverifiedHeader),
        stale: readNumber(unverifiedHeader, 2, 4) !== keys[0]?.hint,
      }
    },

    open(value): Token | null {
      const bytes = decodeBase64url(value)
      if (bytes === null || bytes.length < HEADER + NONCE + TAG || bytes[0] !== VERSION) return null
      const hint = readNumber(bytes, 2, 4)
      for (const key of keys) {
        if (key.hint !== hint) continue
        for (let i = 0; i < HEADER; i++) aad[i] = bytes[i] ?? 0
        const body = openWith(key, aad, bytes)
        if (body === null) continue
        return { body, times: readTimes(bytes), stale: hint !== keys[0]?.hint }
      }
      return null
    },

    seal(body, times) {
      const [key] = keys
      if (key === undefined) throw new Error('seal() was called before ready()')
      head[0] = VERSION
      head[1] = (times.fixed ? FIXED : 0) | (times.transient ? TRANSIENT : 0)
      writeNumber(head, 2, 4, key.hint)
      writeNumber(head, 6, 6, times.createdAt)
      writeNumber(head, 12, 6, times.issuedAt)
      writeNumber(head, 18, 6, times.expiresAt)
      for (let i = 0; i < HEADER; i++) aad[i] = head[i] ?? 0
      random(newNonce)
      return encodeBase64url(encrypt(key.key, newNonce, aad, encodeUtf8Shared(body), head))
    },
  }
}

function openWith(key: SealKey, aad: Uint8Array, bytes: Uint8Array): string | null {
  const nonce = bytes.subarray(HEADER, HEADER + NONCE)
  const body = decrypt(key.key, nonce, aad, bytes.subarray(HEADER + NONCE))
  try {
    return body && decodeUtf8(body)
  } catch {
    return null
  }
}

async function deriveKey(secret: string): Promise<SealKey> {
  const known = derivedKeys.get(secret)
  if (known !== undefined) return known
  const input = await crypto.subtle.importKey('raw', encodeUtf8(secret), 'HKDF', false, [
    'deriveBits',
  ])
  const params = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: encodeUtf8('fetch-sessions v1'),
  }
  const bytes = new Uint8Array(await crypto.subtle.deriveBits(params, input, 36 * 8))
  const derived = { key: bytes.slice(0, 32), hint: new DataView(bytes.buffer).getUint32(32) }
  const [oldest] = derivedKeys.keys()
  if (derivedKeys.size >= MAX_DERIVED_KEYS && oldest !== undefined) derivedKeys.delete(oldest)
  derivedKeys.set(secret, derived)
  return derived
}

function readTimes(bytes: Uint8Array): TokenTimes {
  const flags = bytes[1] ?? 0
  return {
    createdAt: readNumber(bytes, 6, 6),
    issuedAt: readNumber(bytes, 12, 6),
    expiresAt: readNumber(bytes, 18, 6),
    fixed: (flags & FIXED) !== 0,
    transient: (flags & TRANSIENT) !== 0,
  }
}

/** Big endian, up to 48 bits. A DataView would cost an allocation per token. */
function writeNumber(bytes: Uint8Array, offset: number, length: number, value: number): void {
  let rest = value
  for (let i = offset + length - 1; i >= offset; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

function readNumber(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0
  for (let i = offset; i < offset + length; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}
