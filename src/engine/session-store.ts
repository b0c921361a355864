import { sha256 } from '@noble/hashes/sha2.js'

import { encodeBase64url } from '../token/base64url.ts'
import { SessionError } from '../util/errors.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { fillRandom } from '../token/random-bytes.ts'
import { createRecordCodec } from './record-codec.ts'
import type { DecodedRecord, RecordCodec } from './record-codec.ts'
import type { LoadedSession, SavedSession, SaveOptions, SessionBackend } from './session-engine.ts'
import type { SessionRecord } from '../session/session-state.ts'
import { storageOver } from './session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from './session-storage.ts'
import type { SessionData } from '../session/session.ts'
import type { SessionValues, StoredValues } from '../session/session-values.ts'
import type { Postponed, RecordChange, SessionStore, StoredSession } from './store.ts'
import { timeLimit } from './timeout.ts'
import { encodeUtf8Briefly } from '../token/utf8.ts'

/**
 * What every storage over a {@link SessionStore} takes.
 *
 * @example
 * import type { StoreSessionStorageOptions } from 'fetch-sessions'
 *
 * export const options: StoreSessionStorageOptions = {
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   prefix: 'shop:session:',
 *   encryptAtRest: true,
 *   timeout: 2,
 * }
 */
export interface StoreSessionStorageOptions<
  Data extends object = SessionData,
> extends SessionStorageOptions<Data> {
  /** Stands before every key, where a back end is shared with other data. */
  prefix?: string | undefined
  /**
   * Seals the records with the cookie's secrets, so that a dump of the back end tells nothing. Records that are not sealed
   * yet are read all the same: it keeps nobody out who can write to the back end. Default: false.
   */
  encryptAtRest?: boolean | undefined
  /** Seconds after which an operation of the back end counts as failed; Infinity for none. Default: 10. */
  timeout?: number | undefined
}

const DEFAULT_TIMEOUT = 10

/** Each attempt of one loser of a race is another's success, so this many requests at once all get through. */
const MAX_ATTEMPTS = 100
/** Milliseconds. */
const MAX_BACK_OFF = 64

/**
 * Makes a storage over a {@link SessionStore}.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 *
 * @example
 * import { createStoreSessionStorage } from 'fetch-sessions'
 * import type { SessionStorage, SessionStore } from 'fetch-sessions'
 *
 * export function createStorage(store: SessionStore): SessionStorage<{ userId: string }> {
 *   return createStoreSessionStorage(store, {
 *     cookie: { secrets: ['32 random characters in real life'] },
 *   })
 * }
 */
export function createStoreSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  store: SessionStore,
  options: StoreSessionStorageOptions<Data> = {},
): SessionStorage<Data, FlashData> {
  const { prefix = '', timeout = DEFAULT_TIMEOUT } = options
  const codec = createRecordCodec(options.cookie, options.encryptAtRest)
  const backend = storeBackend(limited(store, timeout), codec, prefix)
  return storageOver<Data, FlashData>(backend, options)
}

/** A write that comes after its time is harmless: the version check keeps it from undoing another. */
function limited(store: SessionStore, seconds: number): SessionStore {
  const limit = timeLimit(seconds)
  return {
    read: (key) => limit(store.read(key)),
    create: (key, record) => limit(store.create(key, record)),
    update: (key, version, change) => limit(store.update(key, version, change)),
    delete: (key) => limit(store.delete(key)),
  }
}

