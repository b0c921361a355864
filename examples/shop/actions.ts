import { countItems, maxQuantity, quantityOf, withQuantity } from './cart.ts'
import type { Product } from './catalogue.ts'
import { endedText } from './ended-session.ts'
import { maxNameLength, parseName, parseProduct, parseQuantity } from './form.ts'
import { paths } from './paths.ts'
import type { ShopSession } from './shop-session.ts'

/** Changes the session as a form asks for and gives the address to go to next. */
export type Action = (session: ShopSession, form: URLSearchParams) => string

const unknownProduct = 'We do not have that product.'
const tooMany = `Choose between 1 and ${maxQuantity} of each product.`

export const addToCart: Action = tellingOfEnd((session, form) => {
  const product = parseProduct(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.home)
  const cart = session.get('cart') ?? []
  const quantity = quantityOf(cart, product.id) + 1
  if (quantity > maxQuantity) return refuse(session, tooMany, backTo(product))
  session.set('cart', withQuantity(cart, product.id, quantity))
  session.flash('notice', `${product.name} is in your cart.`)
  return backTo(product)
})

export const changeQuantity: Action = tellingOfEnd((session, form) => {
  const product = parseProduct(form)
  const quantity = parseQuantity(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.cart)
  if (quantity === undefined) return refuse(session, tooMany, paths.cart)
  session.set('cart', withQuantity(session.get('cart') ?? [], product.id, quantity))
  session.flash('notice', describe(product, quantity))
  return paths.cart
})

export const removeFromCart: Action = tellingOfEnd((session, form) => {
  const product = parseProduct(form)
  if (product === undefined) return refuse(session, unknownProduct, paths.cart)
  session.set('cart', withQuantity(session.get('cart') ?? [], product.id, 0))
  session.flash('notice', describe(product, 0))
  return paths.cart
})

export const checkOut: Action = tellingOfEnd((session) => {
  const count = countItems(session.get('cart') ?? [])
  if (count === 0) return refuse(session, 'Your cart is empty.', paths.cart)
  session.unset('cart')
  session.flash('notice', 'Thank you! This shop is an example: nothing is charged or sent.')
  return paths.home
})

export const signIn: Action = (session, form) => {
  const name = parseName(form)
  if (name === undefined) {
    return refuse(session, `Enter a name of 1 to ${maxNameLength} characters.`, paths.signIn)
  }
  // A session id that somebody planted before must not be worth anything afterwards.
  session.regenerate()
  session.set('name', name)
  session.flash('notice', `Welcome, ${name}.`)
  return paths.home
}

/** Forgets all values, and goes on with a fresh session that can still say so. */
export const signOut: Action = (session) => {
  session.clear()
  session.regenerate()
  session.flash('notice', 'You are signed out.')
  return paths.home
}

/** Ends the session itself, cookie and all: nothing is left that could carry a message. */
export const endSession: Action = (session) => {
  session.destroy()
  return `${paths.home}#session`
}

/**
 * A form on a page that was open for long meets the end of its session first: without a word the visitor would wonder
 * where the rest of the cart is.
 */
function tellingOfEnd(action: Action): Action {
  return (session, form) => {
    const ended = endedText(session)
    if (ended !== undefined) session.flash('ended', ended)
    return action(session, form)
  }
}

function refuse(session: ShopSession, problem: string, next: string): string {
  session.flash('problem', problem)
  return next
}

function backTo(product: Product): string {
  return `${paths.home}#${product.id}`
}

function describe({ name }: Product, quantity: number): string {
  return quantity === 0 ? `${name} is out of your cart.` : `${name}: ${quantity} in your cart.`
}
