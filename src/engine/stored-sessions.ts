import { sha256 } from '@noble/hashes/sha2.js'

import type { SessionRecord, SessionUser } from '../session/session-state.ts'
import type { SessionValues, StoredValues } from '../session/session-values.ts'
import { encodeBase64url, encodeUtf8Shared, fillRandom } from '../token/bytes.ts'
import { isMoment, MAX_DATE } from '../token/token.ts'
import {
  backOff,
  conflict,
  endKey,
  hasEnded,
  MARKER_LIFETIME,
  markerOf,
  markerRecord,
  MAX_ATTEMPTS,
  parseMarker,
  RETIRED,
  UNMARKED,
} from './markers.ts'
import type { MetMarker, Place } from './markers.ts'
import type { RecordCodec } from './record-codec.ts'
import type {
  LoadedSession,
  ParsedRecord,
  RetiredSession,
  SavedSession,
  SaveOptions,
  SaveResult,
  SessionBackend,
} from './session-backend.ts'
import { isIndexed } from './store.ts'
import type { RecordChange, SessionStore, StoredSession } from './store.ts'
import { createUserSessions } from './user-sessions.ts'

/** No visitor signs in more often within 15 seconds. Each login rewrites the keys of all before it. */
const MAX_BEGUN = 100

interface CreatedSession extends SavedSession {
  stored: Place
  expiresAt?: number
  fixed?: boolean
}

export interface StoredSessionsOptions {
  /** Seals the records; without it they are plain. */
  readonly codec: RecordCodec | undefined
  /** Precedes every key, and every hash of a user. */
  readonly prefix: string
  /** A sign-in beyond it ends the least recently seen sessions of the user. */
  readonly maxSessionsPerUser: number | undefined
}

/**
 * Keeps sessions as records of a {@link SessionStore}. It handles ids, keys, JSON and conflicts. A record is
 *
 *   {"createdAt":…,"fixed":true,"user":{"id":"…","authenticatedAt":…,"device":"…","seenAt":…,"signedInAt":…},"data":{…}}
 *
 * in which `fixed` and `user` may be missing, and `user` may name the key that it `replaces` until it is written again; or `sealed:` and the same, sealed; or a marker, which has no session.
 */
