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

/**
 * @param head what is to stand before the ciphertext, at most {@link BLOCK} bytes
 * @returns the head, the ciphertext, then the tag; good until the next call of either function
 */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  head: Uint8Array = NOTHING,
): Uint8Array {
  const { length } = plaintext
  const room = roomFor(BLOCK + length + TAG, textRoom)
  room.set(plaintext, BLOCK)
  applyStream(key, nonce, room, length)
  room.set(tagOf(room, aad, room.subarray(BLOCK, BLOCK + length), length), BLOCK + length)
  // The block before the text has done its work.
  const start = BLOCK - head.length
  room.set(head, start)
  return room.subarray(start, BLOCK + length + TAG)
}

const NOTHING = new Uint8Array()

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
  const length = sealed.length - TAG
  if (length < 0) return null
  const room = roomFor(BLOCK + sealed.length, textRoom)
  room.set(sealed, BLOCK)
  applyStream(key, nonce, room, length)
  const isAuthentic = equalBytes(tagOf(room, aad, sealed, length), sealed.subarray(length))
  return isAuthentic ? room.subarray(BLOCK, BLOCK + length) : null
}

/** Leaves the block that the key of the MAC comes from at the start, and the text after it encrypted or decrypted. */
function applyStream(key: Uint8Array, nonce: Uint8Array, room: Uint8Array, length: number): void {
  room.fill(0, 0, BLOCK)
  const stream = room.subarray(0, BLOCK + length)
  xchacha20(key, nonce, stream, stream)
}

/**
 * The MAC of AAD and ciphertext, each filled up to 16 bytes, and their lengths (RFC 8439 section 2.8).
 *
 * @param room starts with the key of the MAC
 * @param sealed starts with the ciphertext, which is `length` bytes long
 */
function tagOf(room: Uint8Array, aad: Uint8Array, sealed: Uint8Array, length: number): Uint8Array {
  const start = filledUp(aad.length)
  const end = start + filledUp(length)
  const message = roomFor(end + TAG, macRoom)
  message.set(aad)
  message.fill(0, aad.length, start)
  message.set(sealed, start)
  message.fill(0, start + length, end + TAG)
  writeLength(message, end, aad.length)
  writeLength(message, end + 8, length)
  return poly1305(message.subarray(0, end + TAG), room.subarray(0, MAC_KEY))
}

function roomFor(length: number, room: Uint8Array): Uint8Array {
  return length <= ROOM ? room : new Uint8Array(length)
}

/** 64 bits, little endian, of which no message needs the upper half. */
function writeLength(message: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < 4; i++) message[offset + i] = length >>> (8 * i)
}

function filledUp(length: number): number {
  return Math.ceil(length / 16) * 16
}
