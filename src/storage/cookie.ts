/**
 * Sessions in the cookie itself.
 * @module
 */

import { cookieBackend } from '../engine/cookie-backend.ts'
import { storageOver } from '../engine/session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from '../engine/session-storage.ts'
import type { SessionData } from '../session/session.ts'

/**
 * Keeps the whole session in the cookie, at most 4096 bytes, and nothing on the server. The server cannot end a session
 * before it expires: until then, a copy of the cookie stays valid.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
 *
 * export const storage = createCookieSessionStorage<{ cart: string[] }, { notice: string }>({
 *   cookie: { secrets: ['32 random characters in real life'], maxAge: 60 * 60 * 24 * 7 },
 * })
 */
export function createCookieSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(options: SessionStorageOptions<Data> = {}): SessionStorage<Data, FlashData> {
  return storageOver<Data, FlashData>(() => cookieBackend, options)
}
