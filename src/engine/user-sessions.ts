import type { SessionUser } from '../session/session-state.ts'
import { backOff, conflict, markerRecord, MAX_ATTEMPTS, parseMarker } from './markers.ts'
import type { ListedSession, ParsedRecord, UserSessions } from './session-backend.ts'
import type { IndexedSessionStore, NewRecord, StoredSession } from './store.ts'

/** 43 characters of base64url, as the hash of an id has. */
const HANDLE = /^[\w-]{43}$/

/** {@link UserSessions}, and the limit of a sign-in. */
interface LimitedUserSessions extends UserSessions {
  /**
   * Keeps the session that was signed in last, and of the others the most recently seen. Sign-ins at once all keep the
   * same ones, so that they do not end each other.
   */
  limit(userId: string, most: number): Promise<void>
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

  /** The session of this user under a key, and under the new ids that it has meanwhile. */
  async function find(userId: string, key: string): Promise<ListedSession[]> {
    const found = await store.read(key)
    if (found === null) return []
    const marker = parseMarker(found.data)
    if (marker !== null) return findAll(userId, marker.begun)
    const record = await decode(key, found)
    if (!isOf(record, userId)) return []
    const { createdAt, fixed, user } = record
    const expiresAt = found.expires.getTime()
    return [
      {
        handle: key.slice(prefix.length),
        user,
        createdAt,
        expiresAt,
        fixed,
        version: found.version,
      },
    ]
  }

  async function findAll(userId: string, keys: readonly string[]): Promise<ListedSession[]> {
    return (await Promise.all(keys.map((key) => find(userId, key)))).flat()
  }

  /** By key. While a session gets a new id, it is there twice. */
  async function all(userId: string): Promise<Map<string, ListedSession>> {
    const sessions = new Map<string, ListedSession>()
    for await (const keys of pagesOf(userId)) {
      for (const session of await findAll(userId, keys)) {
        sessions.set(prefix + session.handle, session)
      }
    }
    return sessions
  }

  /** Nobody has the new id yet. */
  async function list(userId: string): Promise<ListedSession[]> {
    const sessions = await all(userId)
    return [...sessions.values()].filter(({ user }) => !sessions.has(user.replaces ?? ''))
  }

  /** What has changed since it was listed may have to stay, so the list is made again. */
  async function limit(userId: string, most: number): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const excess = beyond(await all(userId), most)
      const ends = excess.map(([key, session]) =>
        store.update(key, session.version, revoked({ expires: new Date(session.expiresAt) })),
      )
      if ((await Promise.all(ends)).every((answer) => answer !== null)) return
      await backOff(attempt)
    }
    throw conflict('signIn')
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
      if ((await store.update(key, found.version, revoked(found))) !== null) return true
      await backOff(attempt)
    }
    throw conflict('endSession')
  }

  async function endAll(userId: string, except: string | undefined): Promise<number> {
    const kept = except === undefined || except === '' ? undefined : prefix + except
    let ended = 0
    let quietRounds = 0
    // A session that gets a new id between two pages may be on none of them. It is on those of the next round.
    for (let round = 1; round <= MAX_ATTEMPTS; round++) {
      const before = ended
      let pages = 0
      for await (const keys of pagesOf(userId)) {
        pages++
        for (const key of keys) {
          if (key !== kept && (await endKeyOf(userId, key))) ended++
        }
      }
      quietRounds = ended === before ? quietRounds + 1 : 0
      // Nothing gets a new id while a single page is read.
      if (quietRounds === 2 || (quietRounds === 1 && pages === 1)) return ended
    }
    throw conflict('endSessions')
  }

  return {
    list,
    // A client may have chosen the handle.
    end: async (userId, handle) => HANDLE.test(handle) && endKeyOf(userId, prefix + handle),
    endAll,
    limit,
  }
}

/** Until the session would have expired, its holder can be told why it ended. */
function revoked({ expires }: Pick<StoredSession, 'expires'>): NewRecord {
  return markerRecord({ logouts: 1, begun: [], revoked: true }, expires)
}

type Entry = [key: string, session: ListedSession]

/** All but the session that was signed in last and the most recently seen others. */
function beyond(
  sessions: ReadonlyMap<string, ListedSession>,
  most: number,
): [string, ListedSession][] {
  const replaced = new Set([...sessions.values()].map(({ user }) => user.replaces))
  const counted = [...sessions].filter(([key]) => !replaced.has(key))
  const [latest, ...others] = counted.toSorted(newestFirst(signedInAt))
  if (latest === undefined) return []
  others.sort(newestFirst(seenAt))
  const kept = new Map([latest, ...others.slice(0, most - 1)])
  // One that is about to be replaced stays until then.
  for (const { user } of kept.values()) {
    const before = sessions.get(user.replaces ?? '')
    if (before !== undefined) kept.set(user.replaces ?? '', before)
  }
  return [...sessions].filter(([key]) => !kept.has(key))
}

/** The key decides within a moment, so that all requests have the same order. */
function newestFirst(at: (session: ListedSession) => number) {
  return ([key, a]: Entry, [other, b]: Entry): number => at(b) - at(a) || (key < other ? 1 : -1)
}

function isOf(record: ParsedRecord | null, userId: string): record is OwnedRecord {
  // Without a user on either side, nobody is asked for.
  return record?.user !== undefined && record.user.id === userId
}

type OwnedRecord = ParsedRecord & { readonly user: SessionUser }

export function seenAt({ user }: ListedSession): number {
  return user.seenAt ?? user.authenticatedAt
}

function signedInAt({ user }: ListedSession): number {
  return user.signedInAt ?? user.authenticatedAt
}
