/** Every address of the shop. What changes something is only ever a POST. */
export const paths = {
  home: '/',
  cart: '/cart',
  orders: '/orders',
  devices: '/devices',
  signIn: '/sign-in',
  confirm: '/confirm',
  addToCart: '/cart/add',
  changeQuantity: '/cart/change',
  removeFromCart: '/cart/remove',
  checkOut: '/cart/check-out',
  signOut: '/sign-out',
  endDevice: '/devices/end',
  endOtherDevices: '/devices/end-others',
  endSession: '/session/end',
} as const
