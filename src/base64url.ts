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
  if (native) {
    const { buffer, byteOffset, length } = movable(bytes)
    return native.from(buffer, byteOffset, length).toString('base64url')
  }
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const shortRoom = new Uint8Array(128)

/** V8 keeps short arrays in its heap, and to move one out, for its buffer, takes it far longer than a copy. */
function movable(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 64) return bytes
  shortRoom.set(bytes)
  return shortRoom.subarray(0, bytes.length)
}

/** Room for the texts that fit, so that each does not leave its own to the garbage collector. */
const room = new Uint8Array(8192)

/**
 * The bytes of a base64url text, good until the next call; or null where it is not the one text that
 * {@link encodeBase64url} writes for them: other alphabets, padding, white space and set trailing bits are refused
 * (RFC 4648 section 3.5), so that no two texts stand for one token.
 */
export function decodeBase64url(
  text: string,
  native: NativeBuffer | undefined = nativeBuffer(),
): Uint8Array | null {
  const bytes = native ? decodeNative(text, native) : decodeWeb(text)
  return bytes !== null && encodeBase64url(bytes, native) === text ? bytes : null
}

function decodeNative(text: string, native: NativeBuffer): Uint8Array {
  if (text.length > room.length) return native.from(text, 'base64url')
  const { buffer, byteOffset, length } = room
  return room.subarray(0, native.from(buffer, byteOffset, length).write(text, 'base64url'))
}

function decodeWeb(text: string): Uint8Array | null {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (char) => char.charCodeAt(0))
  } catch {
    return null
  }
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
