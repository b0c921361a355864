import type { StoredSession } from '../engine/store.ts'

/** The part of the state of a Durable Object that we call. */
interface DurableObjectStateLike {
  /** The storage of this one object. */
  readonly storage: {
    /** The value under the key, or `undefined` if there is none. */
    get(key: string): Promise<unknown>
    /** Stores a value. */
    put(key: string, value: unknown): Promise<void>
    /** Deletes values, at most 128 at once. */
    delete(keys: string[]): Promise<unknown>
    /** The values under the keys that begin with `prefix`, in the order of the keys. */
    list(options: ListOptions): Promise<Map<string, unknown>>
    /** Deletes every value. */
    deleteAll(): Promise<void>
    /** The moment of the alarm, if one is set. */
    getAlarm(): Promise<number | null>
    /** Sets the moment at which the runtime calls `alarm()`, in milliseconds since 1970. */
    setAlarm(moment: number): Promise<void>
    /** Removes the alarm. */
    deleteAlarm(): Promise<void>
  }
}

interface ListOptions {
  prefix: string
  startAfter?: string
  limit: number
}

/** Whose a record is, and its entry in that user's list. */
export interface Owner {
  readonly user: string
  /** The mark of the entry. */
  readonly entry: string
  /** The entry stays until then, and so may the record. Milliseconds since 1970. */
  readonly until: number
}

interface ObjectRecord extends Omit<StoredSession, 'expires'> {
  /** Milliseconds since 1970. */
  readonly expires: number
  /** Absent in the records of version 0.1, too. */
  readonly owner?: Owner | undefined
}

interface Entry {
  /** The mark. Only who knows it removes the entry, so that a late removal spares the entry of a newer record. */
  readonly entry: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

interface KeyList {
  readonly keys: string[]
  readonly cursor?: string | undefined
}

/** What an object is asked, and its answer. Moments are in milliseconds since 1970. */
export interface Operations {
  /** Asked of the object of a record. */
  read: [question: object, answer: Omit<ObjectRecord, 'owner'> | null]
  owner: [question: object, answer: string | null]
  create: [
    question: { data: string; expires: number; owner: Owner | undefined },
    answer: string | null,
  ]
  /**
   * What is absent stays as it is, but for the user. `unlisted`: nothing was written, because the list of this user does
   * not have the record until its end.
   */
  update: [
    question: {
      version: string
      data: string | undefined
      expires: number | undefined
      user: string | undefined
      owner: Owner | undefined
    },
    answer: { version: string; former: Owner | null } | { unlisted: Omit<Owner, 'entry'> } | null,
  ]
  delete: [question: object, answer: Owner | null]
  /** Asked of the object that lists a user's records. */
  enter: [question: Entry & { key: string }, answer: null]
  leave: [question: { key: string; entry: string }, answer: null]
  list: [question: { after: string | undefined }, answer: KeyList]
}

export type Question<Name extends keyof Operations> = Operations[Name][0]
export type Answer<Name extends keyof Operations> = Operations[Name][1]
type AnyOperation = {
  [Name in keyof Operations]: { name: Name; now: number } & Question<Name>
}[keyof Operations]

const RECORD = 'record'
const ENTRY = 'entry:'
const PAGE = 100
/** A list with many sessions is looked through at most once an hour. Milliseconds. */
const PRUNE_INTERVAL = 60 * 60 * 1000

/**
 * The Durable Object that keeps one session, or the list of one user's sessions. An alarm at their expiry empties it, and
 * an empty object costs nothing.
 *
 * Only the Worker that binds it can reach it; it is no public endpoint.
 *
 * @example
 * // wrangler.toml: a `durable_objects` binding and a migration with
 * // `new_sqlite_classes = ["SessionObject"]`.
 * export { SessionObject } from 'fetch-sessions/storage/durable-object'
 */
export class SessionObject {
  /** By it, the types of Workers recognize the class of a Durable Object. Nothing has it at run time. */
  declare readonly __DURABLE_OBJECT_BRAND: never
  readonly #storage: DurableObjectStateLike['storage']

  /**
   * Called by the runtime.
   * @param state the state that the runtime passes to each Durable Object
   */
  constructor(state: DurableObjectStateLike) {
    this.#storage = state.storage
  }

  /** Carries out one operation. Each is atomic: the object has one thread and awaits only its storage. */
  async fetch(request: Request): Promise<Response> {
    return Response.json(await this.#carryOut((await request.json()) as AnyOperation))
  }

  #carryOut(operation: AnyOperation): Promise<Answer<keyof Operations>> {
    switch (operation.name) {
      case 'read':
        return this.#read(operation.now)
      case 'owner':
        return this.#readOwner(operation.now)
      case 'create':
        return this.#create(operation)
      case 'update':
        return this.#update(operation)
      case 'delete':
        return this.#delete()
      case 'enter':
        return this.#enter(operation)
      case 'leave':
        return this.#leave(operation)
      case 'list':
        return this.#list(operation)
    }
  }

