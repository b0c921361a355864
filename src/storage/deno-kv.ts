/**
 * Sessions in Deno KV.
 * @module
 */

import { SessionError } from '../util/errors.ts'
import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'

/**
 * The part of a `Deno.Kv` that we call.
 *
 * @example
 * import type { DenoKvLike } from 'fetch-sessions/storage/deno-kv'
 *
 * // For code that is type-checked without the types of Deno.
 * declare const Deno: { openKv(path?: string): Promise<DenoKvLike> }
 *
 * export const kv: DenoKvLike = await Deno.openKv()
 */
export interface DenoKvLike {
  /** The entries below a prefix, in the order of their keys. `cursor` continues after the last one that was read. */
  list(
    selector: { prefix: (string | number)[] },
    options: { limit: number; cursor?: string },
  ): AsyncIterable<DenoKvEntry> & { readonly cursor: string }
  /** An operation that is made whole or not at all. */
  atomic(): DenoKvOperation
}

/** @inline */
interface DenoKvEntry {
  readonly key: readonly unknown[]
  readonly value: unknown
  readonly versionstamp: string
}

/** @inline */
interface DenoKvOperation {
  /** The entry must have this versionstamp, or be missing. */
  check(check: { key: (string | number)[]; versionstamp: string | null }): unknown
  /** Sets an entry. `expireIn` is in milliseconds. */
  set(key: (string | number)[], value: unknown, options: { expireIn: number }): unknown
  /** Deletes an entry, whether it is there or not. */
  delete(key: (string | number)[]): unknown
  /** Carries out all of it, if every check holds. */
  commit(): Promise<{ ok: true; versionstamp: string } | { ok: false }>
}

/**
 * Options of {@link createDenoKvSessionStorage}.
 *
 * @example
 * import type { DenoKvLike, DenoKvSessionStorageOptions } from 'fetch-sessions/storage/deno-kv'
 *
 * export const optionsFor = (kv: DenoKvLike): DenoKvSessionStorageOptions => ({
 *   kv,
 *   prefix: 'shop:',
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export interface DenoKvSessionStorageOptions<
  Data extends object = SessionData,
> extends IndexedSessionStorageOptions<Data> {
  /** An open database, such as `await Deno.openKv()`; this package does not close it. */
  kv: DenoKvLike
}

/**
 * Keeps sessions in Deno KV, which `deno run --unstable-kv` has, and Deno Deploy. Consistent; a logout holds at once,
 * everywhere. A record may have 390,000 characters. Expired records disappear by themselves.
 *
 * Every key starts with `fetch-sessions`, so that the database may keep other things too.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createDenoKvSessionStorage } from 'fetch-sessions/storage/deno-kv'
 * import type { DenoKvLike } from 'fetch-sessions/storage/deno-kv'
 *
 * declare const Deno: { openKv(): Promise<DenoKvLike> } // Deno has a type of its own
 *
 * export const storage = createDenoKvSessionStorage<{ cart: string[] }>({
 *   kv: await Deno.openKv(),
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export function createDenoKvSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: DenoKvSessionStorageOptions<Data>): IndexedSessionStorage<Data, FlashData> {
  return createStoreSessionStorage<Data, FlashData>(createDenoKvStore(options.kv), options)
}

/** An entry has at most 64 KiB, and a character up to two bytes. */
const PART_LENGTH = 30_000
/** An operation has at most 800 KiB. */
const MAX_PARTS = 13
const PAGE = 100

const recordKey = (key: string): string[] => ['fetch-sessions', 'record', key]
const partKey = (key: string, n: number): (string | number)[] => [...recordKey(key), n]
const userKey = (user: string): string[] => ['fetch-sessions', 'user', user]

/** The first entry of a record. */
interface Head {
  /** Milliseconds since 1970. KV removes entries up to some time later. */
  readonly expires: number
  readonly user?: string | undefined
  /** How many entries the record has. */
  readonly parts: number
  /** The data, or its beginning. The other entries have the rest. */
  readonly data: string
}

/** What KV has under a key, expired or not. */
interface Met {
  /** Of the head; null if there is none. */
  readonly versionstamp: string | null
  readonly user?: string | undefined
  /** How many entries to replace. */
  readonly parts: number
  /** What counts as stored. */
  readonly record: { readonly data: string; readonly expires: number } | null
}

const NOTHING: Met = { versionstamp: null, parts: 0, record: null }

