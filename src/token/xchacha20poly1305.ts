/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 section 2.3, over RFC 8439 section 2.8) of noble's HChaCha20, ChaCha20
 * and Poly1305. noble puts them together as well, in a form that makes room for every step anew: for a text as short as a
 * cookie that takes several times as long, because V8 is slow to make an array of more than 64 bytes, and to give away
 * the buffer of a shorter one. So whatever can be lies in rooms that are made once. The tests hold this to noble's own
 * form, byte for byte.
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { chacha20, hchacha } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'

import { encodeUtf8 } from './bytes.ts'

/** The first block of the key stream gives the key of the MAC, the others encrypt (RFC 8439 section 2.6). */
const BLOCK = 64
const MAC_KEY = 32
export const TAG = 16

/** Rooms for the messages that fit. */
const ROOM = 8192
const textRoom = new Uint8Array(ROOM)
const macRoom = new Uint8Array(ROOM)

/** The inputs and the output of HChaCha20, as bytes and as the words that it takes. */
const keyRoom = new ArrayBuffer(256)
const constant = new Uint8Array(keyRoom, 0, 16)
const key32 = new Uint8Array(keyRoom, 64, 32)
const nonce16 = new Uint8Array(keyRoom, 128, 16)
const subkey = new Uint8Array(keyRoom, 160, 32)
const nonce12 = new Uint8Array(keyRoom, 192, 12)
const constantWords = new Uint32Array(keyRoom, 0, 4)
const keyWords = new Uint32Array(keyRoom, 64, 8)
const nonceWords = new Uint32Array(keyRoom, 128, 4)
const subkeyWords = new Uint32Array(keyRoom, 160, 8)
constant.set(encodeUtf8('expand 32-byte k'))

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
  // A key for this nonce from its first 16 bytes; the rest goes with it, after four bytes of zero (section 2.3).
  key32.set(key)
  for (let i = 0; i < 16; i++) nonce16[i] = nonce[i] ?? 0
  for (let i = 0; i < 8; i++) nonce12[4 + i] = nonce[16 + i] ?? 0
  hchacha(constantWords, keyWords, nonceWords, subkeyWords)
  room.fill(0, 0, BLOCK)
  const stream = room.subarray(0, BLOCK + length)
  chacha20(subkey, nonce12, stream, stream)
}

/**
 * The MAC of AAD and ciphertext, each filled up to 16 bytes, and their lengths (RFC 8439 section 2.8).
 *
 * @param room starts with the key of the MAC
 * @param sealed starts with the ciphertext, which is `length` bytes long
 */
function tagOf(room: Uint8Array, aad: Uint8Array, sealed: Uint8Array, length: number): Uint8Array {
  const start = Math.ceil(aad.length / 16) * 16
  const end = start + Math.ceil(length / 16) * 16
  const message = roomFor(end + TAG, macRoom)
  message.set(aad)
  message.fill(0, aad.length, start)
  message.set(sealed, start)
  message.fill(0, start + length, end + TAG)
  // The lengths have 64 bits, little endian, of which no message needs the upper half.
  for (let i = 0; i < 4; i++) {
    message[end + i] = aad.length >>> (8 * i)
    message[end + 8 + i] = length >>> (8 * i)
  }
  const mac = poly1305.create(room.subarray(0, MAC_KEY))
  // noble copies what it is given, and short copies are the cheap ones.
  for (let at = 0; at < end + TAG; at += BLOCK) {
    mac.update(message.subarray(at, Math.min(at + BLOCK, end + TAG)))
  }
  return mac.digest()
}

function roomFor(length: number, room: Uint8Array): Uint8Array {
  return length <= ROOM ? room : new Uint8Array(length)
}
