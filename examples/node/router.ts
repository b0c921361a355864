import { createRouter } from '@remix-run/fetch-router'
import type { RouterContext } from '@remix-run/fetch-router'
import { session } from 'fetch-sessions/fetch-router'

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
import type { Visit } from '../shop/visit.ts'
import { errorPages } from './error-pages.ts'
import { htmlResponse } from './html-response.ts'
import { sameOriginForms } from './same-origin-forms.ts'
import { securityHeaders } from './security-headers.ts'
import type { ShopStore } from './storage.ts'

export function createShopRouter({ name, storage }: ShopStore) {
  const router = createRouter({
    middleware: [securityHeaders(), errorPages(), sameOriginForms(), session({ storage })],
    defaultHandler: (context) => htmlResponse(pages.notFoundPage(visitOf(context)), 404),
  })

  type ShopContext = RouterContext<typeof router>

  for (const asset of assets) router.get(asset.path, () => assetResponse(asset))

  router.get(paths.home, show(pages.homePage))
  router.get(paths.cart, show(pages.cartPage))
  router.get(paths.signIn, show(pages.signInPage))
  router.get(paths.confirm, show(confirmPage, signedIn))
  router.get(paths.orders, show(ordersPage, signedInLately))
  router.get(paths.devices, show(devicesPage, signedIn))

  router.post(paths.addToCart, submit(cart.addToCart))
  router.post(paths.changeQuantity, submit(cart.changeQuantity))
  router.post(paths.removeFromCart, submit(cart.removeFromCart))
  router.post(paths.checkOut, submit(cart.checkOut))
  router.post(paths.signIn, submit(account.signIn))
  router.post(paths.signOut, submit(account.signOut))
  router.post(paths.confirm, submit(account.confirm))
  router.post(paths.endDevice, submit(account.endDevice))
  router.post(paths.endOtherDevices, submit(account.endOtherDevices))
  router.post(paths.endSession, submit(account.endSession))

  return router

  function show(page: Page, guard?: Guard) {
    return (context: ShopContext) => {
      const elsewhere = guard?.(context.session)
      return elsewhere === undefined ? htmlResponse(page(visitOf(context))) : seeOther(elsewhere)
    }
  }

  function submit(action: Action) {
    return async (context: ShopContext) =>
      seeOther(await action(visitOf(context), await readForm(context.request)))
  }

  function visitOf({ session: current, request }: Pick<Visit, 'session' | 'request'>): Visit {
    return { session: current, request, store: name, storage }
  }
}

/** Turns a POST into a GET, so that reloading the page does not send the form again. */
function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location } })
}
