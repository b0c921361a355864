import type { Scenario } from './scenarios.ts'

/** What answers requests: the shape that all routers share. */
export interface App {
  fetch(request: Request): Response | Promise<Response>
}

/** One way to have sessions, behind the routes of {@link ROUTES}. */
export interface Subject {
  /** As in the tables. */
  readonly name: string
  /** The packages whose versions the report names. */
  readonly packages: readonly string[]
  /** What can be measured of one that has no sessions. */
  readonly scenarios?: readonly Scenario[]
  create(): App
  /** The same routes on the same router, with handlers that answer the same and know no session. */
  createFloor(): App
}

/** The routes of a subject. All answer with status 200 and a short text. */
export const ROUTES = {
  /** Puts {@link ANONYMOUS} into the session. */
  start: '/start',
  /** Leaves the session alone. */
  untouched: '/untouched',
  /** Answers with the session's `count`, `none` without one. */
  read: '/read',
  /** Adds one to the session's `count` and answers with it. */
  count: '/count',
  /** Renews the session where the library can, and sets its `userId`. */
  login: '/login',
} as const

export interface VisitorData {
  count: number
  locale: string
  currency: string
  theme: string
  csrf: string
  cart: string[]
  lastSearch: string
  userId?: string
}

/** The session of a visitor who has not signed in: about 200 bytes of JSON. */
export const ANONYMOUS: VisitorData = {
  count: 0,
  locale: 'en-GB',
  currency: 'EUR',
  theme: 'dark',
  csrf: 'q8JxXf0m5pC2v7YtLr3KdA9hWnUeBzGs',
  cart: ['oolong-50g', 'sencha-100g', 'assam-250g', 'teapot-blue', 'earl-grey-100g'],
  lastSearch: 'green tea',
}

export const USER_ID = 'user-4711'

/** For every subject the same: 32 bytes in hexadecimal digits, which all of them take. */
export const SECRET = '6f0b3c1d9a7e485fb2d4c6083e1a5f97c8d2e4b60719a3f5d7c9b1e8062f4a3d'
