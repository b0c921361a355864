import type { SessionStore } from '../engine/store.ts'

/**
 * What the suite for stores asks of a test runner: vitest, node:test and bun:test have it.
 *
 * @example
 * import type { StoreConformanceOptions } from 'fetch-sessions/testing'
 * import { describe, it } from 'vitest'
 *
 * // For an engine that cannot compare.
 * export const options: StoreConformanceOptions = { describe, it, compares: false }
 */
export interface StoreConformanceOptions {
  /** Groups tests under a name. */
  readonly describe: (name: string, body: () => void) => unknown
  /** Runs one test, which fails where its promise is rejected. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /**
   * Whether a write is one step with the comparison before it. `false` leaves out what needs that, for engines such as
   * Workers KV that cannot do it: of two requests at once the later one then wins, whole. Default: true.
   */
  readonly compares?: boolean | undefined
  /** Whether the store can look up by user, with `keysOf`. Default: false. */
  readonly indexed?: boolean | undefined
}

/** What the parts of the suite share. */
export interface StoreSuite {
  readonly create: () => SessionStore | Promise<SessionStore>
  readonly describe: StoreConformanceOptions['describe']
  readonly it: StoreConformanceOptions['it']
  readonly compares: boolean
  readonly indexed: boolean
}
