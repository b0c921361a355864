import { AsyncLocalStorage } from 'node:async_hooks'

import type {
  IndexedSessionStorage,
  Session,
  SessionEvent,
  SessionOutcome,
  SessionStorage,
} from 'fetch-sessions'
import { parseSetCookie } from 'cookie'
import { createSessionRunner } from '../../src/request/session-runner.ts'

/** What a browser, or an administrator, asks the application for. */
export type Act =
  | { readonly name: 'look' | 'add' | 'read notice' | 'regenerate' | 'reauthenticate' }
  | { readonly name: 'begin'; readonly secret: string; readonly life: string }
  | { readonly name: 'flash'; readonly notice: string }
  | {
      readonly name: 'sign in'
      readonly user: string
      readonly secret: string
      readonly life: string
    }
  | { readonly name: 'log out'; readonly how: 'destroy' | 'sign out' | 'destroy and fail' }
  | { readonly name: 'end others' }
  | { readonly name: 'end all'; readonly user: string }
  | { readonly name: 'end one'; readonly user: string; readonly handle: string }
  | { readonly name: 'purge' }

export interface Visit {
  readonly backEnd: string
  readonly cookie: string | undefined
  readonly act: Act
}

/** What a handler finds in its session. */
export interface Seen {
  readonly origin: string
  readonly handle: string
  readonly user: string | undefined
  readonly secret: string | undefined
  readonly life: string | undefined
  readonly count: number | undefined
  readonly notice: string | undefined
}

/** A request that was answered. */
export interface Answer {
  readonly seen: Seen
  /** The count when the handler returned. */
  readonly countAfter: number | undefined
  readonly outcome: SessionOutcome | undefined
  /** The new value of the cookie; null if it is cleared, undefined if it stays. */
  readonly cookie: string | null | undefined
  /** What endSession() or endSessions() gave. */
  readonly ended: number | boolean | undefined
}

/** A request that failed. */
export interface Failure {
  readonly code: string
  readonly message: string
}

export type Reply = Answer | Failure

interface Data {
  secret: string
  life: string
  count: number
}
interface Flash {
  notice: string
  bye: string
}

/** A storage as the application has it. Those without an index lack the methods for users, and some have no purging. */
export type Storage = SessionStorage<Data, Flash> &
  Partial<Pick<IndexedSessionStorage<Data, Flash>, 'endSession' | 'endSessions'>> & {
    purgeExpired?(): Promise<number>
  }

export interface Application {
  visit(visit: Visit): Promise<Reply>
}

interface Exchange {
  event: SessionEvent | undefined
  ended: number | boolean | undefined
}

/** An application that has its sessions in each of several storages. */
export function createApplication(storages: ReadonlyMap<string, Storage>): Application {
  const exchanges = new AsyncLocalStorage<Exchange>()
  const observe = (event: SessionEvent): void => {
    const exchange = exchanges.getStore()
    if (exchange !== undefined) exchange.event = event
  }
  const runners = new Map(
    [...storages].map(([name, storage]) => [name, createSessionRunner({ storage, observe })]),
  )

  return {
    async visit({ backEnd, cookie, act }) {
      const [storage, run] = [storages.get(backEnd), runners.get(backEnd)]
      if (storage === undefined || run === undefined) throw new Error(`no back end ${backEnd}`)
      const headers = cookie === undefined ? {} : { cookie: `__session=${cookie}` }
      const request = new Request('https://app.example/', { headers })
      const exchange: Exchange = { event: undefined, ended: undefined }
      let session: Session<Data, Flash> | undefined
      const handler = async (): Promise<Response> => {
        const current = session as Session<Data, Flash>
        const seen = seenIn(current)
        const status = await perform(act, current, storage, exchange)
        const countAfter = act.name === 'log out' ? undefined : current.peek('count')
        return Response.json({ seen, countAfter }, { status })
      }
      try {
        const response = await exchanges.run(exchange, () =>
          run(request, { place: (placed) => (session = placed) }, handler),
        )
        const { seen, countAfter } = (await response.json()) as Pick<Answer, 'seen' | 'countAfter'>
        const sent = response.headers.getSetCookie()
        const { ended, event } = exchange
        return { seen, countAfter, outcome: event?.outcome, cookie: cookieOf(sent), ended }
      } catch (error) {
        const { code, message, cause } = error as Error & { code?: unknown }
        return { code: String(code), message: `${message} (${String(cause)})` }
      }
    },
  }
}

function seenIn(session: Session<Data, Flash>): Seen {
  return {
    origin: session.origin,
    handle: session.handle,
    user: session.userId,
    secret: session.peek('secret'),
    life: session.peek('life'),
    count: session.peek('count'),
    notice: session.peek('notice'),
  }
}

/** Does what was asked for, and gives the status. Who is nobody may look, begin and sign in. */
async function perform(
  act: Act,
  session: Session<Data, Flash>,
  storage: Storage,
  exchange: Exchange,
): Promise<number> {
  const isNobody = session.peek('life') === undefined
  switch (act.name) {
    case 'look':
      return 200
    case 'begin':
      if (!isNobody) return 409
      session.set('secret', act.secret)
      session.set('life', act.life)
      return 200
    case 'sign in':
      session.signIn(act.user)
      session.set('secret', act.secret)
      session.set('life', act.life)
      return 200
    case 'end all':
      exchange.ended = await storage.endSessions?.(act.user)
      return 200
    case 'end one':
      exchange.ended = await storage.endSession?.(act.user, act.handle)
      return 200
    case 'purge':
      await storage.purgeExpired?.()
      return 200
    default:
  }
  if (isNobody) return 401
  switch (act.name) {
    case 'add':
      session.update('count', (count = 0) => count + 1)
      return 200
    case 'flash':
      session.flash('notice', act.notice)
      return 200
    case 'read notice':
      session.get('notice')
      return 200
    case 'regenerate':
      session.regenerate()
      return 200
    case 'reauthenticate':
      if (session.userId === undefined) session.regenerate()
      else session.reauthenticate()
      return 200
    case 'end others':
      if (session.userId === undefined) return 401
      exchange.ended = await storage.endSessions?.(session.userId, { except: session })
      return 200
    case 'log out':
      if (act.how !== 'sign out') session.destroy()
      else {
        session.signOut()
        session.flash('bye', 'Bye')
      }
      return act.how === 'destroy and fail' ? 500 : 200
  }
}

function cookieOf(setCookies: readonly string[]): string | null | undefined {
  const [first] = setCookies
  if (first === undefined) return undefined
  const { value = '', maxAge } = parseSetCookie(first, { decode: (text) => text })
  return maxAge === 0 ? null : value
}
