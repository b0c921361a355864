/**
 * Sessions, their values and storages, and the runner that adapters are made of.
 * @module
 */

export { SessionError } from './util/errors.ts'
export type { SessionErrorCode } from './util/errors.ts'
export { createSessionRunner } from './request/request-session.ts'
export type { HandlerOutcome } from './request/request-outcome.ts'
export type { RouterAccess, SessionOptions, SessionRunner } from './request/request-session.ts'
export type { CookieLike } from './cookie/foreign-cookie.ts'
export type { SessionOrigin } from './session/session-state.ts'
export type { CookieOptions } from './cookie/session-cookie.ts'
export type { CookieAttributes } from './cookie/set-cookie.ts'
export { createSessionStorage } from './engine/session-storage.ts'
export type {
  ParseOptions,
  SerializeOptions,
  SessionIdStorageStrategy,
  SessionStorage,
  SessionStorageOptions,
} from './engine/session-storage.ts'
export { createStoreSessionStorage } from './engine/session-store.ts'
export type { StoreSessionStorageOptions } from './engine/session-store.ts'
export type {
  NewRecord,
  Postponed,
  RecordChange,
  SessionStore,
  StoredSession,
} from './engine/store.ts'
export { createSession, isSession, Session } from './session/session.ts'
export type { FlashSessionData, SessionData } from './session/session.ts'
export type { SqlSessionMaintenance } from './storage/sql-store.ts'
export { createCookieSessionStorage } from './storage/cookie.ts'
export { createMemorySessionStorage } from './storage/memory.ts'
export type { MemorySessionStorageOptions } from './storage/memory.ts'
