import { nativeBuffer } from './native-buffer.ts'
import type { NativeBuffer } from './native-buffer.ts'

/**
 * Bytes as base64url without padding (RFC 4648 section 5).
 *
 * @param native Node's Buffer where there is one
 */
export function encodeBase64url(
  bytes: Uint8Array,
  native: NativeBuffer | undefined = nativeBuffer(),
): string {
  if (native) return native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * The bytes of a base64url text, or null where it is not the one text that {@link encodeBase64url} writes for
 * them: other alphabets, padding, white space and set trailing bits are refused (RFC 4648 section 3.5), so that no
 * two texts stand for one token.
 */
export function decodeBase64url(
  text: string,
  native: NativeBuffer | undefined = nativeBuffer(),
): Uint8Array | null {
  if (!isCanonical(text)) return null
  if (native) return native.from(text, 'base64url')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NO_LETTER = 64
const VALUES = new Uint8Array(128).fill(NO_LETTER)
for (let value = 0; value < 64; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/**
 * Decodes the first letters of a text into `bytes`, whose length is a multiple of three, and makes nothing else on the
 * way. Gives false where the text is too short, or has other letters there.
 */
export function readBase64url(text: string, bytes: Uint8Array): boolean {
  for (let at = 0, from = 0; at < bytes.length; at += 3, from += 4) {
    let group = 0
    for (let i = from; i < from + 4; i++) {
      const value = VALUES[text.charCodeAt(i)] ?? NO_LETTER
      if (value === NO_LETTER) return false
      group = (group << 6) | value
    }
    bytes[at] = group >> 16
    bytes[at + 1] = group >> 8
    bytes[at + 2] = group
  }
  return true
}

function isCanonical(text: string): boolean {
  if (!/^[\w-]*$/.test(text)) return false
  const last = text.slice(-1)
  switch (text.length % 4) {
    case 0:
      return true
    case 2: // 4 bits of the last character are left over
      return 'AQgw'.includes(last)
    case 3: // 2 bits are
      return 'AEIMQUYcgkosw048'.includes(last)
    default:
      return false
  }
}
