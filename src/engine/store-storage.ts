import type { SessionData } from '../session/session.ts'
import { assertClient } from '../util/client.ts'
import { SessionError, shown } from '../util/errors.ts'
import { withUserSessions } from './indexed-storage.ts'
import type { IndexedSessionStorage } from './indexed-storage.ts'
import { createRecordCodec } from './record-codec.ts'
import { storageOver } from './session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from './session-storage.ts'
import { isIndexed } from './store.ts'
import type { IndexedSessionStore, SessionStore } from './store.ts'
import { createStoredSessions } from './stored-sessions.ts'
import { limited } from './timeout.ts'

/**
 * The options of every storage over a {@link SessionStore}.
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
  /** Prefix of every key, for a back end that is shared with other data. */
  prefix?: string | undefined
  /**
   * Seals the records with the cookie's secrets. A dump of the back end reveals nothing, and whoever can write to the back
   * end cannot forge a session. Default: false.
   */
  encryptAtRest?: boolean | undefined
  /**
   * With `encryptAtRest`: reads plain records too, and the next response seals them. Without it, sessions from before
   * `encryptAtRest` count as `invalid`. Drop it when the last plain record has expired. Default: false.
   */
  acceptPlain?: boolean | undefined
  /** Seconds after which an operation of the back end counts as failed; Infinity for none. Default: 10. */
  timeout?: number | undefined
}

/**
 * The options of a storage over an {@link IndexedSessionStore}.
 *
 * @example
 * import type { IndexedSessionStorageOptions } from 'fetch-sessions'
 *
 * export const options: IndexedSessionStorageOptions = {
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   maxSessionsPerUser: 5,
 * }
 */
export interface IndexedSessionStorageOptions<
  Data extends object = SessionData,
> extends StoreSessionStorageOptions<Data> {
  /** The most sessions of one user. A sign-in beyond it ends the least recently seen ones. Default: no limit. */
  maxSessionsPerUser?: number | undefined
}

const DEFAULT_TIMEOUT = 10

/**
 * Makes a storage over a {@link SessionStore}. If the store has `keysOf`, the storage lists and ends the sessions of users.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createStoreSessionStorage } from 'fetch-sessions'
 * import type { SessionStorage, SessionStore } from 'fetch-sessions'
 *
 * export function createStorage(store: SessionStore): SessionStorage<{ cart: string[] }> {
 *   return createStoreSessionStorage(store, {
 *     cookie: { secrets: ['32 random characters in real life'] },
 *   })
 * }
 */
export function createStoreSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(
  store: IndexedSessionStore,
  options?: IndexedSessionStorageOptions<Data>,
): IndexedSessionStorage<Data, FlashData>
/** The same for a store without `keysOf`. */
export function createStoreSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(store: SessionStore, options?: StoreSessionStorageOptions<Data>): SessionStorage<Data, FlashData>
export function createStoreSessionStorage<Data extends object, FlashData extends object>(
  store: SessionStore,
  options: IndexedSessionStorageOptions<Data> = {},
): SessionStorage<Data, FlashData> {
  const { prefix = '', encryptAtRest = false, acceptPlain = false } = options
  const { maxSessionsPerUser, timeout = DEFAULT_TIMEOUT } = options
  assertClient(store, {
    option: 'store',
    expected: 'an object with the four methods of SessionStore',
    methods: [['read', 'create', 'update', 'delete']],
  })
  assertLimit(maxSessionsPerUser, store)
  if (acceptPlain && !encryptAtRest) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      '`acceptPlain` is for `encryptAtRest: true`: write both, or leave it out.',
    )
  }
  const inTime = limited(store, timeout)
  const storage = storageOver<Data, FlashData>((secrets) => {
    const codec = encryptAtRest ? createRecordCodec(secrets, acceptPlain) : undefined
    return createStoredSessions(inTime, { codec, prefix, maxSessionsPerUser })
  }, options)
  return isIndexed(store) ? withUserSessions(storage) : storage
}

function assertLimit(maxSessionsPerUser: unknown, store: SessionStore): void {
  if (maxSessionsPerUser === undefined) return
  if (!Number.isSafeInteger(maxSessionsPerUser) || (maxSessionsPerUser as number) < 1) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`maxSessionsPerUser\` is ${shown(maxSessionsPerUser)}: write a whole number of sessions, at least 1.`,
    )
  }
  if (isIndexed(store)) return
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    '`maxSessionsPerUser` needs a back end that can look up by user: use another storage, or leave the limit out.',
  )
}
