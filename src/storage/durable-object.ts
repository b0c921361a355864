/**
 * Sessions in Durable Objects.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { StoreSessionStorageOptions } from '../engine/store-storage.ts'
import type { SessionStore, StoredSession } from '../engine/store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/**
 * The part of the binding of a Durable Object that we call.
 *
 * @example
 * import type { DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'
 *
 * export interface Env {
 *   SESSION_OBJECTS: DurableObjectNamespaceLike
 *   SESSION_SECRET: string
 * }
 */
export interface DurableObjectNamespaceLike<Id = unknown> {
  /** The id of the object of that name. */
  idFromName(name: string): Id
  /** A stub that sends requests to the object. */
  get(id: Id): { fetch(url: string, init: RequestInit): Promise<Response> }
}

/** The part of the state of a Durable Object that we call. */
interface DurableObjectStateLike {
  /** The storage of this one object. */
  readonly storage: {
    /** The value under the key, or `undefined` if there is none. */
    get(key: string): Promise<unknown>
    /** Stores a value. */
    put(key: string, value: unknown): Promise<void>
    /** Deletes every value. */
    deleteAll(): Promise<void>
    /** Sets the moment at which the runtime calls `alarm()`, in milliseconds since 1970. */
    setAlarm(moment: number): Promise<void>
    /** Removes the alarm. */
    deleteAlarm(): Promise<void>
  }
}

/**
 * Options of {@link createDurableObjectSessionStorage}.
 *
 * @example
 * import type {
 *   DurableObjectNamespaceLike,
 *   DurableObjectSessionStorageOptions,
 * } from 'fetch-sessions/storage/durable-object'
 *
 * export const optionsFor = (
 *   namespace: DurableObjectNamespaceLike,
 * ): DurableObjectSessionStorageOptions => ({
 *   namespace,
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 */
export interface DurableObjectSessionStorageOptions<
  Id = unknown,
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** The binding of {@link SessionObject}. */
  namespace: DurableObjectNamespaceLike<Id>
}

/**
 * Keeps each session in a Durable Object of its own, near to the visitor. Export the class
 * {@link SessionObject} from the Worker and bind it. Consistent everywhere; a logout holds at once, everywhere.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createDurableObjectSessionStorage } from 'fetch-sessions/storage/durable-object'
 * import type { DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'
 * import { session } from 'fetch-sessions/hono'
 * import { Hono } from 'hono'
 *
 * interface Bindings {
 *   SESSION_OBJECTS: DurableObjectNamespaceLike
 * }
 *
 * export default new Hono<{ Bindings: Bindings }>().use(
 *   session({
 *     storage: (env: Bindings) =>
 *       createDurableObjectSessionStorage({ namespace: env.SESSION_OBJECTS }),
 *   }),
 * )
 * export { SessionObject } from 'fetch-sessions/storage/durable-object'
 */
export function createDurableObjectSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
  Id = unknown,
>(options: DurableObjectSessionStorageOptions<Id, Data>): SessionStorage<Data, FlashData> {
  return createStoreSessionStorage<Data, FlashData>(
    createDurableObjectStore(options.namespace),
    options,
  )
}

/** Moments are in milliseconds since 1970. */
interface Create {
  readonly now: number
  readonly data: string
  readonly expires: number
}

/** What is absent stays as it is. */
interface Update {
  readonly now: number
  readonly version: string
  readonly data?: string | undefined
  readonly expires?: number | undefined
}

/** The operations of a {@link SessionStore}, as the body of a request to the object. */
type Operation =
  | { readonly name: 'read'; readonly now: number }
  | ({ readonly name: 'create' } & Create)
  | ({ readonly name: 'update' } & Update)
  | { readonly name: 'delete' }

/**
 * The store alone, without the core over it.
 *
 * @example
 * import { createDurableObjectStore } from 'fetch-sessions/storage/durable-object'
 * import type { DurableObjectNamespaceLike } from 'fetch-sessions/storage/durable-object'
 *
 * // Ends a session from outside of a request, by its key.
 * export const end = (namespace: DurableObjectNamespaceLike, key: string): Promise<void> =>
 *   createDurableObjectStore(namespace).delete(key)
 */