export function createStoredSessions(
  store: SessionStore,
  { codec, prefix, maxSessionsPerUser }: StoredSessionsOptions,
): SessionBackend {
  /** The store gets only a hash, so a leaked table signs nobody in. WebCrypto would cost a thread hop. */
  function keyOf(text: string): string {
    return prefix + encodeBase64url(sha256(encodeUtf8Shared(text)))
  }

  const users = isIndexed(store) ? createUserSessions(store, prefix, keyOf, decode) : undefined

  async function load(id: string): Promise<LoadedSession | RetiredSession | 'unknown' | 'invalid'> {
    const key = keyOf(id)
    const found = await store.read(key)
    if (found === null) return 'unknown'
    if (found.data.startsWith(RETIRED)) {
      const retired = metMarker(key, found)
      return { retired, origin: retired.revoked === true ? 'revoked' : 'unknown' }
    }
    const record = await decode(key, found)
    if (record === null) return 'invalid'
    const { values, createdAt, fixed, user, stale } = record
    const expiresAt = found.expires.getTime()
    const stored: Place = { key, version: found.version }
    const handle = users === undefined ? '' : key.slice(prefix.length)
    return { id, values, createdAt, expiresAt, fixed, user, stale, stored, handle }
  }

  async function save(record: SessionRecord, options: SaveOptions): Promise<SaveResult> {
    const { id, retired, values } = record
    const stored = record.stored as Place | undefined
    const refused = retired as Place | MetMarker | undefined
    const old = refused ?? stored
    if (old !== undefined && !options.regenerate) {
      if (stored !== undefined) return update(id, stored, values, options)
      // Only who may begin anew gets a cookie: this one could replace the cookie of a login.
      if (markerOf(refused).revoked !== true && isMet(refused)) return 'retired'
    }
    const saved = await (old === undefined
      ? create(values, options)
      : replace(old, refused !== undefined, values, options))
    if (maxSessionsPerUser !== undefined && options.signsIn && typeof saved === 'object') {
      if (options.user !== undefined) await users?.limit(options.user.id, maxSessionsPerUser)
    }
    return saved
  }

  async function create(
    values: SessionValues,
    options: SaveOptions,
    replaces?: string,
  ): Promise<CreatedSession> {
    const expires = new Date(options.expiresAt)
    const user = options.user && keyOf(options.user.id)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const id = createId()
      const key = keyOf(id)
      const version = await store.create(key, {
        data: await encode(key, values, options, replaces),
        expires,
        user,
      })
      if (version !== null) return savedAs(id, { key, version })
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
    const user = options.user && keyOf(options.user.id)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // If nothing has changed, only the expiry moves. Without a new cookie, the expiry stays.
      const writes = values.changed || times.byHand || times.reseals || times.isSeen
      const data = writes ? await encode(key, values, times) : undefined
      const expires = times.renews ? new Date(times.expiresAt) : undefined
      const { expiresAt, fixed } = times
      if (data === undefined && expires === undefined) {
        return { ...savedAs(id, { key, version }), expiresAt, fixed } // another request has already written the same
      }
      const answer = await store.update(key, version, { data, expires, user } as RecordChange)
      if (typeof answer === 'string') {
        return { ...savedAs(id, { key, version: answer }), expiresAt, fixed }
      }
      if (answer !== null) return 'postponed'
      if (options.conflicts !== undefined) options.conflicts.count++
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
   * @param known the record; or a marker, if the answer to an earlier login was lost
   * @param isRefused nothing of the old session may be taken over
   */
  async function replace(
    known: Place | MetMarker,
    isRefused: boolean,
    values: SessionValues,
    options: SaveOptions,
  ): Promise<SaveResult> {
    // A sign-in counts as later than a logout that was committed before the sign-in is.
    const old = options.signsIn ? await readAgain(known) : known
    let { logouts, begun } = markerOf(old)
    const endedBefore = options.signsIn ? await endedOf(begun) : []
    // What has ended stays ended: such a sign-in begins with its own values alone.
    const isGone = old.version === undefined || logouts > 0 || endedBefore.length > 0
    if (options.signsIn && isGone && !isMet(known)) values.rebase({})
    const created = await create(values, options, old.key)
    const { key } = created.stored
    let version: string | undefined = old.version
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (values.isCleared) for (const each of begun) await endKey(store, each)
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
        return !values.isCleared && (await hasEnded(store, without(begun, endedBefore)))
          ? discard(created)
          : created
      }
      if (options.conflicts !== undefined) options.conflicts.count++
      await backOff(attempt)
      const found = await store.read(old.key)
      version = found?.version
      if (found === null) {
        // A logout after `metAt` would have left a marker that is still there.
        if (isMet(old) && Date.now() - old.metAt < MARKER_LIFETIME) continue
        return discard(created)
      }
      const marker = parseMarker(found.data)
      if (marker !== null) {
        // A client that repeats an unanswered write finds its own marker.
        if (marker.begun.includes(key)) {
          return (await hasEnded(store, without(marker.begun, endedBefore)))
            ? discard(created)
            : created
        }
        // Of two logouts at once, the later one ends what was begun after the earlier one.
        const endsMore = values.isCleared && !options.signsIn && marker.begun.length > 0
        if (marker.logouts > logouts && !endsMore) return discard(created)
        // Who begins anew without a sign-in must not replace the cookie of a login.
        if (!options.regenerate) return discard(created)
        logouts = Math.max(logouts, marker.logouts)
        begun = marker.begun // another login was faster: a logout with the old id ends both
        continue
      }
      if (isRefused) continue
      const met = await decode(old.key, found)
      if (met === null) return discard(created)
      // Whoever cleared everything takes over nothing, not even what another request has set since.
      values.rebase(values.isCleared ? {} : met.values)
      const times = options.signsIn ? options : keptByHand(options, met, found)
      const data = await encode(key, values, times, old.key)
      const user = options.user && keyOf(options.user.id)
      const change = { data, expires: new Date(times.expiresAt), user }
      const rewritten = await store.update(key, created.stored.version, change)
      if (typeof rewritten !== 'string') {
        if (await hasEnded(store, [key])) return discard(created) // by endSession()
        throw conflict('replace')
      }
      created.stored = { key, version: rewritten }
      created.expiresAt = times.expiresAt
      created.fixed = times.fixed
    }
    throw conflict('replace')
  }

  /** What stands under a key now. */
  async function readAgain(known: Place | MetMarker): Promise<Place | MetMarker> {
    const { key } = known
    const found = await store.read(key)
    if (found === null) return { key, version: undefined, ...UNMARKED, metAt: Date.now() }
    if (parseMarker(found.data) !== null) return metMarker(key, found)
    // If the record has changed, its marker cannot be written, and the loop merges. If it expires, the sign-in goes on.
    return { ...UNMARKED, ...known, metAt: Date.now() }
  }

  async function endedOf(keys: readonly string[]): Promise<readonly string[]> {
    const ended: string[] = []
    for (const key of keys) if (await hasEnded(store, [key])) ended.push(key)
    return ended
  }

  async function discard({ stored }: CreatedSession): Promise<'retired'> {
    await store.delete(stored.key)
    return 'retired'
  }

  function savedAs(id: string, stored: Place): CreatedSession {
    const handle = users === undefined ? '' : stored.key.slice(prefix.length)
    return { body: id, id, stored, handle }
  }

  async function encode(
    key: string,
    values: SessionValues,
    { createdAt, fixed, user }: SaveOptions,
    replaces?: string,
  ): Promise<string> {
    const member = user === undefined ? '' : `,"user":${JSON.stringify({ ...user, replaces })}`
    const head = `"createdAt":${createdAt}${fixed ? ',"fixed":true' : ''}${member}`
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
    users,
    load,
    save,
    async end({ id, stored, retired }) {
      const known = (retired ?? stored) as MetMarker | Place | undefined
      if (known !== undefined) await endKey(store, known.key, known)
      else if (id !== '') await endKey(store, keyOf(id))
    },
    endBody: (id) => endKey(store, keyOf(id)),
    idOf: (id) => id,
  }
}

