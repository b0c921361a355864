import { sha256 } from '@noble/hashes/sha2.js'

import type { SessionRecord } from '../session/session-state.ts'
import type { SessionValues, StoredValues } from '../session/session-values.ts'
import { encodeBase64url, encodeUtf8Shared, fillRandom } from '../token/bytes.ts'
import { SessionError } from '../util/errors.ts'
import type { RecordCodec } from './record-codec.ts'
import type {
  LoadedSession,
  RetiredSession,
  SavedSession,
  SaveOptions,
  SaveResult,
  SessionBackend,
} from './session-backend.ts'
import type { NewRecord, RecordChange, SessionStore, StoredSession } from './store.ts'

/*
 * The data under a key:
 *
 *   {"createdAt":…,"data":{…}}           a session, or `sealed:` and the same, sealed
 *   retired:{"logouts":0,"begun":[…]}    an id that a login has replaced or a logout has ended: a marker
 *
 * A marker has the keys of every session that was begun under the id since the last logout, and the number of logouts. It
 * stays for 15 seconds, longer than requests take. Late requests with the old id find it there.
 */
const RETIRED = 'retired:'
/** Milliseconds. */
const MARKER_LIFETIME = 15_000
/** No visitor signs in more often within 15 seconds. Each login rewrites the keys of all before it. */
const MAX_BEGUN = 100

/** An attempt fails only if another request succeeds, so this many requests at once all succeed. */
const MAX_ATTEMPTS = 100
/** Milliseconds. */
const MAX_BACK_OFF = 64

/** The key of a session, and the version that was read or written. */
interface Place {
  readonly key: string
  readonly version: string
}

interface Marker {
  readonly logouts: number
  /** Keys. */
  readonly begun: readonly string[]
}

/** The marker of an id under which nothing was begun. */
const UNMARKED: Marker = { logouts: 0, begun: [] }

/** The marker that a session found at loading, kept until its commit. */
interface MetMarker extends Place, Marker {
  /** Milliseconds since 1970. */
  readonly metAt: number
}

interface CreatedSession extends SavedSession {
  stored: Place
  expiresAt?: number
  fixed?: boolean
}

/**
 * Keeps sessions as records of a {@link SessionStore}. It handles ids, keys, JSON and conflicts.
 *
 * @param codec seals the records; without it they are plain
 */
