/**
 * Sessions, their values and storages, and the runner that adapters are made of.
 * @module
 */

export { SessionError } from './util/errors.ts'
export type { SessionErrorCode } from './util/errors.ts'
export type { CookieOptions } from './cookie/session-cookie.ts'
export type { SerializeOptions } from './cookie/set-cookie.ts'
export { createSession, isSession, Session } from './session/session.ts'
export type { FlashSessionData, SessionData, SignInOptions } from './session/session.ts'
export type { SessionOrigin } from './session/session-state.ts'
export type {
  ParseOptions,
  SessionStorage,
  SessionStorageOptions,
} from './engine/session-storage.ts'
export type {
  IndexedSessionStore,
  KeyPage,
  NewRecord,
  Postponed,
  RecordChange,
  SessionStore,
  StoredSession,
} from './engine/store.ts'
export { createStoreSessionStorage } from './engine/store-storage.ts'
export type {
  IndexedSessionStorageOptions,
  StoreSessionStorageOptions,
} from './engine/store-storage.ts'
export type { IndexedSessionStorage, UserSession } from './engine/indexed-storage.ts'
export { createSessionStorage } from './engine/strategy.ts'
export type { SessionIdStorageStrategy } from './engine/strategy.ts'
export type { SqlSessionMaintenance } from './storage/sql-store.ts'
export { createCookieSessionStorage } from './storage/cookie.ts'
export { createMemorySessionStorage } from './storage/memory.ts'
export { createSessionRunner } from './request/session-runner.ts'
export type { SessionOptions } from './request/session-options.ts'
export type { SessionScope } from './request/session-runner.ts'
export type { SessionEvent, SessionOutcome } from './request/session-event.ts'
