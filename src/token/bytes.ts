/* base64url, UTF-8 and random bytes, as fast as each runtime allows. */

/** The part of Node's Buffer that we call; ten times as fast as the web's functions. */
interface NativeBuffer {
  isEncoding?(name: string): boolean
  from(text: string, encoding: 'base64url'): Uint8Array<ArrayBuffer>
  from(
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ): { toString(as: 'base64url'): string; write(text: string, as: 'base64url'): number }
}

/** Node's Buffer, if the runtime has it. The Buffer of a bundler may lack base64url. */
function nativeBuffer(): NativeBuffer | undefined {
  const { Buffer: found } = globalThis as { Buffer?: NativeBuffer }
  if (found !== known) {
    known = found
    usable = found?.isEncoding?.('base64url') === true ? found : undefined
  }
  return usable
}

let known: NativeBuffer | undefined
let usable: NativeBuffer | undefined

/**
 * Bytes as base64url without padding (RFC 4648 section 5).
 *
 * @param native Node's Buffer, if there is one
 */
export function encodeBase64url(
  bytes: Uint8Array,
  native: NativeBuffer | undefined = nativeBuffer(),
): string {
  if (native) {
    const { buffer, byteOffset, length } = withCheapBuffer(bytes)
    return native.from(buffer, byteOffset, length).toString('base64url')
  }
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const shortBuffer = new Uint8Array(128)

/** V8 keeps short arrays in its heap. Moving one out, to read its buffer, costs far more than a copy. */
function withCheapBuffer(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 64) return bytes
  shortBuffer.set(bytes)
  return shortBuffer.subarray(0, bytes.length)
}

/** Reused for every text that fits, to save the garbage collector work. */
const decoded = new Uint8Array(8192)

/** Up to this length, calling Buffer takes longer than decoding here. */
const SHORT = 200

/**
 * The bytes of a base64url text. The next call overwrites the result. Null for any text that {@link encodeBase64url} does
 * not write: other alphabets, padding, white space and set trailing bits are refused (RFC 4648 section 3.5), so that each
 * token has exactly one text.
 */
export function decodeBase64url(
  text: string,
  native: NativeBuffer | undefined = nativeBuffer(),
): Uint8Array | null {
  if (native && text.length > SHORT) return decodeNative(text, native)
  if (text.length % 4 === 1) return null
  const length = Math.floor((text.length * 3) / 4)
  const bytes = length <= decoded.length ? decoded.subarray(0, length) : new Uint8Array(length)
  return readBase64url(text, bytes) ? bytes : null
}

/** Buffer stops at unknown letters or skips them, so the result is compared with the text. */
function decodeNative(text: string, native: NativeBuffer): Uint8Array | null {
  const { buffer, byteOffset, length } = decoded
  const bytes =
    text.length > length
      ? native.from(text, 'base64url')
      : decoded.subarray(0, native.from(buffer, byteOffset, length).write(text, 'base64url'))
  return encodeBase64url(bytes, native) === text ? bytes : null
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NO_LETTER = 64
const VALUES = new Uint8Array(128).fill(NO_LETTER)
for (let value = 0; value < 64; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/**
 * Fills `bytes` from the first letters of a text, without allocating. Returns false if the text is too short, has other
 * letters there, or has bits set after the last byte.
 */
export function readBase64url(text: string, bytes: Uint8Array): boolean {
  const { length } = bytes
  for (let at = 0, from = 0; at < length; at += 3, from += 4) {
    const missing = Math.max(0, at + 3 - length)
    let group = 0
    for (let i = from; i < from + 4 - missing; i++) {
      const value = VALUES[text.charCodeAt(i)] ?? NO_LETTER
      if (value === NO_LETTER) return false
      group = (group << 6) | value
    }
    group <<= 6 * missing
    bytes[at] = group >> 16
    bytes[at + 1] = group >> 8
    bytes[at + 2] = group
    if (missing > 0 && (group & (2 ** (8 * missing) - 1)) !== 0) return false
  }
  return true
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reused for every text that fits. */
const encoded = new Uint8Array(8192)

/** A text in UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** As {@link encodeUtf8}, into a shared buffer. The next call overwrites the result. */
export function encodeUtf8Shared(text: string): Uint8Array<ArrayBuffer> {
  const { read, written } = encoder.encodeInto(text, encoded)
  return read === text.length ? encoded.subarray(0, written) : encoder.encode(text)
}

/** @throws TypeError for invalid UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

const pool = new Uint8Array(4096)
// Full, so that the first call fills it: Workers have no randomness at module scope.
let used = pool.length

/**
 * Fills `bytes` at random, for an id or a nonce. Each call of the system's generator costs more than encrypting, so we draw
 * many bytes at once. Each byte is used once and then erased.
 *
 * Two processes that are restored from one snapshot of memory draw the same bytes, as with the generators of OpenSSL and
 * V8. Take the snapshot before the first session.
 */
export function fillRandom(bytes: Uint8Array): void {
  // A loop: for so few bytes, a view costs more than copying.
  for (let i = 0; i < bytes.length; i++) {
    if (used === pool.length) {
      crypto.getRandomValues(pool)
      used = 0
    }
    bytes[i] = pool[used] ?? 0
    pool[used++] = 0
  }
}
