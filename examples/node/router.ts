import { createRouter } from '@remix-run/fetch-router'
import type { RouterContext } from '@remix-run/fetch-router'
import { session } from 'fetch-sessions/fetch-router'

import * as actions from '../shop/actions.ts'
import type { Action } from '../shop/actions.ts'
import { assetResponse, assets } from '../shop/assets.ts'
import { readForm } from '../shop/form.ts'
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

  router.post(paths.addToCart, submit(actions.addToCart))
  router.post(paths.changeQuantity, submit(actions.changeQuantity))
  router.post(paths.removeFromCart, submit(actions.removeFromCart))
  router.post(paths.checkOut, submit(actions.checkOut))
  router.post(paths.signIn, submit(actions.signIn))
  router.post(paths.signOut, submit(actions.signOut))
  router.post(paths.endSession, submit(actions.endSession))

  return router

  function show(page: Page) {
    return (context: ShopContext) => htmlResponse(page(visitOf(context)))
  }

  // 303 turns the POST into a GET, so that reloading the page does not send the form again.
  function submit(action: Action) {
    return async (context: ShopContext) => {
      const location = action(context.session, await readForm(context.request))
      return new Response(null, { status: 303, headers: { Location: location } })
    }
  }

  function visitOf({ session: current, request }: Pick<Visit, 'session' | 'request'>): Visit {
    return { session: current, request, store: name }
  }
}
