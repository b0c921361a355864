/*
 * Sealed tokens, version 1.
 *
 *   byte   0      version, 0x01
 *   byte   1      flags: 1 the expiry was chosen by hand, 2 the cookie has no Max-Age by hand
 *   bytes  2-5    key hint: which secret sealed it
 *   bytes  6-11   created at  } milliseconds since 1970,
 *   bytes 12-17   expires at  } 48 bits, big endian
 *   bytes 18-41   nonce, random
 *   bytes 42-     XChaCha20-Poly1305 ciphertext of the body in UTF-8, then the tag of 16 bytes
 *
 * in base64url without padding. Authenticated with the ciphertext (the AAD): bytes 0-17, then the text
 * `<kind>:<cookie name>` in UTF-8. The key and its hint are the first 32 bytes and the 4 after them of
 * HKDF-SHA-256 (RFC 5869) with the secret in UTF-8 as input key, no salt and the info `fetch-sessions v1`.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'

import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { createNonce } from './nonce.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { fromFlags, toFlags } from './token.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from './token.ts'

const VERSION = 1
const HEADER = 18
const NONCE = 24
const TAG = 16
// 18 bytes are 24 characters and no bits left over, so the header can be read alone.
const HEADER_CHARS = 24
const MAX_DERIVED_KEYS = 64

interface SealKey {
  readonly hint: number
  readonly key: Uint8Array
}

// The keys and not the promises: on Workers a promise of one request must not be awaited by another.
const derivedKeys = new Map<string, SealKey>()

/**
 * Encrypts and authenticates token bodies.
 *
 * @param secrets newest first; the first seals, all open
 * @param random gives nonces, each once
 */
export function createSealedCodec(
  secrets: readonly string[],
  context: TokenContext,
  random: (length: number) => Uint8Array = createNonce,
): TokenCodec {
  const contextBytes = encodeUtf8(`${context.kind}:${context.cookieName}`)
  let keys: SealKey[] = []

  async function deriveAll(): Promise<void> {
    keys = await Promise.all(secrets.map(deriveKey))
  }

  function isStale(header: Uint8Array): boolean {
    return readHint(header) !== keys[0]?.hint
  }

  return {
    isUrlSafe: true,
    ready: () => (keys.length === secrets.length ? undefined : deriveAll()),
    opensAtOnce: () => true,

    peek(value) {
      const header = decodeBase64url(value.slice(0, HEADER_CHARS))
      if (header?.length !== HEADER || header[0] !== VERSION) return null
      return { times: readTimes(header), stale: isStale(header) }
    },

    open(value): Token | null {
      const bytes = decodeBase64url(value)
      if (bytes === null || bytes.length < HEADER + NONCE + TAG || bytes[0] !== VERSION) return null
      const hint = readHint(bytes)
      for (const key of keys) {
        if (key.hint !== hint) continue
        const body = decrypt(key, bytes, contextBytes)
        if (body !== null) return { body, times: readTimes(bytes), stale: isStale(bytes) }
      }
      return null
    },

    seal(body, times) {
      const [key] = keys
      if (key === undefined) throw new Error('seal() was called before ready()')
      const header = new Uint8Array(HEADER)
      writeHeader(header, key.hint, times)
      const nonce = random(NONCE)
      const cipher = xchacha20poly1305(key.key, nonce, concat(header, contextBytes))
      return encodeBase64url(concat(header, nonce, cipher.encrypt(encodeUtf8(body))))
    },
  }
}

function decrypt(key: SealKey, bytes: Uint8Array, contextBytes: Uint8Array): string | null {
  const nonce = bytes.subarray(HEADER, HEADER + NONCE)
  const aad = concat(bytes.subarray(0, HEADER), contextBytes)
  try {
    const body = xchacha20poly1305(key.key, nonce, aad).decrypt(bytes.subarray(HEADER + NONCE))
    return decodeUtf8(body)
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

function writeHeader(header: Uint8Array, hint: number, times: TokenTimes): void {
  const view = new DataView(header.buffer)
  header[0] = VERSION
  header[1] = toFlags(times)
  view.setUint32(2, hint)
  writeUint48(view, 6, times.createdAt)
  writeUint48(view, 12, times.expiresAt)
}

function readHint(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(2)
}

function readTimes(bytes: Uint8Array): TokenTimes {
  const view = viewOf(bytes)
  return {
    createdAt: readUint48(view, 6),
    expiresAt: readUint48(view, 12),
    ...fromFlags(view.getUint8(1)),
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function writeUint48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / 2 ** 32))
  view.setUint32(offset + 2, value % 2 ** 32)
}

function readUint48(view: DataView, offset: number): number {
  return view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