export function createDurableObjectStore<Id>(
  namespace: DurableObjectNamespaceLike<Id>,
): SessionStore {
  assertClient(namespace, {
    option: 'namespace',
    expected: 'the binding of the class `SessionObject`, such as `env.SESSION_OBJECTS`',
    methods: [['idFromName', 'get']],
    binding: 'durable_objects.bindings',
  })

  async function ask(key: string, operation: Operation): Promise<unknown> {
    const object = namespace.get(namespace.idFromName(key))
    const body = JSON.stringify(operation)
    const response = await object.fetch('https://session.invalid/', { method: 'POST', body })
    if (!response.ok) throw new Error(`the session object answered with status ${response.status}`)
    return response.json()
  }

  return {
    async read(key) {
      const record = (await ask(key, { name: 'read', now: Date.now() })) as ObjectRecord | null
      return record && { ...record, expires: new Date(record.expires) }
    },
    async create(key, { data, expires }) {
      const record = { data, expires: expires.getTime() }
      return (await ask(key, { name: 'create', now: Date.now(), ...record })) as string | null
    },
    async update(key, version, { data, expires }) {
      const change = { data, expires: expires?.getTime() }
      const operation = { name: 'update', now: Date.now(), version, ...change } as const
      return (await ask(key, operation)) as string | null
    },
    delete: async (key) => {
      await ask(key, { name: 'delete' })
    },
  }
}

interface ObjectRecord extends Omit<StoredSession, 'expires'> {
  /** Milliseconds since 1970. */
  readonly expires: number
}

const RECORD = 'record'

/**
 * The Durable Object that keeps one session. An alarm at its expiry empties it, and an empty object costs nothing.
 *
 * Only the Worker that binds it can reach it; it is no public endpoint.
 *
 * @example
 * // wrangler.toml: a `durable_objects` binding and a migration with
 * // `new_sqlite_classes = ["SessionObject"]`.
 * export { SessionObject } from 'fetch-sessions/storage/durable-object'
 */
export class SessionObject {
  readonly #state: DurableObjectStateLike

  /**
   * Called by the runtime.
   * @param state the state that the runtime passes to each Durable Object
   */
  constructor(state: DurableObjectStateLike) {
    this.#state = state
  }

  /** Carries out one operation. Each is atomic: the object has one thread and awaits only its storage. */
  async fetch(request: Request): Promise<Response> {
    const operation = (await request.json()) as Operation
    switch (operation.name) {
      case 'read':
        return Response.json(await this.#read(operation.now))
      case 'create':
        return Response.json(await this.#create(operation))
      case 'update':
        return Response.json(await this.#update(operation))
      case 'delete':
        await this.#clear()
        return Response.json(null)
    }
  }

  /** Called by the runtime at the expiry: empties the object, or sets the alarm again if the session was renewed. */
  async alarm(): Promise<void> {
    const record = await this.#stored()
    // A renewal may have moved the expiry since the alarm was set.
    if (record !== undefined && record.expires > Date.now()) {
      await this.#state.storage.setAlarm(record.expires)
    } else {
      await this.#clear()
    }
  }

  async #read(now: number): Promise<ObjectRecord | null> {
    const record = await this.#stored()
    return record === undefined || record.expires <= now ? null : record
  }

  async #create({ now, data, expires }: Create): Promise<string | null> {
    if ((await this.#read(now)) !== null) return null
    return this.#put({ data, version: crypto.randomUUID(), expires })
  }

  async #update({ now, version, data, expires }: Update): Promise<string | null> {
    const found = await this.#read(now)
    if (found?.version !== version) return null
    return this.#put({
      data: data ?? found.data,
      version: data === undefined ? version : crypto.randomUUID(),
      expires: expires ?? found.expires,
    })
  }

  async #put(record: ObjectRecord): Promise<string> {
    await this.#state.storage.put(RECORD, record)
    await this.#state.storage.setAlarm(record.expires)
    return record.version
  }

  async #clear(): Promise<void> {
    await this.#state.storage.deleteAlarm()
    await this.#state.storage.deleteAll()
  }

  async #stored(): Promise<ObjectRecord | undefined> {
    return (await this.#state.storage.get(RECORD)) as ObjectRecord | undefined
  }
}
