/*
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 section 2.3, over RFC 8439 section 2.8) of noble's HChaCha20, ChaCha20
 * and Poly1305. noble's combined form allocates at every step, which costs several times as much for short texts. Buffers
 * are therefore allocated once and reused. The tests compare the results with noble's, byte for byte.
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { chacha20, hchacha } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'

import { encodeUtf8 } from './bytes.ts'

/** The first block of the key stream contains the key of the MAC, the others encrypt (RFC 8439 section 2.6). */
const BLOCK = 64
const MAC_KEY = 32
export const TAG = 16

/** Reused for every message that fits. */
const BUFFER_SIZE = 8192
const textBuffer = new Uint8Array(BUFFER_SIZE)
const macBuffer = new Uint8Array(BUFFER_SIZE)

/** The inputs and the output of HChaCha20, as bytes and as words. */
const keyBuffer = new ArrayBuffer(256)
const constant = new Uint8Array(keyBuffer, 0, 16)
const key32 = new Uint8Array(keyBuffer, 64, 32)
const nonce16 = new Uint8Array(keyBuffer, 128, 16)
const subkey = new Uint8Array(keyBuffer, 160, 32)
const nonce12 = new Uint8Array(keyBuffer, 192, 12)
const constantWords = new Uint32Array(keyBuffer, 0, 4)
const keyWords = new Uint32Array(keyBuffer, 64, 8)
const nonceWords = new Uint32Array(keyBuffer, 128, 4)
const subkeyWords = new Uint32Array(keyBuffer, 160, 8)
constant.set(encodeUtf8('expand 32-byte k'))

/**
 * @param head bytes to put before the ciphertext, at most {@link BLOCK}
 * @returns the head, the ciphertext, then the tag. The next call of either function overwrites the result
 */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  head: Uint8Array = NOTHING,
): Uint8Array {
  const { length } = plaintext
  const buffer = bufferFor(BLOCK + length + TAG, textBuffer)
  buffer.set(plaintext, BLOCK)
  applyStream(key, nonce, buffer, length)
  buffer.set(tagOf(buffer, aad, buffer.subarray(BLOCK, BLOCK + length), length), BLOCK + length)
  // The block before the text is no longer needed.
  const start = BLOCK - head.length
  buffer.set(head, start)
  return buffer.subarray(start, BLOCK + length + TAG)
}

const NOTHING = new Uint8Array()

/**
 * @returns the plaintext, or null if the tag does not match key, nonce, AAD and ciphertext. The next call of either
 * function overwrites the result
 */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  const length = sealed.length - TAG
  if (length < 0) return null
  const buffer = bufferFor(BLOCK + sealed.length, textBuffer)
  buffer.set(sealed, BLOCK)
  applyStream(key, nonce, buffer, length)
  const isAuthentic = equalBytes(tagOf(buffer, aad, sealed, length), sealed.subarray(length))
  return isAuthentic ? buffer.subarray(BLOCK, BLOCK + length) : null
}

/** Writes the key of the MAC into the first block, and encrypts or decrypts the text after it. */
function applyStream(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, length: number): void {
  // HChaCha20 takes the first 16 bytes of the nonce. ChaCha20 takes the rest, after four zero bytes (section 2.3).
  key32.set(key)
  for (let i = 0; i < 16; i++) nonce16[i] = nonce[i] ?? 0
  for (let i = 0; i < 8; i++) nonce12[4 + i] = nonce[16 + i] ?? 0
  hchacha(constantWords, keyWords, nonceWords, subkeyWords)
  buffer.fill(0, 0, BLOCK)
  const stream = buffer.subarray(0, BLOCK + length)
  chacha20(subkey, nonce12, stream, stream)
}

/**
 * The MAC of AAD and ciphertext, each padded to 16 bytes, and their lengths (RFC 8439 section 2.8).
 *
 * @param buffer starts with the key of the MAC
 * @param sealed starts with the ciphertext, which is `length` bytes long
 */
function tagOf(
  buffer: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  length: number,
): Uint8Array {
  const start = Math.ceil(aad.length / 16) * 16
  const end = start + Math.ceil(length / 16) * 16
  const message = bufferFor(end + TAG, macBuffer)
  message.set(aad)
  message.fill(0, aad.length, start)
  message.set(sealed, start)
  message.fill(0, start + length, end + TAG)
  // The lengths have 64 bits, little endian. No message needs the upper half.
  for (let i = 0; i < 4; i++) {
    message[end + i] = aad.length >>> (8 * i)
    message[end + 8 + i] = length >>> (8 * i)
  }
  const mac = poly1305.create(buffer.subarray(0, MAC_KEY))
  // noble copies its input, and short copies are cheap.
  for (let at = 0; at < end + TAG; at += BLOCK) {
    mac.update(message.subarray(at, Math.min(at + BLOCK, end + TAG)))
  }
  return mac.digest()
}

function bufferFor(length: number, buffer: Uint8Array): Uint8Array {
  return length <= BUFFER_SIZE ? buffer : new Uint8Array(length)
}
