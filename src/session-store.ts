import { sha256 } from '@noble/hashes/sha2.js'

import { encodeBase64url } from './base64url.ts'
import { SessionError } from './errors.ts'
import type { SessionBackend } from './session-engine.ts'
import { storageOver } from './session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from './session-storage.ts'
import type { SessionRecord } from './session-control.ts'
import type { SessionData } from './session.ts'
import type { SessionValues } from './session-values.ts'

/** A record as a store gives it. */
export interface StoredSession {
  readonly data: string
  /** Changes with every write; opaque to the caller. */
  readonly version: string
}

/**
 * A back end that keeps strings. It knows no ids, no JSON and no sessions: the core owns those, and conflicts too.
 *
 * Every method throws only when the back end cannot answer; the request then fails with `ERR_SESSION_STORAGE`.
 */
export interface SessionStore {
  /**
   * Reads a record.
   * @param key opaque, 43 characters of base64url
   * @returns the record, or `null` when there is none or it has expired
   */
  read(key: string): Promise<StoredSession | null>
  /**
   * Writes a record, if nobody else has since it was read.
   * @param expires when the record ends; from then on `read` must answer `null`
   * @param expected the version that the stored record must still have, or `null` where nothing may be stored
   * @returns the new version, or `null` when the stored version is another one, or the record gone or expired
   */
  write(key: string, data: string, expires: Date, expected: string | null): Promise<string | null>
  /** Deletes a record, whether it was there or not. */
  delete(key: string): Promise<void>
}

/** Each attempt of one loser of a race is another's success, so this many requests at once all get through. */
const MAX_ATTEMPTS = 100

/**
 * Makes a storage over a {@link SessionStore}.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where an option cannot be
 */
export function createStoreSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(store: SessionStore, options: SessionStorageOptions = {}): SessionStorage<Data, FlashData> {
  return storageOver<Data, FlashData>(storeBackend(store), options)
}

function storeBackend(store: SessionStore): SessionBackend {
  return {
    kind: 'id',
    immediate: false,

    async load(id) {
      const found = await store.read(keyOf(id))
      if (found === null) return 'unknown'
      const record = parseRecord(found.data)
      return record === null ? 'invalid' : { id, ...record, stored: found.version }
    },

    async save(record, { regenerate, createdAt, expiresAt }) {
      const expires = new Date(expiresAt)
      if (typeof record.stored !== 'string') return create(store, record.values, createdAt, expires)
      // Also where the id changes: the write proves that the old record is still there.
      const version = await update(store, record, record.stored, createdAt, expires)
      if (version === null) return null
      if (!regenerate) return { body: record.id, id: record.id, stored: version }
      const saved = await create(store, record.values, createdAt, expires)
      await store.delete(keyOf(record.id))
      return saved
    },

    async remove({ id }) {
      if (id !== '') await store.delete(keyOf(id))
    },
  }
}

async function create(
  store: SessionStore,
  values: SessionValues,
  createdAt: number,
  expires: Date,
): Promise<{ body: string; id: string; stored: string }> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const id = createId()
    const version = await store.write(keyOf(id), formatRecord(createdAt, values), expires, null)
    if (version !== null) return { body: id, id, stored: version }
  }
  throw conflict('create')
}

/** Writes until nobody else was faster, each time laying the changes over what the faster one has stored. */
async function update(
  store: SessionStore,
  { id, values }: SessionRecord,
  stored: string,
  createdAt: number,
  expires: Date,
): Promise<string | null> {
  const key = keyOf(id)
  let expected = stored
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const version = await store.write(key, formatRecord(createdAt, values), expires, expected)
    if (version !== null) return version
    const current = await store.read(key)
    const record = current === null ? null : parseRecord(current.data)
    if (current === null || record === null) return null
    values.rebase(record.values)
    expected = current.version
  }
  throw conflict('update')
}

function conflict(what: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The session could not be stored: ${what} met another write ${MAX_ATTEMPTS} times in a row.`,
  )
}

function createId(): string {
  // 160 bits; OWASP asks for 64 at least.
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(20)))
}

/** The store sees a hash only, so that a leaked table signs nobody in. Synchronous: WebCrypto would cost a thread hop. */
function keyOf(id: string): string {
  return encodeBase64url(sha256(new TextEncoder().encode(id)))
}

function formatRecord(createdAt: number, values: SessionValues): string {
  return `{"createdAt":${createdAt},"data":${values.serialize()}}`
}

function parseRecord(
  text: string,
): { createdAt: number; values: ReadonlyMap<string, unknown> } | null {
  try {
    const record = JSON.parse(text) as { createdAt?: unknown; data?: unknown } | null
    const { createdAt, data } = record ?? {}
    if (typeof createdAt !== 'number' || typeof data !== 'object' || data === null) return null
    return { createdAt, values: new Map(Object.entries(data)) }
  } catch {
    return null
  }
}