  /** Called by the runtime at an expiry: removes what has expired, and sets the alarm again for the rest. */
  async alarm(): Promise<void> {
    // A renewal may have moved the expiry since the alarm was set.
    const end = (await this.#stored())?.expires ?? (await this.#prune())
    if (end > Date.now()) await this.#storage.setAlarm(end)
    else await this.#clear()
  }

  async #read(now: number): Promise<Answer<'read'>> {
    const record = await this.#found(now)
    return record && { data: record.data, version: record.version, expires: record.expires }
  }

  async #readOwner(now: number): Promise<Answer<'owner'>> {
    return (await this.#found(now))?.owner?.user ?? null
  }

  async #create({
    now,
    data,
    expires,
    owner,
  }: Question<'create'> & { now: number }): Promise<Answer<'create'>> {
    if ((await this.#found(now)) !== null) return null
    return this.#put({ data, version: crypto.randomUUID(), expires, owner })
  }

  async #update(change: Question<'update'> & { now: number }): Promise<Answer<'update'>> {
    const found = await this.#found(change.now)
    if (found?.version !== change.version) return null
    const isSameUser = found.owner?.user === change.user
    const owner = change.owner ?? (isSameUser ? found.owner : undefined)
    const expires = change.expires ?? found.expires
    if (change.user !== undefined && (owner === undefined || owner.until < expires)) {
      return { unlisted: { user: change.user, until: expires } }
    }
    const version = await this.#put({
      data: change.data ?? found.data,
      version: change.data === undefined ? found.version : crypto.randomUUID(),
      expires,
      owner,
    })
    return { version, former: isSameUser ? null : (found.owner ?? null) }
  }

  async #delete(): Promise<Answer<'delete'>> {
    const record = await this.#stored()
    await this.#clear()
    return record?.owner ?? null
  }

  async #enter({ key, entry, expires }: Question<'enter'>): Promise<null> {
    const known = (await this.#storage.get(ENTRY + key)) as Entry | undefined
    // The write of the record may fail after this, so an entry never ends earlier than before.
    const end = Math.max(expires, known?.expires ?? expires)
    await this.#storage.put(ENTRY + key, { entry, expires: end } satisfies Entry)
    const alarm = await this.#storage.getAlarm()
    if (alarm === null || alarm > end) await this.#storage.setAlarm(end)
    return null
  }

  async #leave({ key, entry }: Question<'leave'>): Promise<null> {
    const known = (await this.#storage.get(ENTRY + key)) as Entry | undefined
    if (known?.entry === entry) await this.#storage.delete([ENTRY + key])
    return null
  }

  async #list({ after, now }: Question<'list'> & { now: number }): Promise<KeyList> {
    const entries = await this.#entries(after === undefined ? undefined : ENTRY + after)
    const living = entries.filter(([, { expires }]) => expires > now)
    const keys = living.map(([name]) => name.slice(ENTRY.length))
    const cursor = entries.length < PAGE ? undefined : entries.at(-1)?.[0].slice(ENTRY.length)
    return { keys, cursor }
  }

  /** Removes the entries that have expired. Returns when to come back, or 0 if none is left. */
  async #prune(): Promise<number> {
    const now = Date.now()
    let earliest = Infinity
    let after: string | undefined
    do {
      const entries = await this.#entries(after)
      const expired = entries.filter(([, { expires }]) => expires <= now)
      if (expired.length > 0) await this.#storage.delete(expired.map(([name]) => name))
      for (const [, { expires }] of entries) {
        if (expires > now) earliest = Math.min(earliest, expires)
      }
      after = entries.length < PAGE ? undefined : entries.at(-1)?.[0]
    } while (after !== undefined)
    return earliest === Infinity ? 0 : Math.max(earliest, now + PRUNE_INTERVAL)
  }

  async #entries(startAfter: string | undefined): Promise<[name: string, entry: Entry][]> {
    const options = { prefix: ENTRY, limit: PAGE, ...(startAfter !== undefined && { startAfter }) }
    return [...((await this.#storage.list(options)) as Map<string, Entry>)]
  }

  async #put(record: ObjectRecord): Promise<string> {
    await this.#storage.put(RECORD, record)
    await this.#storage.setAlarm(record.expires)
    return record.version
  }

  async #clear(): Promise<void> {
    await this.#storage.deleteAlarm()
    await this.#storage.deleteAll()
  }

  async #found(now: number): Promise<ObjectRecord | null> {
    const record = await this.#stored()
    return record === undefined || record.expires <= now ? null : record
  }

  async #stored(): Promise<ObjectRecord | undefined> {
    return (await this.#storage.get(RECORD)) as ObjectRecord | undefined
  }
}
