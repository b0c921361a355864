import { session } from 'fetch-sessions/hono'
import type { SessionEnv } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { csrf } from 'hono/csrf'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'

import * as account from '../shop/account-actions.ts'
import type { Action } from '../shop/actions.ts'
import { assetResponse, assets } from '../shop/assets.ts'
import * as cart from '../shop/cart-actions.ts'
import { devicesPage } from '../shop/devices-page.ts'
import { readForm } from '../shop/form.ts'
import { signedIn, signedInLately } from '../shop/guards.ts'
import type { Guard } from '../shop/guards.ts'
import { confirmPage, ordersPage } from '../shop/orders-page.ts'
import * as pages from '../shop/pages.ts'
import type { Page } from '../shop/pages.ts'
import { paths } from '../shop/paths.ts'
import { contentSecurityPolicy, pageCaching } from '../shop/security.ts'
import type { ShopData, ShopFlash } from '../shop/shop-session.ts'
import type { Visit } from '../shop/visit.ts'
import { purgeExpired, shopStorageOf, storeOf } from './storage.ts'
import type { ShopBindings } from './storage.ts'

type ShopEnv = SessionEnv<ShopData, ShopFlash> & { Bindings: ShopBindings }
type ShopContext = Context<ShopEnv>

const app = new Hono<ShopEnv>()

// Under Hono's default, no-referrer, browsers send `Origin: null` with a form, which csrf() could not accept.
app.use(secureHeaders({ contentSecurityPolicy, referrerPolicy: 'same-origin' }))
for (const asset of assets) app.get(asset.path, () => assetResponse(asset))
app.use(csrf())
app.use(session({ storage: shopStorageOf }))

app.get(paths.home, show(pages.homePage))
app.get(paths.cart, show(pages.cartPage))
app.get(paths.signIn, show(pages.signInPage))
app.get(paths.confirm, show(confirmPage, signedIn))
app.get(paths.orders, show(ordersPage, signedInLately))
app.get(paths.devices, show(devicesPage, signedIn))

app.post(paths.addToCart, submit(cart.addToCart))
app.post(paths.changeQuantity, submit(cart.changeQuantity))
app.post(paths.removeFromCart, submit(cart.removeFromCart))
app.post(paths.checkOut, submit(cart.checkOut))
app.post(paths.signIn, submit(account.signIn))
app.post(paths.signOut, submit(account.signOut))
app.post(paths.confirm, submit(account.confirm))
app.post(paths.endDevice, submit(account.endDevice))
app.post(paths.endOtherDevices, submit(account.endOtherDevices))
app.post(paths.endSession, submit(account.endSession))

app.notFound((c: ShopContext) => c.html(pages.notFoundPage(visitOf(c)), 404, pageCaching))

app.onError((error, c) => {
  if (error instanceof HTTPException && error.status === 403) {
    return c.html(pages.forbiddenPage, 403, pageCaching)
  }
  console.error(error)
  return c.html(pages.errorPage, 500, pageCaching)
})

export { SessionObject } from 'fetch-sessions/storage/durable-object'

export default {
  fetch: app.fetch,
  scheduled: (_event: unknown, env: ShopBindings) => purgeExpired(env),
}

function show(page: Page, guard?: Guard) {
  return (c: ShopContext) => {
    const elsewhere = guard?.(c.var.session)
    return elsewhere === undefined
      ? c.html(page(visitOf(c)), 200, pageCaching)
      : c.redirect(elsewhere, 303)
  }
}

// 303 turns the POST into a GET, so that reloading the page does not send the form again.
function submit(action: Action) {
  return async (c: ShopContext) =>
    c.redirect(await action(visitOf(c), await readForm(c.req.raw)), 303)
}

function visitOf(c: ShopContext): Visit {
  return {
    session: c.var.session,
    request: c.req.raw,
    store: storeOf(c.env),
    storage: shopStorageOf(c.env),
  }
}
