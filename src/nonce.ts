const POOL_BYTES = 64 * 24

let pool: Uint8Array<ArrayBuffer> | undefined
let used = 0

/**
 * Random bytes that need not be kept secret. They are drawn many at a time, since each call of the system's generator
 * costs more than encrypting does; each is handed out once.
 */
export function createNonce(length: number): Uint8Array {
  // Not before the first use: Workers have no randomness at module scope.
  if (pool === undefined || used + length > POOL_BYTES) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES))
    used = 0
  }
  return pool.slice(used, (used += length))
}
