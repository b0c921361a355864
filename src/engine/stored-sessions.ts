import { sha256 } from '@noble/hashes/sha2.js'

import type { SessionRecord } from '../session/session-state.ts'
import type { SessionValues, StoredValues } from '../session/session-values.ts'
import { encodeBase64url, encodeUtf8Briefly, fillRandom } from '../token/bytes.ts'
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
 * What stands under a key:
 *
 *   {"createdAt":…,"data":{…}}           a session, or `sealed:` and the same, sealed
 *   retired:{"logouts":0,"begun":[…]}    an id that a login has replaced or a logout has ended: a marker
 *
 * A marker has the keys of every session that was begun under the id since the last logout, and the number of logouts. It
 * stays for 15 seconds, longer than requests are under way, and tells those that still carry the id what became of it.
 */
const RETIRED = 'retired:'
/** Milliseconds. */
const MARKER_LIFETIME = 15_000
/** No visitor signs in more often while a marker stays. Each login rewrites the names of all before it. */
const MAX_BEGUN = 100

/** Each attempt of one loser of a race is another's success, so this many requests at once all get through. */
const MAX_ATTEMPTS = 100
/** Milliseconds. */
const MAX_BACK_OFF = 64

/** Where a session stands, and in which version it was read or written. */
interface Place {
  readonly key: string
  readonly version: string
}

interface Marker {
  readonly logouts: number
  /** Keys. */
  readonly begun: readonly string[]
}

/** What stands for a record, under which nothing was begun yet. */
const UNMARKED: Marker = { logouts: 0, begun: [] }

/** What a session that met a marker keeps until its commit. */
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
 * Keeps sessions as records of a {@link SessionStore}. Ids, keys, JSON and conflicts are dealt with here.
 *
 * @param codec seals the records; without it they are kept as they are
 */
export function createStoredSessions(
  store: SessionStore,
  codec: RecordCodec | undefined,
  prefix: string,
): SessionBackend {
  /** The store sees a hash only, so that a leaked table signs nobody in. WebCrypto would cost a thread hop. */
  function keyOf(id: string): string {
    return prefix + encodeBase64url(sha256(encodeUtf8Briefly(id)))
  }

  async function load(id: string): Promise<LoadedSession | RetiredSession | 'unknown' | 'invalid'> {
    const key = keyOf(id)
    const found = await store.read(key)
    if (found === null) return 'unknown'
    const marker = markerIn(found.data)
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

  /** Writes until nobody else is faster, each time laying the changes over what the faster one has stored. */
  async function update(
    id: string,
    { key, version: known }: Place,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    let version = known
    let times = options
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // If nothing has changed only the expiry moves; if no new cookie is sent, the expiry stays.
      const writes = values.changed || times.byHand || times.reseals
      const data = writes ? await encode(key, values, times) : undefined
      const expires = times.renews ? new Date(times.expiresAt) : undefined
      if (data === undefined && expires === undefined) {
        return { body: id, id, stored: { key, version } } // another request has written the same
      }
      const answer = await store.update(key, version, { data, expires } as RecordChange)
      if (typeof answer === 'string') {
        const { expiresAt, fixed } = times
        return { body: id, id, stored: { key, version: answer }, expiresAt, fixed }
      }
      if (answer !== null) return 'postponed'
      await backOff(attempt)
      const found = await store.read(key)
      const met = found && markerIn(found.data) === null ? await decode(key, found) : null
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
   * @param old the record; or a marker, since the answer to an earlier login may have been lost
   */
  async function replace(
    old: Place | MetMarker,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    const created = await create(values, options)
    const { key } = created.stored
    const { logouts } = markerOf(old)
    let { begun } = markerOf(old)
    let version: string | undefined = old.version
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (values.isCleared) {
        for (const each of begun) await endKey(each)
      } else if (begun.length >= MAX_BEGUN || (await hasEnded(begun))) {
        return discard(created)
      }
      const named = recordOf(
        values.isCleared
          ? { logouts: logouts + 1, begun: [key] }
          : { logouts, begun: [...begun, key] },
      )
      const answer = await (version === undefined
        ? store.create(old.key, named)
        : store.update(old.key, version, named))
      if (answer !== null) return created
      await backOff(attempt)
      const found = await store.read(old.key)
      version = found?.version
      if (found === null) {
        // Had a logout come after this marker was met, its own would still be there.
        if ('metAt' in old && Date.now() - old.metAt < MARKER_LIFETIME) continue
        return discard(created)
      }
      const marker = markerIn(found.data)
      if (marker !== null) {
        // A client that sends again what was not answered meets its own marker.
        if (marker.begun.includes(key)) return created
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
      const marker = found && markerIn(found.data)
      if (marker && (marker.logouts > 0 || (await hasEnded(marker.begun)))) return true
    }
    return false
  }

  async function discard({ stored }: CreatedSession): Promise<'retired'> {
    await store.delete(stored.key)
    return 'retired'
  }

  /**
   * Ends what stands under a key, and first every session that was begun under it: if that fails half way, the marker
   * still names them, and the logout can be tried again.
   */
  async function endKey(key: string, known?: Place | MetMarker): Promise<void> {
    let version = known?.version
    let marker = markerOf(known)
    let logouts = known && marker.logouts
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (version === undefined) {
        const found = await store.read(key)
        if (found === null) return
        version = found.version
        marker = markerIn(found.data) ?? UNMARKED
        logouts ??= marker.logouts
        // Another logout was faster, and nothing was begun since.
        if (marker.logouts > logouts && marker.begun.length === 0) return
      }
      for (const begun of marker.begun) await endKey(begun)
      const ended = recordOf({ logouts: marker.logouts + 1, begun: [] })
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
function markerIn(data: string): Marker | null {
  return data.startsWith(RETIRED) ? (JSON.parse(data.slice(RETIRED.length)) as Marker) : null
}

function markerOf(known: Place | MetMarker | undefined): Marker {
  return known !== undefined && 'begun' in known ? known : UNMARKED
}

function recordOf(marker: Marker): NewRecord {
  const expires = new Date(Date.now() + MARKER_LIFETIME)
  return { data: RETIRED + JSON.stringify(marker), expires }
}

/** A lifetime that another request has chosen by hand meanwhile is kept as it is. */
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
  const bytes = new Uint8Array(20) // 160 bits; OWASP asks for 64 at least
  fillRandom(bytes)
  return encodeBase64url(bytes)
}

function conflict(what: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The session could not be stored: ${what} met another write ${MAX_ATTEMPTS} times in a row.`,
  )
}

/** Many requests that write one session at once step aside by chance, instead of all failing at each other again. */
function backOff(attempt: number): Promise<void> | undefined {
  if (attempt < 3) return undefined
  const milliseconds = Math.random() * Math.min(2 ** attempt, MAX_BACK_OFF)
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
