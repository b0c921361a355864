import type { Middleware } from '@remix-run/fetch-router'

import { errorPage } from '../shop/pages.ts'
import { htmlResponse } from './html-response.ts'

/** Answers an exception with a page that says nothing about it, and logs it. */
export function errorPages(): Middleware {
  return async function errorPagesMiddleware(_context, next) {
    try {
      return await next()
    } catch (error) {
      console.error(error)
      return htmlResponse(errorPage, 500)
    }
  }
}
