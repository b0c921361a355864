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
import type { ShopData, ShopFlash } from '../shop/shop-session.ts'
import { errorPages } from './error-pages.ts'
import { htmlResponse } from './html-response.ts'
import { sameOriginForms } from './same-origin-forms.ts'
import { securityHeaders } from './security-headers.ts'

export const router = createRouter({
  middleware: [securityHeaders(), errorPages(), sameOriginForms(), session<ShopData, ShopFlash>()],
  defaultHandler: (context) =>
    htmlResponse(pages.notFoundPage(context.session, context.request), 404),
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

function show(page: Page) {
  return (context: ShopContext) => htmlResponse(page(context.session, context.request))
}

// 303 turns the POST into a GET, so that reloading the page does not send the form again.
function submit(action: Action) {
  return async (context: ShopContext) => {
    const location = action(context.session, await readForm(context.request))
    return new Response(null, { status: 303, headers: { Location: location } })
  }
}
