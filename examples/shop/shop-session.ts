import type { IndexedSessionStorage, Session, SessionStorage } from 'fetch-sessions'

/** What the shop remembers about a visitor. Who is signed in is known to the session itself. */
export interface ShopData {
  cart: CartLine[]
  /** The newest first. */
  orders: Order[]
}

/** What it says once, on the page after a redirect. */
export interface ShopFlash {
  notice: string
  problem: string
  /** That the session from before is no more, where a form was the first to meet its end. */
  ended: string
}

export interface CartLine {
  product: string
  quantity: number
}

export interface Order {
  /** Milliseconds since 1970. */
  placedAt: number
  items: number
  /** In cents. */
  total: number
}

export type ShopSession = Session<ShopData, ShopFlash>

/** A store that can look up by user makes a storage that lists and ends the sessions of one. */
export type ShopStorage =
  SessionStorage<ShopData, ShopFlash> | IndexedSessionStorage<ShopData, ShopFlash>

/** The most devices on which one user is signed in. One more signs out the one that was idle for longest. */
export const maxSessionsPerUser = 10

/** Asked while the shop is open, since a variable chooses the storage. Otherwise its type says so. */
export function canListSessions(
  storage: ShopStorage,
): storage is IndexedSessionStorage<ShopData, ShopFlash> {
  return 'sessionsOf' in storage
}
