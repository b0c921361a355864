import type { Session } from 'fetch-sessions'

/** What the shop remembers about a visitor. */
export interface ShopData {
  cart: CartLine[]
  name: string
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

export type ShopSession = Session<ShopData, ShopFlash>
