/**
 * Sessions, their values and storages, and the runner that adapters are made of.
 * @module
 */

export { SessionError } from './errors.ts'
export type { SessionErrorCode } from './errors.ts'
export { createSessionRunner } from './request-session.ts'
export type { HandlerOutcome } from './request-outcome.ts'
export type { RouterAccess, SessionOptions, SessionRunner } from './request-session.ts'
export type { CookieLike } from './foreign-cookie.ts'
export type { SessionOrigin } from './session-control.ts'
export type { CookieOptions } from './session-cookie.ts'
export type { CookieAttributes } from './set-cookie.ts'
export { createSessionStorage } from './session-storage.ts'
export type {
  ParseOptions,
  SerializeOptions,
  SessionIdStorageStrategy,
  SessionStorage,
  SessionStorageOptions,
} from './session-storage.ts'
export { createStoreSessionStorage } from './session-store.ts'
export type { SessionStore, StoredSession, StoreSessionStorageOptions } from './session-store.ts'
export { createSession, isSession, Session } from './session.ts'
export type { FlashSessionData, SessionData } from './session.ts'
export type { SqlSessionMaintenance } from './sql-store.ts'
export { createCookieSessionStorage } from './storage/cookie.ts'
export { createMemorySessionStorage } from './storage/memory.ts'
export type { MemorySessionStorageOptions } from './storage/memory.ts'
