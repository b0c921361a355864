/**
 * Helpers for the tests of applications, and a test suite for authors of back ends.
 * @module
 */

import { engineOf } from '../engine/session-storage.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { Session, SessionData } from '../session/session.ts'
import { nameOf, toCookieHeader } from './client-cookie.ts'

export { storeConformance } from './store-conformance.ts'

/**
 * Returns a `Cookie` header for a session with these values, for requests to an application under test.
 *
 * The session is stored as the application would, in the back end too, with the storage's own lifetime.
 *
 * @param storage the one that the application uses
 * @param data the values, without the flash values
 * @param options `flash`: values that are read once; `userId`: who is signed in
 * @throws SessionError `ERR_SESSION_VALUE` if JSON cannot carry a value or the storage's `schema` refuses it,
 * `ERR_SESSION_COOKIE_TOO_LARGE`, `ERR_SESSION_STORAGE`, or `ERR_SESSION_CONFIG` for a storage that this package has not
 * made
 *
 * @example
 * import { createMemorySessionStorage } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/hono'
 * import { sessionCookie } from 'fetch-sessions/testing'
 * import { Hono } from 'hono'
 *
 * const storage = createMemorySessionStorage<{ cart: string[] }, { notice: string }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * const app = new Hono().use(session({ storage }))
 * app.get('/account', (c) => c.text(`${c.var.session.get('notice')}, ${c.var.session.userId}`))
 *
 * const cookie = await sessionCookie(storage, {}, { userId: 'ada', flash: { notice: 'Saved' } })
 * const response = await app.request('/account', { headers: { cookie } })
 * console.log(await response.text()) // Saved, ada
 */
export async function sessionCookie<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  storage: SessionStorage<Data, FlashData>,
  data: Partial<Data>,
  {
    flash = {},
    userId,
  }: { flash?: Partial<FlashData> | undefined; userId?: string | undefined } = {},
): Promise<string> {
  engineOf(storage) // refuses others
  const session = await storage.getSession()
  for (const [name, value] of entriesOf(data)) session.set(name, value as never)
  for (const [name, value] of entriesOf(flash)) session.flash(name, value as never)
  if (userId !== undefined) session.signIn(userId)
  return toCookieHeader(await storage.commitSession(session))
}

/**
 * The session that a client has after a response, as its next request would bring it.
 *
 * - The response sets the session cookie: the session of that cookie. Of several with its name the last one counts.
 * - It clears the cookie: an empty session with the origin `new`, as after a logout.
 * - It does neither, as where nothing has changed, or where only the record in the back end has: the session of the
 *   header that the request had sent. Without one the client has no session, and gets an empty one.
 *
 * Reading consumes nothing: flash values are there for the next request until a commit.
 *
 * @param storage the one that the application uses
 * @param sent the `Cookie` header that the request had carried
 * @throws SessionError `ERR_SESSION_STORAGE` when the back end cannot answer, or `ERR_SESSION_CONFIG` for a storage that
 * this package has not made
 *
 * @example
 * import { createMemorySessionStorage } from 'fetch-sessions'
 * import { session } from 'fetch-sessions/hono'
 * import { readSession, sessionCookie } from 'fetch-sessions/testing'
 * import { Hono } from 'hono'
 *
 * const storage = createMemorySessionStorage<{ cart: string[] }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * const app = new Hono().use(session({ storage }))
 * app.post('/cart/:product', (c) => {
 *   c.var.session.get('cart')?.push(c.req.param('product'))
 *   return c.redirect('/cart', 303)
 * })
 *
 * const cookie = await sessionCookie(storage, { cart: [] })
 * const response = await app.request('/cart/tea', { method: 'POST', headers: { cookie } })
 * const after = await readSession(storage, response, cookie)
 * console.log(after.get('cart')) // ['tea']
 */
export function readSession<Data extends object = SessionData, FlashData extends object = Data>(
  storage: SessionStorage<Data, FlashData>,
  response: Pick<Response, 'headers'>,
  sent?: string | null,
): Promise<Session<Data, FlashData>> {
  const { name } = engineOf(storage).cookie
  const setCookie = response.headers.getSetCookie().findLast((text) => nameOf(text) === name)
  return storage.getSession(setCookie === undefined ? sent : toCookieHeader(setCookie))
}

type Entry<Values> = { [Name in keyof Values & string]-?: [Name, Values[Name]] }[keyof Values &
  string]

function entriesOf<Values extends object>(values: Partial<Values>): Entry<Values>[] {
  return Object.entries(values) as Entry<Values>[]
}