function metMarker(key: string, found: StoredSession): MetMarker {
  const marker = parseMarker(found.data) ?? UNMARKED
  return { ...marker, key, version: found.version, metAt: Date.now() }
}

function isMet<Known extends object>(known: Known | undefined): known is Known & MetMarker {
  return known !== undefined && 'metAt' in known
}

function without(keys: readonly string[], others: readonly string[]): readonly string[] {
  return others.length === 0 ? keys : keys.filter((key) => !others.includes(key))
}

/** Keeps the lifetime that another request has chosen by hand meanwhile. */
function keptByHand(options: SaveOptions, met: ParsedRecord, found: StoredSession): SaveOptions {
  if (!met.fixed || options.byHand) return options
  return { ...options, fixed: true, renews: false, expiresAt: found.expires.getTime() }
}

function parseRecord(text: string, stale: boolean): ParsedRecord | null {
  try {
    const record = JSON.parse(text) as { [member: string]: unknown } | null
    const { createdAt, fixed, user, data } = record ?? {}
    if (typeof createdAt !== 'number' || Math.abs(createdAt) > MAX_DATE) return null
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
    const values = data as StoredValues
    if (user === undefined) return { createdAt, fixed: fixed === true, user, stale, values }
    if (!isUser(user)) return null
    return { createdAt, fixed: fixed === true, user, stale, values }
  } catch {
    return null
  }
}

function isUser(value: unknown): value is SessionUser {
  if (typeof value !== 'object' || value === null) return false
  const { id, authenticatedAt, device, seenAt, signedInAt } = value as Record<string, unknown>
  if (typeof id !== 'string' || id === '' || !isMoment(authenticatedAt)) return false
  return (
    (device === undefined || typeof device === 'string') && [seenAt, signedInAt].every(isOrdered)
  )
}

/** These have a fraction, which orders the commits of one process. */
function isOrdered(moment: unknown): boolean {
  return moment === undefined || (typeof moment === 'number' && isMoment(Math.floor(moment)))
}

function createId(): string {
  const bytes = new Uint8Array(20) // 160 bits; OWASP requires at least 64
  fillRandom(bytes)
  return encodeBase64url(bytes)
}
