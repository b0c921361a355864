import { maxQuantity } from '../../examples/shop/cart.ts'
import type { StoreName } from '../../examples/shop/stores.ts'

/** What a visitor may expect that depends on where the shop keeps its sessions. */
export interface StoreTraits {
  /** The panel's word for a copy of the cookie after its session has ended, or got another id. */
  readonly copied: 'resumed' | 'unknown'
  /** The panel's word for a cookie after the server was started again. */
  readonly restarted: 'resumed' | 'unknown'
  /** How much one cookie's cart may hold after a second thing came in while other requests wrote something else. */
  readonly raced: readonly number[]
  /** Whether it lists the sessions of a user. */
  readonly lists: boolean
  /** The most in a cart to which this request has put `own` things, and others with the same cookie theirs. */
  most(own: number): number
}

/** Each request sees what the others have changed, and undoes nothing of it. */
const consistent: StoreTraits = {
  copied: 'unknown',
  restarted: 'resumed',
  raced: [2],
  lists: true,
  most: () => maxQuantity,
}

export const traits: Readonly<Record<StoreName, StoreTraits>> = {
  // Each cookie is a session of its own: it knows nothing of its copies, and nothing ends it before its time.
  cookie: { copied: 'resumed', restarted: 'resumed', raced: [1], lists: false, most: (own) => own },
  memory: { ...consistent, restarted: 'unknown' },
  // The last write wins, whole, so that what another request has changed may be lost.
  kv: { ...consistent, raced: [1, 2], lists: false },
  d1: consistent,
  'durable-object': consistent,
  redis: consistent,
  sqlite: consistent,
  postgres: consistent,
}
