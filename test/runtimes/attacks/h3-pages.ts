import { HTTPError, HTTPResponse, redirect } from 'h3'

import type { Page } from './site.ts'

/** What h3 has beside the Response: its own response, errors, and values that it makes responses of. */
export const H3_PAGES: Record<string, Page> = {
  'h3-redirect': {
    about: "one redirect() of h3's",
    open() {
      const constant = redirect('/next')
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'h3-response': {
    about: 'one HTTPResponse for all',
    open() {
      const constant = new HTTPResponse('one page for all', { headers: { 'X-Own': '1' } })
      return { answer: () => constant, kept: () => constant.headers }
    },
  },
  'h3-error': {
    about: 'one HTTPError for all',
    open() {
      const constant = new HTTPError({ status: 404, headers: { 'X-Own': '1' } })
      return {
        answer() {
          throw constant
        },
        kept: () => constant.headers,
      }
    },
  },
  'h3-json': {
    about: 'a plain object, whose headers h3 shares between all',
    open: () => ({ answer: () => ({ news: 1 }) }),
  },
  'h3-nothing': {
    about: 'null, whose headers h3 shares between all',
    open: () => ({ answer: () => null }),
  },
}
