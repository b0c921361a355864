/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 section 2.3, over RFC 8439 section 2.8) of noble's cipher and noble's
 * MAC. noble puts the two together as well, in a form that sets the cipher up three times for one message and copies
 * what it is given: for a text as short as a cookie that takes twice the time. The tests hold this to that form and to
 * OpenSSL, byte for byte.
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { xchacha20 } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'

/** The first block of the key stream gives the key of the MAC, the others encrypt (RFC 8439 section 2.6). */
const BLOCK = 64
const MAC_KEY = 32
export const TAG = 16

/** @returns the ciphertext, then the tag */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const stream = streamOver(key, nonce, plaintext)
  const ciphertext = stream.subarray(BLOCK)
  const sealed = new Uint8Array(plaintext.length + TAG)
  sealed.set(ciphertext)
  sealed.set(tagOf(stream, aad, ciphertext), plaintext.length)
  return sealed
}

/** @returns the plaintext, or null where the tag is not that of this key, nonce, AAD and ciphertext */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < TAG) return null
  const ciphertext = sealed.subarray(0, -TAG)
  const stream = streamOver(key, nonce, ciphertext)
  const isAuthentic = equalBytes(tagOf(stream, aad, ciphertext), sealed.subarray(-TAG))
  return isAuthentic ? stream.subarray(BLOCK) : null
}

/** The block that the key of the MAC comes from, then the text, encrypted or decrypted. */
function streamOver(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Uint8Array {
  const stream = new Uint8Array(BLOCK + text.length)
  stream.set(text, BLOCK)
  return xchacha20(key, nonce, stream, stream)
}

/** The MAC of AAD and ciphertext, each filled up to 16 bytes, and their lengths (RFC 8439 section 2.8). */
function tagOf(stream: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const start = filledUp(aad.length)
  const end = start + filledUp(ciphertext.length)
  const message = new Uint8Array(end + 16)
  message.set(aad)
  message.set(ciphertext, start)
  const view = new DataView(message.buffer)
  view.setUint32(end, aad.length, true)
  view.setUint32(end + 8, ciphertext.length, true)
  return poly1305(message, stream.subarray(0, MAC_KEY))
}

function filledUp(length: number): number {
  return Math.ceil(length / 16) * 16
}
