import { SessionError } from '../util/errors.ts'
import type { NewRecord, SessionStore } from './store.ts'

/*
 * The data under the key of an id that a login has replaced or a logout has ended:
 *
 *   retired:{"logouts":0,"begun":[…]}
 *   retired:{"logouts":1,"begun":[],"revoked":true}    it was ended from elsewhere
 *
 * A marker has the keys of every session that was begun under the id since the last logout, and the number of logouts. It
 * stays for 15 seconds, longer than requests take. Late requests with the old id find it there. That of a revoked session
 * stays until the session would have expired, so that its holder can be told, or until they begin another.
 */
export const RETIRED = 'retired:'
/** Milliseconds. */
export const MARKER_LIFETIME = 15_000

/** An attempt fails only if another request succeeds, so this many requests at once all succeed. */
export const MAX_ATTEMPTS = 100
/** Milliseconds. */
const MAX_BACK_OFF = 64

export interface Marker {
  readonly logouts: number
  /** Keys. */
  readonly begun: readonly string[]
  readonly revoked?: boolean | undefined
}

/** The key of a session, and the version that was read or written. */
export interface Place {
  readonly key: string
  readonly version: string
}

/** A marker that was read. */
export interface MetMarker extends Marker {
  readonly key: string
  /** `undefined` if nothing was there. */
  readonly version: string | undefined
  /** Milliseconds since 1970. */
  readonly metAt: number
}

/** The marker of an id under which nothing was begun. */
export const UNMARKED: Marker = { logouts: 0, begun: [] }

/** The marker in the data of a record; null for a session. */
export function parseMarker(data: string): Marker | null {
  return data.startsWith(RETIRED) ? (JSON.parse(data.slice(RETIRED.length)) as Marker) : null
}

export function markerOf(known: Place | MetMarker | undefined): Marker {
  return known !== undefined && 'begun' in known ? known : UNMARKED
}

/** The record of a marker. It is nobody's, so it leaves the list of its user. */
export function markerRecord(
  { logouts, begun, revoked }: Marker,
  expires: Date = new Date(Date.now() + MARKER_LIFETIME),
): NewRecord {
  return { data: RETIRED + JSON.stringify({ logouts, begun, revoked }), expires }
}

/** Whether a logout has ended one of these sessions, or one that was begun under them in turn. */
export async function hasEnded(store: SessionStore, keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    const found = await store.read(key)
    const marker = found && parseMarker(found.data)
    if (marker && (marker.logouts > 0 || (await hasEnded(store, marker.begun)))) return true
  }
  return false
}

/**
 * Ends the session under a key, and before it every session that was begun under it. If that fails half way, the marker
 * still names the rest, and the logout can be repeated.
 */
export async function endKey(
  store: SessionStore,
  key: string,
  known?: Place | MetMarker,
): Promise<void> {
  let version = known?.version
  let marker = markerOf(known)
  let logouts = known && marker.logouts
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (version === undefined) {
      const found = await store.read(key)
      if (found === null) return
      version = found.version
      marker = parseMarker(found.data) ?? UNMARKED
      logouts ??= marker.logouts
      // Another logout was faster, and nothing was begun since.
      if (marker.logouts > logouts && marker.begun.length === 0) return
    }
    for (const begun of marker.begun) await endKey(store, begun)
    const ended = markerRecord({ logouts: marker.logouts + 1, begun: [] })
    if ((await store.update(key, version, ended)) !== null) return
    version = undefined
    await backOff(attempt)
  }
  throw conflict('end')
}

export function conflict(what: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The session could not be stored: ${what} met another write ${MAX_ATTEMPTS} times in a row.`,
  )
}

/** Waits a random time, so that many simultaneous writers do not collide again. */
export function backOff(attempt: number): Promise<void> | undefined {
  if (attempt < 3) return undefined
  const milliseconds = Math.random() * Math.min(2 ** attempt, MAX_BACK_OFF)
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
