import assert from 'node:assert/strict'

import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import { isIndexed } from '../engine/store.ts'
import type { IndexedSessionStore, SessionStore } from '../engine/store.ts'
import { createSessionRunner } from '../request/session-runner.ts'
import type { SessionOrigin } from '../session/session-state.ts'
import type { Session } from '../session/session.ts'
import { toCookieHeader } from './client-cookie.ts'
import { everyInterleaving } from './interleave.ts'
import type { Request as GatedRequest } from './interleave.ts'

const SECRET = 'a secret for the tests of a store, known to all'
const MAX_AGE = 1000

export type Use = (session: Session) => unknown

/** Without a time limit: a machine that is busy is no store that is broken. */
export function storageOver(store: SessionStore, maxAge: number = MAX_AGE): SessionStorage {
  const cookie = { secrets: [SECRET], maxAge }
  return createStoreSessionStorage(store, { cookie, timeout: Infinity })
}

/** The same over a store that looks up by user. */
export function usersOver(store: SessionStore, maxSessionsPerUser?: number): IndexedSessionStorage {
  const cookie = { secrets: [SECRET], maxAge: MAX_AGE }
  const options = { cookie, timeout: Infinity, maxSessionsPerUser }
  return createStoreSessionStorage(store as IndexedSessionStore, options)
}

/** Stores a session, and gives its cookie. */
export async function start(storage: SessionStorage): Promise<string> {
  const session = await storage.getSession()
  session.set('start', true)
  session.flash('notice', 'hello')
  return toCookieHeader(await storage.commitSession(session))
}

/** What a handler does for a login. */
export function login(user: string): Use {
  return (session) => {
    session.regenerate()
    session.set('user', user)
  }
}

export const logout: Use = (session) => session.destroy()

/** Loads a session, uses and commits it; gives the Set-Cookie text, which is empty if there is none. */
export type Visit = (store: SessionStore, cookie: string, use: Use) => Promise<string>

export const byHand: Visit = async (store, cookie, use) => {
  const storage = storageOver(store)
  const session = await storage.getSession(cookie)
  await use(session)
  return storage.commitSession(session)
}

const throughMiddleware = async (
  storage: SessionStorage,
  cookie: string,
  use: Use,
): Promise<string> => {
  let session: Session | undefined
  const run = createSessionRunner({ storage })
  const request = new Request('https://app.example/', { headers: { cookie } })
  const scope = { place: (placed: Session) => void (session = placed) }
  const response = await run(request, scope, async () => {
    assert.ok(session)
    await use(session)
    return new Response()
  })
  return response.headers.getSetCookie()[0] ?? ''
}

export const byMiddleware: Visit = (store, cookie, use) =>
  throughMiddleware(storageOver(store), cookie, use)

/** Through the middleware of a storage whose sessions live so long that this one is due for a renewal. */
export const renewal: Visit = (store, cookie, use) =>
  throughMiddleware(storageOver(store, 10 * MAX_AGE), cookie, use)

/** What one client sends, and what its handler does. */
export interface Sent {
  readonly use: Use
  /** Default: that of the session that {@link race} has stored. */
  readonly cookie?: string
  /** It has loaded its session before the others begin. */
  readonly hasLoaded?: boolean
  /** Its operations follow each other without another's between them, which leaves fewer orders. */
  readonly isOneStep?: boolean
  readonly visit?: Visit
}

/** What one client has after all requests. Moments count the events of one order. */
export interface Client {
  readonly loadedAt: number
  /** That of the session which it has loaded. */
  readonly origin: SessionOrigin
  /** After the first operation of its commit. */
  readonly committingAt: number
  /** After the first write of its commit. */
  readonly writingAt: number
  /** After the last operation of its commit. */
  readonly committedAt: number
  readonly answeredAt: number
  readonly isLogout: boolean
  readonly setCookie: string
  readonly session: Session
}

interface Running {
  readonly request: GatedRequest
  client(setup: SessionStorage): Promise<Client>
}

