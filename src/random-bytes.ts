const pool = new Uint8Array(4096)
// Nothing is drawn before the first use: Workers have no randomness at module scope.
let used = pool.length

/**
 * Random bytes for an id or a nonce. They are drawn many at a time, since each call of the system's generator costs more
 * than encrypting does; each is handed out once, and forgotten here.
 */
export function randomBytes(length: number): Uint8Array {
  if (used + length > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const start = used
  used += length
  const bytes = pool.slice(start, used)
  pool.fill(0, start, used)
  return bytes
}
