import { refuse, tellingOfEnd } from './actions.ts'
import type { Action } from './actions.ts'
import { countItems, maxQuantity, priceLines, quantityOf, totalOf, withQuantity } from './cart.ts'
import type { Product } from './catalogue.ts'
import { parseProduct, parseQuantity } from './form.ts'
import { paths } from './paths.ts'

/** The most that the history shows, since a cookie may have to hold it. */
const maxOrders = 20

const unknownProduct = 'We do not have that product.'
const tooMany = `Choose between 1 and ${maxQuantity} of each product.`

export const addToCart: Action = tellingOfEnd(({ session }, form) => {
  const product = parseProduct(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.home)
  const cart = session.get('cart') ?? []
  const quantity = quantityOf(cart, product.id) + 1
  if (quantity > maxQuantity) return refuse(session, tooMany, backTo(product))
  session.set('cart', withQuantity(cart, product.id, quantity))
  session.flash('notice', `${product.name} is in your cart.`)
  return backTo(product)
})

export const changeQuantity: Action = tellingOfEnd(({ session }, form) => {
  const product = parseProduct(form)
  const quantity = parseQuantity(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.cart)
  if (quantity === undefined) return refuse(session, tooMany, paths.cart)
  session.set('cart', withQuantity(session.get('cart') ?? [], product.id, quantity))
  session.flash('notice', describe(product, quantity))
  return paths.cart
})

export const removeFromCart: Action = tellingOfEnd(({ session }, form) => {
  const product = parseProduct(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.cart)
  session.set('cart', withQuantity(session.get('cart') ?? [], product.id, 0))
  session.flash('notice', describe(product, 0))
  return paths.cart
})

export const checkOut: Action = tellingOfEnd(({ session }) => {
  const lines = priceLines(session.get('cart') ?? [])
  if (lines.length === 0) return refuse(session, 'Your cart is empty.', paths.cart)
  const order = { placedAt: Date.now(), items: countItems(lines), total: totalOf(lines) }
  session.update('orders', (orders = []) => [order, ...orders].slice(0, maxOrders))
  session.unset('cart')
  session.flash('notice', 'Thank you! This shop is an example: nothing is charged or sent.')
  return paths.home
})

function backTo(product: Product): string {
  return `${paths.home}#${product.id}`
}

function describe({ name }: Product, quantity: number): string {
  return quantity === 0 ? `${name} is out of your cart.` : `${name}: ${quantity} in your cart.`
}
