/** Every address of the shop. What changes something is only ever a POST. */
export const paths = {
  home: '/',
  cart: '/cart',
  signIn: '/sign-in',
  addToCart: '/cart/add',
  changeQuantity: '/cart/change',
  removeFromCart: '/cart/remove',
  checkOut: '/cart/check-out',
  signOut: '/sign-out',
  endSession: '/session/end',
} as const
