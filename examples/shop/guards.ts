import { flashEnded } from './ended-session.ts'
import { paths } from './paths.ts'
import type { ShopSession } from './shop-session.ts'

/** The address to go to before a page can be shown; `undefined` where it can. */
export type Guard = (session: ShopSession) => string | undefined

const freshFor = 10 * 60

export const signedIn: Guard = (session) =>
  session.userId === undefined ? signInFirst(session) : undefined

/** For what nobody should see who finds a device unlocked. */
export const signedInLately: Guard = (session) =>
  session.userId === undefined || session.isFresh(freshFor) ? signedIn(session) : paths.confirm

/** Whoever was signed in until now learns why they are not. */
export function signInFirst(session: ShopSession): string {
  if (!flashEnded(session)) session.flash('notice', 'Please sign in first.')
  return paths.signIn
}
