import type { SessionUser } from '../session/session-state.ts'
import { backOff, conflict, markerRecord, MAX_ATTEMPTS, parseMarker } from './markers.ts'
import type { ListedSession, ParsedRecord, UserSessions } from './session-backend.ts'
import type { IndexedSessionStore, StoredSession } from './store.ts'

/** 43 characters of base64url, as the hash of an id has. */
const HANDLE = /^[\w-]{43}$/

/** {@link UserSessions}, and the limit of a sign-in. */
interface LimitedUserSessions extends UserSessions {
  /**
   * Ends the least recently seen sessions of a user beyond the limit. Of two sign-ins at once, the earlier one cannot end
   * the later one, so that they do not end each other.
   * @param ownKey the key of the session that has just been begun; it stays
   */
  limit(ownKey: string, user: SessionUser | undefined, most: number): Promise<void>
}

/**
 * Lists and ends the sessions of users. What was ended leaves a marker, so that no request in flight can bring it back.
 *
 * @param keyOf the key of an id, and in the same way the hash of a user
 */
export function createUserSessions(
  store: IndexedSessionStore,
  prefix: string,
  keyOf: (text: string) => string,
  decode: (key: string, found: StoredSession) => Promise<ParsedRecord | null>,
): LimitedUserSessions {
  async function* pagesOf(userId: string): AsyncIterable<readonly string[]> {
    const user = keyOf(userId)
    let cursor: string | undefined
    do {
      const page = await store.keysOf(user, cursor)
      yield page.keys
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  /** The session under a key; null if there is none of this user. */
  async function find(userId: string, key: string): Promise<ListedSession | null> {
    const found = await store.read(key)
    if (found === null || parseMarker(found.data) !== null) return null
    const record = await decode(key, found)
    if (!isOf(record, userId)) return null
    const { createdAt, fixed, user } = record
    const expiresAt = found.expires.getTime()
    return { handle: key.slice(prefix.length), user, createdAt, expiresAt, fixed }
  }

  async function list(userId: string): Promise<ListedSession[]> {
    const sessions = new Map<string, ListedSession>()
    for await (const keys of pagesOf(userId)) {
      const found = await Promise.all(keys.map((key) => find(userId, key)))
      for (const session of found) if (session !== null) sessions.set(session.handle, session)
    }
    return [...sessions.values()]
  }

  /**
   * Ends the session under a key if it is one of this user. If it has a new id meanwhile, ends that one: nobody may escape
   * by asking for a new id. What is begun after the last look at the marker finds that another one of it has ended.
   */
  async function endKeyOf(userId: string, key: string): Promise<boolean> {
    let hasEnded = false
    let seen: string | undefined
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = await store.read(key)
      if (found === null || found.version === seen) return hasEnded
      const marker = parseMarker(found.data)
      if (marker !== null) {
        for (const begun of marker.begun) hasEnded = (await endKeyOf(userId, begun)) || hasEnded
        if (marker.begun.length === 0) return hasEnded
        seen = found.version
        continue
      }
      const record = await decode(key, found)
      if (!isOf(record, userId)) return hasEnded
      // Until the session would have expired, its holder can be told why it ended.
      const ended = markerRecord({ logouts: 1, begun: [], revoked: true }, found.expires)
      if ((await store.update(key, found.version, ended)) !== null) return true
      await backOff(attempt)
    }
    throw conflict('endSession')
  }

  async function endAll(userId: string, except: string | undefined): Promise<number> {
    const kept = except === undefined || except === '' ? undefined : prefix + except
    let ended = 0
    // A session that gets a new id between two pages may be on none of them. It is on those of the next round.
    for (let quietRounds = 0; quietRounds < 2; quietRounds++) {
      let pages = 0
      for await (const keys of pagesOf(userId)) {
        pages++
        for (const key of keys) {
          if (key === kept || !(await endKeyOf(userId, key))) continue
          ended++
          quietRounds = -1
        }
      }
      if (quietRounds === 0 && pages === 1) break
    }
    return ended
  }

  return {
    list,
    // A client may have chosen the handle.
    end: async (userId, handle) => HANDLE.test(handle) && endKeyOf(userId, prefix + handle),
    endAll,
    async limit(ownKey, user, most) {
      if (user === undefined) return
      const own = { handle: ownKey.slice(prefix.length), user }
      const sessions = await list(user.id)
      const excess = sessions.length - most
      const others = sessions
        .filter((session) => session.handle !== own.handle && !isLater(session, own))
        .toSorted((a, b) => seenAt(a) - seenAt(b))
      for (const { handle } of others.slice(0, Math.max(0, excess))) {
        await endKeyOf(user.id, prefix + handle)
      }
    },
  }
}

function isOf(record: ParsedRecord | null, userId: string): record is OwnedRecord {
  // Without a user on either side, nobody is asked for.
  return record?.user !== undefined && record.user.id === userId
}

type OwnedRecord = ParsedRecord & { readonly user: SessionUser }

type Named = Pick<ListedSession, 'handle' | 'user'>

/** Whether one was signed in after the other. The handle decides within a millisecond. */
function isLater(one: Named, other: Named): boolean {
  const later = one.user.authenticatedAt - other.user.authenticatedAt
  return later === 0 ? one.handle > other.handle : later > 0
}

export function seenAt({ user }: ListedSession): number {
  return user.seenAt ?? user.authenticatedAt
}
