import { flashEnded } from './ended-session.ts'
import type { ShopSession } from './shop-session.ts'
import type { Visit } from './visit.ts'

/** Changes the session as a form asks for and gives the address to go to next. */
export type Action = (visit: Visit, form: URLSearchParams) => string | Promise<string>

/**
 * A form on a page that was open for long meets the end of its session first: without a word the visitor would wonder
 * where the rest of the cart is.
 */
export function tellingOfEnd(action: Action): Action {
  return (visit, form) => {
    flashEnded(visit.session)
    return action(visit, form)
  }
}

export function refuse(session: ShopSession, problem: string, next: string): string {
  session.flash('problem', problem)
  return next
}