async function begin(
  base: SessionStore,
  { use, cookie = '', hasLoaded = false, isOneStep = false, visit = byHand }: Sent,
  stops: Stops,
  tick: () => number,
): Promise<Running> {
  let store = base
  let [loadedAt, committingAt, writingAt, committedAt, answeredAt] = [0, 0, 0, 0, 0]
  let setCookie = ''
  let origin: SessionOrigin = 'new'
  let go = (): void => {}
  let noteLoaded = (): void => {}
  const isLoaded = new Promise<void>((resolve) => (noteLoaded = resolve))
  const mayGoOn = new Promise<void>((resolve) => (go = resolve))
  let isCommitting = false
  const noted = async <T>(operation: Promise<T>, writes = true): Promise<T> => {
    const answer = await operation
    const moment = tick()
    if (isCommitting) {
      committingAt ||= moment
      if (writes) writingAt ||= moment
      committedAt = moment
    }
    return answer
  }
  const at = (operation: keyof IndexedSessionStore): SessionStore =>
    stops.includes(operation) ? store : base
  const view: SessionStore = {
    read: (key) => noted(at('read').read(key), false),
    update: (...args) => noted(at('update').update(...args)),
    create: (...args) => noted(at('create').create(...args)),
    delete: (key) => noted(at('delete').delete(key)),
    ...(isIndexed(base) && {
      keysOf: (...args: Parameters<IndexedSessionStore['keysOf']>) =>
        noted((at('keysOf') as IndexedSessionStore).keysOf(...args), false),
    }),
  }
  const answer = async (): Promise<void> => {
    setCookie = await visit(view, cookie, async (session) => {
      loadedAt = tick()
      origin = session.origin
      noteLoaded()
      await mayGoOn
      await use(session)
      isCommitting = true
    })
    answeredAt = tick()
  }
  const early = hasLoaded ? answer() : undefined
  early?.catch(noteLoaded) // it is awaited with the others
  if (hasLoaded) await isLoaded
  return {
    async request(gated) {
      if (isOneStep) await gated.read('the turn of this request')
      else store = gated
      go()
      await (early ?? answer())
    },
    async client(setup) {
      const session = await setup.getSession(setCookie === '' ? cookie : toCookieHeader(setCookie))
      const moments = { loadedAt, committingAt, writingAt, committedAt, answeredAt }
      return { ...moments, origin, isLogout: use === logout, setCookie, session }
    },
  }
}

/** The operations before which a request stops, so that others can come between. */
type Stops = readonly (keyof IndexedSessionStore)[]

/** A new record has a key that no other request knows yet, so when it comes and goes makes no difference to them. */
const KNOWN_KEYS: Stops = ['read', 'update']
/** With an index, others find the new record. */
export const ALL_KEYS: Stops = ['read', 'update', 'create', 'delete', 'keysOf']

export interface RaceOptions {
  /** Stores the session of which the requests have the cookie. Default: {@link start}. */
  readonly start?: (setup: SessionStorage) => Promise<string>
  readonly stops?: Stops
  /** What else happens before the check. */
  readonly afterwards?: (setup: SessionStorage, cookie: string) => Promise<unknown>
}

/** What {@link race} gives to the check of one order. */
export interface Outcome {
  readonly clients: readonly Client[]
  /** What the cookie from before opens now. */
  readonly old: Session
}

/**
 * The same store, with users whom it has never listed before. An index may keep the keys of ended sessions for a while,
 * so thousands of orders with the same user would fill one list.
 */
function withNewUsers(store: SessionStore, order: number): SessionStore {
  if (!isIndexed(store)) return store
  const digits = String(order).padStart(6, '0')
  const renamed = (user: string): string => user.slice(0, -digits.length) + digits
  const owned = <Change extends { readonly user?: string | undefined }>(change: Change): Change =>
    change.user === undefined ? change : { ...change, user: renamed(change.user) }
  const part: IndexedSessionStore = {
    read: (key) => store.read(key),
    create: (key, record) => store.create(key, owned(record)),
    update: (key, version, change) => store.update(key, version, owned(change)),
    delete: (key) => store.delete(key),
    keysOf: (user, cursor) => store.keysOf(renamed(user), cursor),
  }
  return part
}

/**
 * Runs requests over one session, in every order of their operations on the store.
 *
 * @param prepare gives the requests for a session that has just been stored
 */
export async function race(
  store: SessionStore,
  prepare: (cookie: string, setup: SessionStorage) => readonly Sent[] | Promise<readonly Sent[]>,
  check: (outcome: Outcome) => void,
  { start: begins = start, stops = KNOWN_KEYS, afterwards }: RaceOptions = {},
): Promise<void> {
  // Sessions have ids of their own, so all orders can share one store.
  let begun = 0
  const orders = await everyInterleaving(async () => {
    const base = withNewUsers(store, ++begun)
    const setup = storageOver(base)
    let ticks = 0
    const cookie = await begins(setup)
    const running: Running[] = []
    for (const sent of await prepare(cookie, setup)) {
      running.push(await begin(base, { cookie, ...sent }, stops, () => ++ticks))
    }
    const outcome = async (): Promise<Outcome> => {
      await afterwards?.(setup, cookie)
      const clients: Client[] = []
      for (const { client } of running) clients.push(await client(setup))
      return { clients, old: await setup.getSession(cookie) }
    }
    return { base, requests: running.map(({ request }) => request), outcome }
  }, check)
  assert.ok(orders > 1, 'the requests have only one order')
}

/**
 * After an answered logout, no cookie of any answer signs anyone in, except that of a login which has loaded its session
 * after the logout. Two logouts at once are one: the later one ends what the earlier one has ended.
 */
export function assertLogoutHolds({ clients, old }: Outcome): void {
  const logouts = clients.filter(({ isLogout }) => isLogout)
  for (const { session, loadedAt } of clients) {
    if (session.origin !== 'resumed') continue
    for (const each of logouts) {
      assert.ok(
        logouts.some((one) => one.answeredAt >= each.loadedAt && one.answeredAt <= loadedAt),
        `after a logout a cookie opens ${JSON.stringify(session.data)}`,
      )
    }
    assert.ok(!session.has('start'), 'the values of the session that was ended are back')
  }
  assert.equal(old.origin, 'unknown')
}
