/**
 * Sessions in Durable Objects.
 * @module
 */

import { assertClient } from '../util/client.ts'
import { createStoreSessionStorage } from '../engine/store-storage.ts'
import type { IndexedSessionStorageOptions } from '../engine/store-storage.ts'
import type { IndexedSessionStore } from '../engine/store.ts'
import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { SessionData } from '../session/session.ts'
import type { Answer, Operations, Owner, Question } from './session-object.ts'

export { SessionObject } from './session-object.ts'

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
> extends IndexedSessionStorageOptions<Data> {
  /** The binding of {@link SessionObject}. */
  namespace: DurableObjectNamespaceLike<Id>
}

/**
 * Keeps each session in a Durable Object of its own, near to the visitor. Export the class
 * {@link SessionObject} from the Worker and bind it. Consistent everywhere; a logout holds at once, everywhere. An object
 * of the same class lists the sessions of each user who has signed in.
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
>(options: DurableObjectSessionStorageOptions<Id, Data>): IndexedSessionStorage<Data, FlashData> {
  return createStoreSessionStorage<Data, FlashData>(
    createDurableObjectStore(options.namespace),
    options,
  )
}

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
): IndexedSessionStore {
  assertClient(namespace, {
    option: 'namespace',
    expected: 'the binding of the class `SessionObject`, such as `env.SESSION_OBJECTS`',
    methods: [['idFromName', 'get']],
    binding: 'durable_objects.bindings',
  })

  async function ask<Name extends keyof Operations>(
    object: string,
    name: Name,
    question: Question<Name>,
  ): Promise<Answer<Name>> {
    const stub = namespace.get(namespace.idFromName(object))
    const body = JSON.stringify({ name, now: Date.now(), ...question })
    const response = await stub.fetch('https://session.invalid/', { method: 'POST', body })
    if (!response.ok) throw new Error(`the session object answered with status ${response.status}`)
    return (await response.json()) as Answer<Name>
  }

  /** Lists a record under its user before it is written, so that the list never lacks it. */
  async function enter(user: string, key: string, expires: number): Promise<Owner> {
    const entry = crypto.randomUUID()
    await ask(listOf(user), 'enter', { key, expires, entry })
    return { user, entry, until: expires }
  }

  /** Takes a record off the list of its former user. */
  async function leave(key: string, former: Owner | null): Promise<void> {
    if (former !== null) await ask(listOf(former.user), 'leave', { key, entry: former.entry })
  }

  return {
    async read(key) {
      const record = await ask(key, 'read', {})
      return record && { ...record, expires: new Date(record.expires) }
    },
    async create(key, { data, expires, user }) {
      const end = expires.getTime()
      const owner = user === undefined ? undefined : await enter(user, key, end)
      return ask(key, 'create', { data, expires: end, owner })
    },
    async update(key, version, { data, expires, user }) {
      const change = { version, data, expires: expires?.getTime(), user }
      let owner: Owner | undefined
      if (user !== undefined && change.expires !== undefined) {
        owner = await enter(user, key, change.expires)
      }
      for (;;) {
        const answer = await ask(key, 'update', { ...change, owner })
        if (answer === null) return null
        if ('version' in answer) {
          await leave(key, answer.former)
          return answer.version
        }
        // New data gives the record a user, or another request has moved its expiry meanwhile.
        owner = await enter(answer.unlisted.user, key, answer.unlisted.until)
      }
    },
    async delete(key) {
      await leave(key, await ask(key, 'delete', {}))
    },
    async keysOf(user, after) {
      const { keys, cursor } = await ask(listOf(user), 'list', { after })
      // An entry may outlive its record, and one whose record was never written has none.
      const owners = await Promise.all(keys.map((key) => ask(key, 'owner', {})))
      return { keys: keys.filter((_, i) => owners[i] === user), cursor }
    },
  }
}

/** The name of the object that lists a user's records. Keys end with 43 characters of base64url, which has no colon. */
function listOf(user: string): string {
  return `${user}:sessions`
}