/**
 * The store alone, without the core over it.
 *
 * @example
 * import { createDenoKvStore } from 'fetch-sessions/storage/deno-kv'
 * import type { DenoKvLike } from 'fetch-sessions/storage/deno-kv'
 *
 * // Ends a session from outside of a request, by its key.
 * export const end = (kv: DenoKvLike, key: string): Promise<void> =>
 *   createDenoKvStore(kv).delete(key)
 */
export function createDenoKvStore(kv: DenoKvLike): IndexedSessionStore {
  assertClient(kv, {
    option: 'kv',
    expected: 'an open database of Deno KV, such as `await Deno.openKv()`',
    methods: [['list', 'atomic']],
  })

  async function find(key: string): Promise<Met> {
    // One range, so that all entries come from one snapshot.
    const entries: DenoKvEntry[] = []
    for await (const entry of kv.list({ prefix: recordKey(key) }, { limit: MAX_PARTS })) {
      entries.push(entry)
    }
    const last = entries.at(-1)?.key.at(-1)
    const parts = last === undefined ? 0 : Number(last) + 1
    const [first] = entries
    // KV removes expired entries one by one: the head may be gone before the others.
    if (first === undefined || first.key.at(-1) !== 0) return { ...NOTHING, parts }
    const { versionstamp } = first
    const head = first.value as Head
    // The entries of one write have one versionstamp.
    const whole = entries.slice(0, head.parts).filter((e) => e.versionstamp === versionstamp)
    const isThere = whole.length === head.parts && head.expires > Date.now()
    const data = whole.map(({ value }, n) => (n === 0 ? head.data : String(value))).join('')
    const record = isThere ? { data, expires: head.expires } : null
    return { versionstamp, user: head.user, parts, record }
  }

  /** Replaces what was met, with its place in the list of its user, in one step. Null if something else is there now. */
  async function put(
    key: string,
    met: Met,
    { data, expires, user }: { data: string; expires: number; user: string | undefined },
  ): Promise<string | null> {
    const parts = Math.max(1, Math.ceil(data.length / PART_LENGTH))
    if (parts > MAX_PARTS) throw tooLong(data)
    const expireIn = Math.max(0, expires - Date.now())
    const operation = kv.atomic()
    operation.check({ key: partKey(key, 0), versionstamp: met.versionstamp })
    for (let n = 0; n < parts; n++) {
      const text = data.slice(n * PART_LENGTH, (n + 1) * PART_LENGTH)
      const head: Head = { expires, user, parts, data: text }
      operation.set(partKey(key, n), n === 0 ? head : text, { expireIn })
    }
    for (let n = parts; n < met.parts; n++) operation.delete(partKey(key, n))
    if (met.user !== undefined && met.user !== user) operation.delete([...userKey(met.user), key])
    if (user !== undefined) operation.set([...userKey(user), key], expires, { expireIn })
    const answer = await operation.commit()
    return answer.ok ? answer.versionstamp : null
  }

  return {
    async read(key) {
      const { record, versionstamp } = await find(key)
      if (record === null || versionstamp === null) return null
      return { data: record.data, version: versionstamp, expires: new Date(record.expires) }
    },
    async create(key, { data, expires, user }) {
      const record = { data, expires: expires.getTime(), user }
      for (let met = NOTHING; met.record === null; met = await find(key)) {
        const version = await put(key, met, record)
        if (version !== null) return version
      }
      return null
    },
    async update(key, version, { data, expires, user }) {
      const met = await find(key)
      if (met.record === null || met.versionstamp !== version) return null
      return put(key, met, {
        data: data ?? met.record.data,
        expires: expires?.getTime() ?? met.record.expires,
        user,
      })
    },
    async delete(key) {
      for (;;) {
        const met = await find(key)
        const operation = kv.atomic()
        operation.check({ key: partKey(key, 0), versionstamp: met.versionstamp })
        for (let n = 0; n < met.parts; n++) operation.delete(partKey(key, n))
        if (met.user !== undefined) operation.delete([...userKey(met.user), key])
        // Otherwise another request has changed the record meanwhile.
        if ((await operation.commit()).ok) return
      }
    },
    // An entry of the list is written, renewed and deleted with its record, so no record has to be read here.
    async keysOf(user, cursor) {
      const options = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor }
      const entries = kv.list({ prefix: userKey(user) }, options)
      const keys: string[] = []
      let count = 0
      for await (const { key, value } of entries) {
        count++
        if (Number(value) > Date.now()) keys.push(String(key.at(-1)))
      }
      return { keys, cursor: count < PAGE ? undefined : entries.cursor }
    },
  }
}

function tooLong(data: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORAGE',
    `The record of the session has ${data.length} characters: Deno KV keeps at most ${MAX_PARTS * PART_LENGTH} of them. Keep less in the session.`,
  )
}
