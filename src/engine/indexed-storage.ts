import { stateOf } from '../session/session.ts'
import type { Session, SessionData } from '../session/session.ts'
import { SessionError, shown } from '../util/errors.ts'
import { engineOf } from './session-storage.ts'
import type { SessionStorage } from './session-storage.ts'
import type { UserSessions } from './session-backend.ts'
import { seenAt } from './user-sessions.ts'

/**
 * A session in the list of its user.
 *
 * @example
 * import type { UserSession } from 'fetch-sessions'
 *
 * export const describe = ({ device, seenAt }: UserSession): string =>
 *   `${device ?? 'A device'}, last used ${seenAt.toLocaleString()}`
 */
export interface UserSession {
  /** Names the session for `endSession()`. Not a credential. It equals `session.handle` in its own requests. */
  readonly handle: string
  /** The label that `signIn()` was given. */
  readonly device: string | undefined
  /** When its user signed in. */
  readonly createdAt: Date
  /** When its user last proved their identity. */
  readonly authenticatedAt: Date
  /** When it was last used; for a session in use at most an hour too early. */
  readonly seenAt: Date
  /** When it ends unless it is renewed. */
  readonly expiresAt: Date
}

/**
 * A storage whose back end can look up the sessions of a user.
 *
 * Its methods throw a {@link SessionError} with `ERR_SESSION_STORAGE` if the back end cannot answer, and `ERR_SESSION_VALUE`
 * for a user id that is no text.
 *
 * @example
 * import type { IndexedSessionStorage, Session } from 'fetch-sessions'
 *
 * // After a change of the password: OWASP ASVS 5.0, 7.4.3.
 * export async function signOutOthers(
 *   storage: IndexedSessionStorage,
 *   session: Session,
 * ): Promise<number> {
 *   const { userId } = session
 *   return userId === undefined ? 0 : storage.endSessions(userId, { except: session })
 * }
 */
export interface IndexedSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
> extends SessionStorage<Data, FlashData> {
  /**
   * The sessions of a user, most recently seen first.
   * @param options `limit`: the most to return. Default: 100
   */
  sessionsOf(userId: string, options?: { limit?: number | undefined }): Promise<UserSession[]>
  /**
   * Ends one session of a user at once, everywhere. A request of it that is under way saves nothing, and the next one has
   * `origin: 'revoked'`.
   * @param handle of any origin, also from a form: that of another user ends nothing
   * @returns whether a session ended
   */
  endSession(userId: string, handle: string): Promise<boolean>
  /**
   * Ends the sessions of a user at once, everywhere. A sign-in that is committed meanwhile is ended too, or counts as later.
   * @param options `except`: the session that stays, or its handle
   * @returns how many ended
   */
  endSessions(
    userId: string,
    options?: { except?: Session<Data, FlashData> | string | undefined },
  ): Promise<number>
}

/** Adds the methods of {@link IndexedSessionStorage} to a storage whose back end looks up by user. */
export function withUserSessions<Data extends object, FlashData extends object>(
  storage: SessionStorage<Data, FlashData>,
): IndexedSessionStorage<Data, FlashData> {
  async function users(): Promise<UserSessions> {
    const engine = engineOf(storage)
    await engine.ready()
    return engine.users as UserSessions
  }

  return Object.assign(storage, {
    async sessionsOf(
      userId: string,
      { limit = 100 }: { limit?: number | undefined } = {},
    ): Promise<UserSession[]> {
      assertUserId(userId)
      const sessions = await (await users()).list(userId)
      return sessions
        .toSorted((a, b) => seenAt(b) - seenAt(a))
        .slice(0, limit)
        .map((session) => ({
          handle: session.handle,
          device: session.user.device,
          createdAt: new Date(session.createdAt),
          authenticatedAt: new Date(session.user.authenticatedAt),
          seenAt: new Date(seenAt(session)),
          expiresAt: new Date(session.expiresAt),
        }))
    },
    async endSession(userId: string, handle: string): Promise<boolean> {
      assertUserId(userId)
      return (await users()).end(userId, handle)
    },
    async endSessions(
      userId: string,
      { except }: { except?: Session<Data, FlashData> | string | undefined } = {},
    ): Promise<number> {
      assertUserId(userId)
      const kept =
        typeof except === 'object' && except !== null
          ? (await stateOf(except).open()).handle
          : except
      return (await users()).endAll(userId, kept)
    },
  })
}

function assertUserId(userId: unknown): void {
  if (typeof userId === 'string') return
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `\`userId\` is ${shown(userId)}: give the text that signIn() was given, such as String(user.id).`,
  )
}
