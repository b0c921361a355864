import { nativeBuffer } from './native-buffer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A text in UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return nativeBuffer()?.from(text, 'utf8') ?? encoder.encode(text)
}

/** @throws TypeError for what is no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
