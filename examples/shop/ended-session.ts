import type { SessionOrigin } from 'fetch-sessions'

import type { ShopSession } from './shop-session.ts'

const unreadable = 'We did not recognise your session. Please sign in again.'

const texts: Readonly<Record<SessionOrigin, string | undefined>> = {
  new: undefined,
  resumed: undefined,
  expired: 'Your session has expired. Please sign in again.',
  revoked: 'You were signed out from another device.',
  unknown: 'Your session has ended. Please sign in again.',
  tampered: unreadable,
  invalid: unreadable,
}

/** What to say to a visitor whose cookie stands for a session no more; `undefined` where there is nothing to say. */
export function endedText({ origin }: ShopSession): string | undefined {
  return texts[origin]
}

/** Clears a cookie that was refused, so that its end is told once. Nothing may touch the session after this. */
export function forgetEnded(session: ShopSession): void {
  if (endedText(session) !== undefined) session.destroy()
}

/**
 * Keeps the end of a session for the page after a redirect.
 * @returns whether there was one
 */
export function flashEnded(session: ShopSession): boolean {
  const ended = endedText(session)
  if (ended === undefined) return false
  session.flash('ended', ended)
  return true
}