function storeBackend(store: SessionStore, codec: RecordCodec, prefix: string): SessionBackend {
  /** The store sees a hash only, so that a leaked table signs nobody in. WebCrypto would cost a thread hop. */
  const keyOf = remembersRecent(
    (id: string): string => prefix + encodeBase64url(sha256(encodeUtf8Briefly(id))),
  )

  function format(key: string, values: SessionValues, options: SaveOptions): MaybePromise<string> {
    const { createdAt, fixed } = options
    const head = `"createdAt":${createdAt}${fixed ? ',"fixed":true' : ''}`
    return codec.encode(key, `{${head},"data":${values.serialize()}}`)
  }

  function decode(key: string, stored: StoredSession): MaybePromise<FoundRecord> {
    return chain(codec.decode(key, stored.data), (decoded) => ({
      stored,
      record: decoded && parseRecord(decoded),
    }))
  }

  async function create(values: SessionValues, options: SaveOptions): Promise<CreatedRecord> {
    const expires = new Date(options.expiresAt)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const id = createId()
      const key = keyOf(id)
      const data = await format(key, values, options)
      const version = await store.create(key, { data, expires })
      if (version !== null) return { body: id, id, stored: version }
    }
    throw conflict('create')
  }

  /**
   * Writes until nobody else is faster, after one was: each time laying the changes over what that one has stored.
   *
   * @param write tries once, told of the record that it met; gives null where the stored version is another
   * @returns what `write` gave, or null where the record is gone
   */
  async function contest(
    key: string,
    values: SessionValues,
    write: WriteAttempt,
  ): Promise<string | Postponed | null> {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 1) await backOff(attempt - 1)
      const stored = await store.read(key)
      const met = stored && (await decode(key, stored))
      if (!met?.record) return null
      values.rebase(met.record.values)
      const version = await write(met.stored.version, met)
      if (version !== null) return version
    }
    throw conflict('update')
  }

  /** Where nothing has changed only the expiry moves; where no new cookie is sent, the expiry stays. */
  function update(
    { id, values }: SessionRecord,
    stored: string,
    options: SaveOptions,
  ): Promise<SavedSession | 'later' | null> {
    const key = keyOf(id)
    const write: WriteAttempt = (expected, met) => {
      const times = keptByHand(options, met)
      const expires = times.renews ? new Date(times.expiresAt) : undefined
      const isWritten = values.changed || options.byHand || options.reseals
      if (isWritten) {
        const data = format(key, values, times)
        return data instanceof Promise
          ? data.then((sealed) => store.update(key, expected, changeOf(sealed, expires)))
          : store.update(key, expected, changeOf(data, expires))
      }
      // What was to change, another request has changed already.
      if (expires === undefined) return Promise.resolve(expected)
      return store.update(key, expected, { expires })
    }
    // The way of every request is without async functions, each of which costs as much as the rest of it.
    return write(stored, null).then((version) =>
      version === null
        ? contest(key, values, write).then((last) => savedAs(id, last))
        : savedAs(id, version),
    )
  }

  /**
   * Gives the session a new id. The new record comes first, under an id that nobody knows yet; nothing of it is ever
   * readable under the old one. Then the old record is retired, in one step with the proof that it is still there and
   * unchanged, so that a logout or a write meanwhile is not lost; and then deleted.
   */
  async function replace(
    record: SessionRecord,
    stored: string,
    options: SaveOptions,
  ): Promise<CreatedRecord | null> {
    const { values } = record
    const oldKey = keyOf(record.id)
    const created = await create(values, options)
    const newKey = keyOf(created.id)
    const marker = RETIRED + newKey
    const retire: WriteAttempt = async (expected, met) => {
      if (met !== null) {
        const times = keptByHand(options, met)
        const data = await format(newKey, values, times)
        const expires = new Date(times.expiresAt)
        const version = await store.update(newKey, created.stored, { data, expires })
        if (typeof version !== 'string') return null
        created.stored = version
      }
      const version = await store.update(oldKey, expected, { data: marker })
      // A client that sends again what was not answered meets its own marker.
      return version ?? ((await store.read(oldKey))?.data === marker ? expected : null)
    }
    const retired = (await retire(stored, null)) ?? (await contest(oldKey, values, retire))
    if (retired === null) {
      await store.delete(newKey)
      return null
    }
    // The marker alone keeps the old id dead, until it expires.
    await store.delete(oldKey).catch(() => undefined)
    return created
  }

  return {
    kind: 'id',
    immediate: false,
    keepsTimes: true,

    load(id) {
      const key = keyOf(id)
      return store.read(key).then((stored) => {
        if (stored === null || stored.data.startsWith(RETIRED)) return 'unknown'
        return chain(decode(key, stored), (found) => loadedFrom(id, found))
      })
    },

    save(record, options) {
      const { stored, values } = record
      if (typeof stored !== 'string') return create(values, options)
      return (options.regenerate ? replace : update)(record, stored, options)
    },

    async remove({ id }) {
      if (id !== '') await store.delete(keyOf(id))
    },
  }
}

/** Stands under an old id for the moment until it is deleted, before the new key; it is no record. */
const RETIRED = 'retired:'

/** A lifetime that another request has chosen by hand meanwhile is kept as it is. */
function keptByHand(options: SaveOptions, met: FoundRecord | null): SaveOptions {
  if (met?.record?.fixed !== true || options.byHand) return options
  return { ...options, fixed: true, renews: false, expiresAt: met.stored.expires.getTime() }
}

function loadedFrom(id: string, { stored, record }: FoundRecord): LoadedSession | 'invalid' {
  if (record === null) return 'invalid'
  const { values, createdAt, fixed, stale } = record
  const expiresAt = stored.expires.getTime()
  return { id, values, createdAt, expiresAt, fixed, stale, stored: stored.version }
}

function savedAs(id: string, answer: string | Postponed | null): SavedSession | 'later' | null {
  if (answer === null) return null
  return typeof answer === 'string' ? { body: id, id, stored: answer } : 'later'
}

function changeOf(data: string, expires: Date | undefined): RecordChange {
  return expires === undefined ? { data } : { data, expires }
}

type WriteAttempt = (
  expected: string,
  met: FoundRecord | null,
) => Promise<string | Postponed | null>

interface FoundRecord {
  readonly stored: StoredSession
  /** Null where the data is no session. */
  readonly record: ParsedRecord | null
}

interface ParsedRecord {
  readonly createdAt: number
  readonly fixed: boolean
  readonly stale: boolean
  readonly values: StoredValues
}

interface CreatedRecord {
  readonly body: string
  readonly id: string
  stored: string
}

function conflict(what: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The session could not be stored: ${what} met another write ${MAX_ATTEMPTS} times in a row.`,
  )
}

/** Where many write one session at once, they step aside by chance, instead of all failing at each other again. */
function backOff(attempt: number): Promise<void> {
  const milliseconds = Math.random() * Math.min(2 ** attempt, MAX_BACK_OFF)
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function createId(): string {
  // 160 bits; OWASP asks for 64 at least.
  const bytes = new Uint8Array(20)
  fillRandom(bytes)
  return encodeBase64url(bytes)
}

function parseRecord({ text, stale }: DecodedRecord): ParsedRecord | null {
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

const MAX_RECENT = 1000

/** A request asks for the key of its session two or three times, and a page comes with many requests. */
function remembersRecent(compute: (input: string) => string): (input: string) => string {
  const recent = new Map<string, string>()
  return (input) => {
    const known = recent.get(input)
    if (known !== undefined) return known
    const output = compute(input)
    const [oldest] = recent.keys()
    if (recent.size >= MAX_RECENT && oldest !== undefined) recent.delete(oldest)
    recent.set(input, output)
    return output
  }
}
