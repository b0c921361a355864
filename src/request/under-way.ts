import type { SessionControl } from '../session/session-state.ts'
import type { SessionEngine } from '../engine/session-engine.ts'

/** A session under way, as the other middlewares of its request see it. */
export interface UnderWay {
  /** The same for all sessions of one request. */
  readonly number: number
  readonly engine: SessionEngine
  readonly control: SessionControl
  /** Under what it is known: the request's own headers, and what else all middlewares of the request share. */
  readonly headers: object
  readonly identity: object | undefined
  /** The other sessions of the same request, the latest first. */
  readonly others: UnderWay | undefined
}

/** Lets the middlewares that come after find a session. */
export function announce(session: UnderWay): void {
  const mark = new Mark(session)
  put(session.headers, session, mark)
  if (session.identity !== undefined) put(session.identity, session, mark)
}

/** The latest open session that was announced under this very object: not under one that it was copied from. */
export function underWayAt(key: object | undefined): UnderWay | undefined {
  if (key === undefined) return undefined
  return stillOpen(unmarked?.get(key) ?? Mark.sessionOf(key, markOf(key)))
}

/** Lets go of a session that is closed: somebody may keep the request for longer. */
export function retire({ headers, identity }: UnderWay): void {
  leave(headers)
  if (identity !== undefined) leave(identity)
}

function leave(key: object): void {
  const rest = underWayAt(key)
  put(key, rest, rest && new Mark(rest))
}

function stillOpen(session: UnderWay | undefined): UnderWay | undefined {
  return session === undefined || !session.control.closed ? session : stillOpen(session.others)
}

/**
 * Where an object carries its mark. A WeakMap is the dearest part of a request without a session, and holds on to what is
 * in it until V8's next full collection; so there is one only for objects that carry nothing.
 */
const slot = Symbol('fetch-sessions')
let unmarked: WeakMap<object, UnderWay | undefined> | undefined

interface Carrier {
  [slot]?: unknown
}

/** Private, so that a log of the object does not print the session and the request behind it. */
class Mark {
  readonly #session: UnderWay

  constructor(session: UnderWay) {
    this.#session = session
  }

  /** The session of a mark, unless it is the mark of another object, by a copy, a prototype or a Proxy. */
  static sessionOf(key: object, mark: unknown): UnderWay | undefined {
    if (typeof mark !== 'object' || mark === null || !(#session in mark)) return undefined
    const session = mark.#session
    return session.headers === key || session.identity === key ? session : undefined
  }
}

function put(key: object, session: UnderWay | undefined, mark: Mark | undefined): void {
  const former = markOf(key)
  const isFree = former === undefined || Mark.sessionOf(key, former) !== undefined
  if (isFree && unmarked?.has(key) !== true && carries(key, mark)) return
  unmarked ??= new WeakMap()
  unmarked.set(key, session)
}

function markOf(key: Carrier): unknown {
  try {
    return key[slot]
  } catch {
    return REFUSED
  }
}

const REFUSED = Symbol('refused')

/** False for what is frozen, and for a Proxy with a mind of its own. */
function carries(key: Carrier, mark: Mark | undefined): boolean {
  try {
    key[slot] = mark
    return key[slot] === mark
  } catch {
    return false
  }
}
