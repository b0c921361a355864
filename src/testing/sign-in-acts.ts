import assert from 'node:assert/strict'

import type { SessionStorage } from '../engine/session-storage.ts'
import { toCookieHeader } from './client-cookie.ts'
import { byHand, byMiddleware, logout, renewal } from './race.ts'
import type { Client, Sent, Use, Visit } from './race.ts'

/** What a request does to the session of a user. */
export interface Act {
  readonly what: string
  readonly use: Use
  readonly visit: Visit
  /** Ends the session, and all that was begun under its id; `if loaded` not if its id was retired before. */
  readonly ends?: 'always' | 'if loaded'
  /** Begins a new session under the id; `if loaded` not if the id was retired before. */
  readonly begins?: 'always' | 'if loaded'
  /** It counts as later than an end that was committed before. */
  readonly signsIn?: boolean
}

export const signIn =
  (user: string): Use =>
  (session) => {
    session.signIn(user)
    session.set('by', user)
  }

/** What each user's session has, so that nothing of it may be found in the session of another. */
export const SECRET_VALUE = 'secret'

export const ACTS = {
  signIn: {
    what: 'signs the same user in',
    use: signIn('ada'),
    visit: byHand,
    begins: 'always',
    signsIn: true,
  },
  signInOther: {
    what: 'signs another user in',
    use: signIn('bob'),
    visit: byMiddleware,
    ends: 'if loaded',
    begins: 'always',
    signsIn: true,
  },
  signOut: {
    what: 'signs out',
    use: (session) => {
      session.signOut()
      session.flash('bye', true)
    },
    visit: byHand,
    ends: 'always',
    begins: 'always',
  },
  logout: { what: 'logs out', use: logout, visit: byMiddleware, ends: 'always' },
  reauthenticate: {
    what: 'authenticates again',
    use: (session) => {
      if (session.userId === undefined) return
      session.reauthenticate()
    },
    visit: byMiddleware,
    begins: 'if loaded',
  },
  regenerate: {
    what: 'asks for a new id',
    use: (session) => session.regenerate(),
    visit: byHand,
    begins: 'always',
  },
  write: { what: 'sets a key', use: (session) => session.set('a', 1), visit: byHand },
  renewal: { what: 'is renewed', use: () => undefined, visit: renewal },
} as const satisfies Record<string, Act>

/** Signs a user in on a device of their own, and gives its cookie. */
export async function signedIn(setup: SessionStorage, user = 'ada'): Promise<string> {
  const session = await setup.getSession()
  signIn(user)(session)
  session.set(SECRET_VALUE, user)
  return toCookieHeader(await setup.commitSession(session))
}

/** The handle of the session of a cookie. */
export async function handleOf(setup: SessionStorage, cookie: string): Promise<string> {
  return (await setup.getSession(cookie)).handle
}

/** A request of this act. */
export function sends({ use, visit }: Act, more: Partial<Sent> = {}): Sent {
  return { use, visit, ...more }
}

/** Whether the cookie of an answer signs somebody in. */
export function isSignedIn({ session }: Client): boolean {
  return session.origin === 'resumed' && session.userId !== undefined
}

/** An act, and what became of it. */
interface Done {
  readonly act: Act
  readonly client: Client
}

/**
 * What holds after any of these acts at once on the session of ada:
 *
 * - After an end, no cookie signs anyone in, except that of a sign-in whose commit began later. That one does.
 * - What comes after an end or a new id gets no cookie, unless it begins anew.
 * - Nobody has a value of another user, or of a session that has ended.
 */
export function assertActsHold(acts: readonly Act[], clients: readonly Client[]): void {
  const all = acts.map((act, i): Done => ({ act, client: clients[i] as Client }))
  for (const one of all) {
    const { act, client } = one
    const ends = all.filter((end) => end !== one && does('ends', end)).map((end) => end.client)
    if (ends.length > 0 && isSignedIn(client)) {
      const isLater = ends.every((end) => countsAsLater(client, end, ends))
      assert.ok(act.signsIn && isLater, `after an end a cookie opens ${shown(client)}`)
    }
    // A sign-in begins with its commit, and everything else when it loads the session.
    const beganAt = act.signsIn ? client.committingAt : client.loadedAt
    if (does('begins', one) && ends.every((end) => end.committedAt < beganAt)) {
      const isThere = act.signsIn ? isSignedIn(client) : client.session.origin === 'resumed'
      assert.ok(isThere, `one that ${act.what} has no session, though nothing has ended it since`)
    }
    if (!does('begins', one) && !does('ends', one)) {
      const isLate = all.some(
        (other) =>
          (does('begins', other) || does('ends', other)) &&
          other.client.committedAt < client.committingAt,
      )
      if (isLate) assert.equal(client.setCookie, '', 'a late request sends a cookie')
    }
    if (client.session.origin === 'resumed') assertOwnValues(client, ends.length > 0)
  }
  const ids = clients.map(({ session }) => session.id).filter((id) => id !== '')
  assert.equal(new Set(ids).size, ids.length, 'two answers have one session')
}

function does(what: 'ends' | 'begins', { act, client }: Done): boolean {
  if (act[what] !== 'if loaded') return act[what] === 'always'
  // The slower of two sign-ins of another user is dropped.
  return client.origin === 'resumed' && (what === 'begins' || client.setCookie !== '')
}

/** Two ends at once are one: the later one ends what the earlier one has ended. */
function countsAsLater(client: Client, end: Client, ends: readonly Client[]): boolean {
  return ends.some((one) => one.committedAt >= end.loadedAt && one.committedAt < client.writingAt)
}

export function assertOwnValues(client: Client, hasEnded: boolean): void {
  const { session } = client
  const values = [session.get(SECRET_VALUE), session.get('by'), session.get('a') && 'ada']
  const isOwn = (value: unknown): boolean => value === undefined || value === session.userId
  assert.ok(values.every(isOwn), `values of another user: ${shown(client)}`)
  assert.ok(!hasEnded || values[0] === undefined, `values that were ended: ${shown(client)}`)
}

function shown({ session }: Client): string {
  return JSON.stringify({ userId: session.userId, ...session.data })
}
