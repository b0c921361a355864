const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Room for the texts that fit, so that each does not leave its own to the garbage collector. */
const room = new Uint8Array(8192)

/** A text in UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The same, good until the next call. */
export function encodeUtf8Briefly(text: string): Uint8Array<ArrayBuffer> {
  const { read, written } = encoder.encodeInto(text, room)
  return read === text.length ? room.subarray(0, written) : encoder.encode(text)
}

/** @throws TypeError for what is no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
