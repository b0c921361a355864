const POOL_BYTES = 64 * 24

let pool: Uint8Array<ArrayBuffer> | undefined
let used = 0

/**
 * Random bytes for an id or a nonce. They are drawn many at a time, since each call of the system's generator costs more
 * than encrypting does; each is handed out once, and forgotten here.
 */
export function randomBytes(length: number): Uint8Array {
  // Not before the first use: Workers have no randomness at module scope.
  if (pool === undefined || used + length > POOL_BYTES) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES))
    used = 0
  }
  const start = used
  used += length
  const bytes = pool.slice(start, used)
  pool.fill(0, start, used)
  return bytes
}
