import type { Middleware } from '@remix-run/fetch-router'

import { forbiddenPage } from '../shop/pages.ts'
import { htmlResponse } from './html-response.ts'

/** Refuses a request that changes something unless the browser says that it comes from this site. */
export function sameOriginForms(): Middleware {
  return function sameOriginFormsMiddleware({ request }, next) {
    return isSafe(request.method) || isSameOrigin(request)
      ? next()
      : htmlResponse(forbiddenPage, 403)
  }
}

function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method)
}

/** Browsers say it in Sec-Fetch-Site; older ones, and all of them without https, in Origin only. */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  return headers.get('origin') === new URL(url).origin
}
