/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 section 2.3, over RFC 8439 section 2.8) of noble's cipher and noble's
 * MAC. noble puts the two together as well, in a form that sets the cipher up three times for one message and makes room
 * for every step anew: for a text as short as a cookie that takes twice the time. The tests hold this to that form, byte
 * for byte.
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { xchacha20 } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'

/** The first block of the key stream gives the key of the MAC, the others encrypt (RFC 8439 section 2.6). */
const BLOCK = 64
const MAC_KEY = 32
export const TAG = 16

/** Rooms for the messages that fit, so that each does not leave its own to the garbage collector. */
const ROOM = 8192
const textRoom = new Uint8Array(ROOM)
const macRoom = new Uint8Array(ROOM)

/** @returns the ciphertext, then the tag; good until the next call of either function */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const room = roomFor(BLOCK + plaintext.length + TAG, textRoom)
  const stream = streamOver(key, nonce, plaintext, room)
  const tag = tagOf(stream, aad, stream.subarray(BLOCK))
  room.set(tag, stream.length)
  return room.subarray(BLOCK)
}

/**
 * @returns the plaintext, good until the next call of either function; or null where the tag is not that of this key,
 * nonce, AAD and ciphertext
 */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < TAG) return null
  const end = sealed.length - TAG
  const ciphertext = sealed.subarray(0, end)
  const stream = streamOver(key, nonce, ciphertext, roomFor(BLOCK + end, textRoom))
  const isAuthentic = equalBytes(tagOf(stream, aad, ciphertext), sealed.subarray(end))
  return isAuthentic ? stream.subarray(BLOCK) : null
}

/** The block that the key of the MAC comes from, then the text, encrypted or decrypted. */
function streamOver(
  key: Uint8Array,
  nonce: Uint8Array,
  text: Uint8Array,
  room: Uint8Array,
): Uint8Array {
  const stream = room.subarray(0, BLOCK + text.length)
  stream.fill(0, 0, BLOCK)
  stream.set(text, BLOCK)
  return xchacha20(key, nonce, stream, stream)
}

/** The MAC of AAD and ciphertext, each filled up to 16 bytes, and their lengths (RFC 8439 section 2.8). */
function tagOf(stream: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const start = filledUp(aad.length)
  const end = start + filledUp(ciphertext.length)
  const message = roomFor(end + 16, macRoom)
  message.set(aad)
  message.fill(0, aad.length, start)
  message.set(ciphertext, start)
  message.fill(0, start + ciphertext.length)
  writeLength(message, end, aad.length)
  writeLength(message, end + 8, ciphertext.length)
  return poly1305(message, stream.subarray(0, MAC_KEY))
}

function roomFor(length: number, room: Uint8Array): Uint8Array {
  return length <= ROOM ? room.subarray(0, length) : new Uint8Array(length)
}

/** 64 bits, little endian, of which no message needs the upper half. */
function writeLength(message: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < 4; i++) message[offset + i] = length >>> (8 * i)
}

function filledUp(length: number): number {
  return Math.ceil(length / 16) * 16
}
