import type { ShopSession, ShopStorage } from './shop-session.ts'
import type { StoreName } from './stores.ts'

/** What a page of the shop is made from. */
export interface Visit {
  readonly session: ShopSession
  readonly request: Request
  /** Where the session is kept. */
  readonly store: StoreName
  readonly storage: ShopStorage
}
