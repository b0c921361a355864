import { Buffer } from 'node:buffer'

/** Bytes as the text of an HTTP header: each is one character. */
export const toHeader = (data: Uint8Array): string => Buffer.from(data).toString('latin1')

export const fromHeader = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** Bytes as UTF-8; anything else in them becomes U+FFFD. */
export const toText = (data: Uint8Array): string => Buffer.from(data).toString()

export const fromText = (text: string): Uint8Array => Buffer.from(text)

/** Nonces that are the same at every run, and never the same twice in one, so that a kept token stays valid. */
export function countingNonces(): (nonce: Uint8Array) => void {
  let count = 0
  return (nonce) => {
    nonce.fill(0)
    new DataView(nonce.buffer, nonce.byteOffset).setUint32(0, ++count)
  }
}

/**
 * Puts valid values where an input has their numbers, as the characters U+0001 and up. Kept inputs then outlive the values,
 * which expire.
 */
export function fillIn(text: string, values: readonly string[]): string {
  return Array.from(text, (char) => values[char.charCodeAt(0) - 1] ?? char).join('')
}