export function createStoredSessions(
  store: SessionStore,
  codec: RecordCodec | undefined,
  prefix: string,
): SessionBackend {
  /** The store gets only a hash, so a leaked table signs nobody in. WebCrypto would cost a thread hop. */
  function keyOf(id: string): string {
    return prefix + encodeBase64url(sha256(encodeUtf8Shared(id)))
  }

  async function load(id: string): Promise<LoadedSession | RetiredSession | 'unknown' | 'invalid'> {
    const key = keyOf(id)
    const found = await store.read(key)
    if (found === null) return 'unknown'
    const marker = parseMarker(found.data)
    if (marker !== null) {
      const retired: MetMarker = { ...marker, key, version: found.version, metAt: Date.now() }
      return { retired }
    }
    const record = await decode(key, found)
    if (record === null) return 'invalid'
    const { values, createdAt, fixed, stale } = record
    const expiresAt = found.expires.getTime()
    const stored: Place = { key, version: found.version }
    return { id, values, createdAt, expiresAt, fixed, stale, stored }
  }

  function save(record: SessionRecord, options: SaveOptions): Promise<SaveResult> {
    const { id, retired, values } = record
    const stored = record.stored as Place | undefined
    const old = (retired as MetMarker | undefined) ?? stored
    if (old === undefined) return create(values, options)
    if (options.regenerate) return replace(old, values, options)
    if (stored === undefined) return Promise.resolve('retired')
    return update(id, stored, values, options)
  }

  async function create(values: SessionValues, options: SaveOptions): Promise<CreatedSession> {
    const expires = new Date(options.expiresAt)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const id = createId()
      const key = keyOf(id)
      const version = await store.create(key, { data: await encode(key, values, options), expires })
      if (version !== null) return { body: id, id, stored: { key, version } }
    }
    throw conflict('create')
  }

  /** Writes the changes. If another request was faster, merges them into what that one has stored and tries again. */
  async function update(
    id: string,
    { key, version: known }: Place,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    let version = known
    let times = options
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // If nothing has changed, only the expiry moves. Without a new cookie, the expiry stays.
      const writes = values.changed || times.byHand || times.reseals
      const data = writes ? await encode(key, values, times) : undefined
      const expires = times.renews ? new Date(times.expiresAt) : undefined
      const { expiresAt, fixed } = times
      if (data === undefined && expires === undefined) {
        return { body: id, id, stored: { key, version }, expiresAt, fixed } // another request has already written the same
      }
      const answer = await store.update(key, version, { data, expires } as RecordChange)
      if (typeof answer === 'string') {
        return { body: id, id, stored: { key, version: answer }, expiresAt, fixed }
      }
      if (answer !== null) return 'postponed'
      await backOff(attempt)
      const found = await store.read(key)
      const met = found && parseMarker(found.data) === null ? await decode(key, found) : null
      if (found === null || met === null) return 'retired'
      version = found.version
      times = keptByHand(options, met, found)
      values.rebase(met.values)
    }
    throw conflict('update')
  }

  /**
   * Gives a session a new id. The new record comes first, under an id that nobody knows yet, so that nothing of it is ever
   * readable under the old one. Then the marker of the old id names it, in one step with the proof that what stands there
   * is unchanged, so that no logout, no other login and no write is lost.
   *
   * If the values were cleared, it is a logout that goes on: what was begun under the old id ends, and what is begun
   * meanwhile is dropped.
   *
   * @param old the record; or a marker, if the answer to an earlier login was lost
   */
  async function replace(
    old: Place | MetMarker,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    const created = await create(values, options)
    const { key } = created.stored
    const { logouts } = knownMarker(old)
    let { begun } = knownMarker(old)
    let version: string | undefined = old.version
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (values.isCleared) for (const each of begun) await endKey(each)
      else if (begun.length >= MAX_BEGUN) return discard(created)
      const named = markerRecord(
        values.isCleared
          ? { logouts: logouts + 1, begun: [key] }
          : { logouts, begun: [...begun, key] },
      )
      const answer = await (version === undefined
        ? store.create(old.key, named)
        : store.update(old.key, version, named))
      if (answer !== null) {
        // After the old id names this one: a logout that comes later still, with the id of another login, is one of its own.
        return !values.isCleared && (await hasEnded(begun)) ? discard(created) : created
      }
      await backOff(attempt)
      const found = await store.read(old.key)
      version = found?.version
      if (found === null) {
        // A logout after `metAt` would have left a marker that is still there.
        if ('metAt' in old && Date.now() - old.metAt < MARKER_LIFETIME) continue
        return discard(created)
      }
      const marker = parseMarker(found.data)
      if (marker !== null) {
        // A client that repeats an unanswered write finds its own marker.
        if (marker.begun.includes(key)) {
          return (await hasEnded(marker.begun)) ? discard(created) : created
        }
        if (marker.logouts > logouts) return discard(created)
        begun = marker.begun // another login was faster: a logout with the old id ends both
        continue
      }
      const met = await decode(old.key, found)
      if (met === null) return discard(created)
      values.rebase(met.values)
      const times = keptByHand(options, met, found)
      const data = await encode(key, values, times)
      const change = { data, expires: new Date(times.expiresAt) }
      const rewritten = await store.update(key, created.stored.version, change)
      if (typeof rewritten !== 'string') throw conflict('replace')
      created.stored = { key, version: rewritten }
      created.expiresAt = times.expiresAt
      created.fixed = times.fixed
    }
    throw conflict('replace')
  }

  /** Whether a logout has ended one of these sessions, or one that was begun under them in turn. */
  async function hasEnded(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) {
      const found = await store.read(key)
      const marker = found && parseMarker(found.data)
      if (marker && (marker.logouts > 0 || (await hasEnded(marker.begun)))) return true
    }
    return false
  }

  async function discard({ stored }: CreatedSession): Promise<'retired'> {
    await store.delete(stored.key)
    return 'retired'
  }

  /**
   * Ends the session under a key, and before it every session that was begun under it. If that fails half way, the marker
   * still names the rest, and the logout can be repeated.
   */
  async function endKey(key: string, known?: Place | MetMarker): Promise<void> {
    let version = known?.version
    let marker = knownMarker(known)
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
      for (const begun of marker.begun) await endKey(begun)
      const ended = markerRecord({ logouts: marker.logouts + 1, begun: [] })
      if ((await store.update(key, version, ended)) !== null) return
      version = undefined
      await backOff(attempt)
    }
    throw conflict('end')
  }

  async function encode(
    key: string,
    values: SessionValues,
    { createdAt, fixed }: SaveOptions,
  ): Promise<string> {
    const head = `"createdAt":${createdAt}${fixed ? ',"fixed":true' : ''}`
    const text = `{${head},"data":${values.serialize()}}`
    return codec === undefined ? text : codec.encode(key, text)
  }

  async function decode(key: string, { data }: StoredSession): Promise<ParsedRecord | null> {
    if (codec === undefined) return parseRecord(data, false)
    const decoded = await codec.decode(key, data)
    return decoded && parseRecord(decoded.text, decoded.stale)
  }

  return {
    kind: 'id',
    merges: true,
    immediate: false,
    keepsTimes: true,
    load,
    save,
    async end({ id, stored, retired }) {
      const known = (retired ?? stored) as MetMarker | Place | undefined
      if (known !== undefined) await endKey(known.key, known)
      else if (id !== '') await endKey(keyOf(id))
    },
    endBody: (id) => endKey(keyOf(id)),
  }
}

