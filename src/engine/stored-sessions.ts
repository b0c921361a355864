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
import type { RecordChange, SessionStore, StoredSession } from './store.ts'

/*
 * What stands under a key:
 *
 *   {"createdAt":…,"data":{…}}   a session, or `sealed:` and the same, sealed
 *   retired:["key",…]            an id that a login has replaced, with the keys of every session begun under it
 *   ended                        an id that a logout has ended
 *
 * The last two are markers. A marker stays for 15 seconds, longer than requests are under way, and tells the requests
 * that still carry the old id what became of it.
 */
const RETIRED = 'retired:'
const ENDED = 'ended'
/** Milliseconds. */
const MARKER_LIFETIME = 15_000

/** Each attempt of one loser of a race is another's success, so this many requests at once all get through. */
const MAX_ATTEMPTS = 100
/** Milliseconds. */
const MAX_BACK_OFF = 64

/** What a session that met a marker keeps until its commit. */
interface MetMarker {
  readonly key: string
  readonly isEnded: boolean
  /** Milliseconds since 1970. */
  readonly metAt: number
}

/** Where a session stands, and in which version it was read or written. */
interface Place {
  readonly key: string
  readonly version: string
}

interface CreatedSession extends SavedSession {
  stored: Place
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
    if (isMarker(found.data)) {
      const retired: MetMarker = { key, isEnded: found.data === ENDED, metAt: Date.now() }
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
    if (retired !== undefined) {
      return options.regenerate
        ? startUnder(retired as MetMarker, values, options)
        : Promise.resolve('retired')
    }
    if (stored === undefined) return create(values, options)
    return options.regenerate
      ? replace(stored, values, options)
      : update(id, stored, values, options)
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
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      // If nothing has changed only the expiry moves; if no new cookie is sent, the expiry stays.
      const writes = values.changed || times.byHand || times.reseals
      const data = writes ? await encode(key, values, times) : undefined
      const expires = times.renews ? new Date(times.expiresAt) : undefined
      if (data === undefined && expires === undefined) {
        return { body: id, id, stored: { key, version } } // another request has written the same
      }
      const answer = await store.update(key, version, { data, expires } as RecordChange)
      if (typeof answer === 'string') return { body: id, id, stored: { key, version: answer } }
      if (answer !== null) return 'postponed'
      if (attempt > 1) await backOff(attempt)
      const found = await store.read(key)
      const met = found && !isMarker(found.data) ? await decode(key, found) : null
      if (found === null || met === null) return 'retired'
      version = found.version
      times = keptByHand(options, met, found)
      values.rebase(met.values)
    }
    throw conflict('update')
  }

  /**
   * Gives a session a new id. The new record comes first, under an id that nobody knows yet, so that nothing of it is ever
   * readable under the old one. Then a marker takes the place of the old record, in one step with the proof that the
   * record is still there and unchanged, so that no logout and no write is lost.
   */
  async function replace(
    old: Place,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    const created = await create(values, options)
    const { key } = created.stored
    let { version } = old
    let begun: readonly string[] = []
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      if ((await store.update(old.key, version, marker([...begun, key]))) !== null) {
        return created
      }
      if (attempt > 1) await backOff(attempt)
      const found = await store.read(old.key)
      if (found === null || found.data === ENDED) return discard(created)
      version = found.version
      if (isMarker(found.data)) {
        // Another login was faster: this one is named beside it, so that a logout with the old id ends both.
        begun = keysIn(found.data)
        // A client that sends again what was not answered meets its own marker.
        if (begun.includes(key)) return created
        continue
      }
      const met = await decode(old.key, found)
      if (met === null) return discard(created)
      begun = []
      values.rebase(met.values)
      const times = keptByHand(options, met, found)
      const data = await encode(key, values, times)
      const change = { data, expires: new Date(times.expiresAt) }
      const rewritten = await store.update(key, created.stored.version, change)
      if (typeof rewritten !== 'string') throw conflict('replace')
      created.stored = { key, version: rewritten }
    }
    throw conflict('replace')
  }

  /** Starts a session in a request whose id was retired already: the answer to the first login may have been lost. */
  async function startUnder(
    met: MetMarker,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    const created = await create(values, options)
    const { key } = created.stored
    if (met.isEnded) return created // begun after the logout, which so has no claim on it
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await store.read(met.key)
      if (found === null) {
        // Had somebody logged out since, the marker of that would still be there.
        return Date.now() - met.metAt < MARKER_LIFETIME ? created : discard(created)
      }
      if (found.data === ENDED) return discard(created)
      const begun = keysIn(found.data)
      const change = marker([...begun, key])
      if (begun.includes(key) || (await store.update(met.key, found.version, change))) {
        return created
      }
      await backOff(attempt)
    }
    throw conflict('create')
  }

  async function discard({ stored }: CreatedSession): Promise<'retired'> {
    await store.delete(stored.key)
    return 'retired'
  }

  /**
   * Ends what stands under a key, and first every session that was begun under it: if that fails half way, the marker
   * still names them, and the logout can be tried again.
   */
  async function endKey(key: string, known?: string): Promise<void> {
    let version = known
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      if (version === undefined) {
        const found = await store.read(key)
        if (found === null || found.data === ENDED) return
        for (const begun of keysIn(found.data)) await endKey(begun)
        version = found.version
      }
      if ((await store.update(key, version, markerOfEnd())) !== null) return
      version = undefined
      if (attempt > 1) await backOff(attempt)
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
    immediate: false,
    keepsTimes: true,
    load,
    save,
    async end({ id, stored, retired }) {
      const place = stored as Place | undefined
      if (retired !== undefined) await endKey((retired as MetMarker).key)
      else if (place !== undefined) await endKey(place.key, place.version)
      else if (id !== '') await endKey(keyOf(id))
    },
    endBody: (id) => endKey(keyOf(id)),
  }
}

function isMarker(data: string): boolean {
  return data === ENDED || data.startsWith(RETIRED)
}

/** The keys of the sessions that a marker names; none for a record. */
function keysIn(data: string): readonly string[] {
  return data.startsWith(RETIRED) ? (JSON.parse(data.slice(RETIRED.length)) as string[]) : []
}

function marker(keys: readonly string[]): RecordChange {
  return { data: RETIRED + JSON.stringify(keys), expires: new Date(Date.now() + MARKER_LIFETIME) }
}

function markerOfEnd(): RecordChange {
  return { data: ENDED, expires: new Date(Date.now() + MARKER_LIFETIME) }
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

/** Requests that write one session at once step aside by chance, instead of all failing at each other again. */
function backOff(attempt: number): Promise<void> {
  const milliseconds = Math.random() * Math.min(2 ** attempt, MAX_BACK_OFF)
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
