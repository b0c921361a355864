import { findProduct } from './catalogue.ts'
import type { Product } from './catalogue.ts'
import type { CartLine } from './shop-session.ts'

/** The most that one visitor may have of one product. */
export const maxQuantity = 20

export function quantityOf(cart: readonly CartLine[], product: string): number {
  return cart.find((line) => line.product === product)?.quantity ?? 0
}

/** The cart with this many of a product; none removes its line. */
export function withQuantity(
  cart: readonly CartLine[],
  product: string,
  quantity: number,
): CartLine[] {
  if (quantity === 0) return cart.filter((line) => line.product !== product)
  const changed = { product, quantity }
  return quantityOf(cart, product) === 0
    ? [...cart, changed]
    : cart.map((line) => (line.product === product ? changed : line))
}

export function countItems(cart: readonly Pick<CartLine, 'quantity'>[]): number {
  return cart.reduce((count, { quantity }) => count + quantity, 0)
}

export interface PricedLine {
  readonly product: Product
  readonly quantity: number
  readonly total: number
}

/** The lines with what they cost. A product that has left the catalogue since is left out. */
export function priceLines(cart: readonly CartLine[]): PricedLine[] {
  return cart.flatMap(({ product: id, quantity }) => {
    const product = findProduct(id)
    return product === undefined ? [] : [{ product, quantity, total: product.price * quantity }]
  })
}

export function totalOf(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, { total }) => sum + total, 0)
}
