import type { SessionData } from '../session/session.ts'
import { assertClient } from '../util/client.ts'
import { createRecordCodec } from './record-codec.ts'
import { storageOver } from './session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from './session-storage.ts'
import type { SessionStore } from './store.ts'
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
   * Seals the records with the cookie's secrets, so that a dump of the back end reveals nothing. Plain records are still
   * read, so it does not protect against someone who can write to the back end. Default: false.
   */
  encryptAtRest?: boolean | undefined
  /** Seconds after which an operation of the back end counts as failed; Infinity for none. Default: 10. */
  timeout?: number | undefined
}

const DEFAULT_TIMEOUT = 10

/**
 * Makes a storage over a {@link SessionStore}.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
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
  const { prefix = '', encryptAtRest = false, timeout = DEFAULT_TIMEOUT } = options
  assertClient(store, {
    option: 'store',
    expected: 'an object with the four methods of SessionStore',
    methods: [['read', 'create', 'update', 'delete']],
  })
  const inTime = limited(store, timeout)
  return storageOver<Data, FlashData>(
    (secrets) =>
      createStoredSessions(inTime, encryptAtRest ? createRecordCodec(secrets) : undefined, prefix),
    options,
  )
}
