const pool = new Uint8Array(4096)
// Nothing is drawn before the first use: Workers have no randomness at module scope.
let used = pool.length

/**
 * Fills `bytes` with random ones, for an id or a nonce. They are drawn many at a time, since each call of the system's
 * generator costs more than encrypting does; each is handed out once, and forgotten here.
 *
 * Two processes that go on from one snapshot of memory draw the same, as they do from the generators of OpenSSL and V8:
 * take the snapshot before the first session.
 */
export function fillRandom(bytes: Uint8Array): void {
  // By hand: a view for so few bytes costs more than copying them.
  for (let i = 0; i < bytes.length; i++) {
    if (used === pool.length) {
      crypto.getRandomValues(pool)
      used = 0
    }
    bytes[i] = pool[used] ?? 0
    pool[used++] = 0
  }
}