/** The marker in the data of a record; null for a session. */
function parseMarker(data: string): Marker | null {
  return data.startsWith(RETIRED) ? (JSON.parse(data.slice(RETIRED.length)) as Marker) : null
}

function knownMarker(known: Place | MetMarker | undefined): Marker {
  return known !== undefined && 'begun' in known ? known : UNMARKED
}

function markerRecord(marker: Marker): NewRecord {
  const expires = new Date(Date.now() + MARKER_LIFETIME)
  return { data: RETIRED + JSON.stringify(marker), expires }
}

/** Keeps the lifetime that another request has chosen by hand meanwhile. */
function keptByHand(options: SaveOptions, met: ParsedRecord, found: StoredSession): SaveOptions {
  if (!met.fixed || options.byHand) return options
  return { ...options, fixed: true, renews: false, expiresAt: found.expires.getTime() }
}

interface ParsedRecord {
  readonly createdAt: number
  readonly fixed: boolean
  readonly stale: boolean
  readonly values: StoredValues
}

function parseRecord(text: string, stale: boolean): ParsedRecord | null {
  try {
    const record = JSON.parse(text) as { [member: string]: unknown } | null
    const { createdAt, fixed, data } = record ?? {}
    if (typeof createdAt !== 'number') return null
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
    return { createdAt, fixed: fixed === true, stale, values: data as StoredValues }
  } catch {
    return null
  }
}

function createId(): string {
  const bytes = new Uint8Array(20) // 160 bits; OWASP requires at least 64
  fillRandom(bytes)
  return encodeBase64url(bytes)
}

function conflict(what: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The session could not be stored: ${what} met another write ${MAX_ATTEMPTS} times in a row.`,
  )
}

/** Waits a random time, so that many simultaneous writers do not collide again. */
function backOff(attempt: number): Promise<void> | undefined {
  if (attempt < 3) return undefined
  const milliseconds = Math.random() * Math.min(2 ** attempt, MAX_BACK_OFF)
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
