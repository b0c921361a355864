/** One surface that a stranger can write to. */
export interface FuzzTarget {
  /**
   * Runs an input through the code.
   *
   * @throws if an invariant does not hold
   */
  fuzz(data: Uint8Array): Promise<void>
  /** Inputs to start from. They reach what random bytes never would. */
  seeds(): Promise<readonly Uint8Array[]>
}

/** Each is a file in targets/ and a folder in corpus/. */
export const TARGETS = [
  'sealed',
  'signed',
  'plain',
  'cookie-header',
  'response-headers',
  'command-line',
] as const
