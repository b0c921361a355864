import type { SessionStore } from '../session-store.ts'

/** What the suite for stores asks of a test runner: vitest, node:test and bun:test have it. */
export interface StoreConformanceOptions {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /**
   * Whether a write is one step with the comparison before it. `false` leaves out what needs that, for engines such as
   * Workers KV that cannot do it: of two requests at once the later one then wins, whole. Default: true.
   */
  readonly compares?: boolean | undefined
}

/** What the parts of the suite share. */
export interface StoreSuite {
  readonly create: () => SessionStore | Promise<SessionStore>
  readonly describe: StoreConformanceOptions['describe']
  readonly it: StoreConformanceOptions['it']
  readonly compares: boolean
}
