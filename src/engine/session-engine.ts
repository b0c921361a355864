import { readCookieValues } from '../cookie/cookie-header.ts'
import type { SessionCookie } from '../cookie/session-cookie.ts'
import { MAX_COOKIE_BYTES } from '../cookie/set-cookie.ts'
import type { SerializeOptions } from '../cookie/set-cookie.ts'
import { SessionState, unstoredRecord } from '../session/session-state.ts'
import type { SessionRecord, SessionLoader, SessionUser } from '../session/session-state.ts'
import { SessionValues } from '../session/session-values.ts'
import type { ValueSchema } from '../session/value-schema.ts'
import type { Token } from '../token/token.ts'
import { SessionError } from '../util/errors.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { expiryOf, expiryAfter, lifetimeAttributes, nextTimes } from './lifetime.ts'
import type { ChosenLifetime, CommitOptions, Lifetime } from './lifetime.ts'
import { momentOf } from './moment.ts'
import type {
  ListedSession,
  LoadedSession,
  RetiredSession,
  SaveResult,
  SessionBackend,
  UserSessions,
} from './session-backend.ts'
import { throwStorageError } from './storage-error.ts'
import { validFrom } from './valid-after.ts'
import type { ValidAfter } from './valid-after.ts'

/** The result of a commit. */
export interface Committed {
  readonly outcome: 'written' | 'postponed' | 'retired'
  /** The Set-Cookie texts to send; none if the browser's cookie is still right. */
  readonly setCookies: readonly string[]
  /** Why a renewal was postponed. */
  readonly error?: unknown
}

/** Connects a back end and a cookie: it opens and seals tokens, applies lifetimes, and chooses between several cookies. */
export interface SessionEngine extends SessionLoader {
  readonly cookie: SessionCookie
  /** Waits for the keys. Every other method needs them. `undefined` once they are there. */
  ready(): Promise<void> | undefined
  /** The session of a request, not opened yet. */
  begin(header: string | null | undefined, decode?: (value: string) => string): SessionState
  /** Whether a renewal may be due, by the unverified times of the offered tokens. Reading them costs no decryption. */
  mayNeedRenewal(state: SessionState, rolling: boolean): boolean
  /** Whether less than half of the idle lifetime is left, and a renewal would extend it. */
  isRenewalDue(record: SessionRecord, now: number): boolean
  /** Whether the record should say that its user was seen. */
  isSeenDue(record: SessionRecord, now: number): boolean
  /** The sessions of users, if the back end can look them up. */
  readonly users: UserSessions | undefined
  /** Writes the session, then makes its cookie. */
  commit(state: SessionState, options: CommitOptions): Promise<Committed>
  /** Ends the sessions of all cookies of the request. Returns the Set-Cookie texts that clear the cookies. */
  end(state: SessionState, attributes: SerializeOptions): Promise<readonly string[]>
  /**
   * Whether a handler's Set-Cookie text is for this session; undefined for cookie storage, which has no ids.
   */
  isFor(record: SessionRecord, setCookie: string): MaybePromise<boolean | undefined>
  /** Whether a commit merges its changes into what others have written into this record. */
  merges(record: SessionRecord): boolean
}

/** A token from further in the future comes from a clock that ran ahead. It would outlive and outrank all others. */
const MAX_CLOCK_SKEW = 24 * 60 * 60 * 1000 // milliseconds

/** How long a user is in use before the record says so, in milliseconds. */
const SEEN_INTERVAL = 60 * 60 * 1000

export function createSessionEngine(
  backend: SessionBackend,
  cookie: SessionCookie,
  lifetime: Lifetime,
  schema?: ValueSchema | undefined,
  validAfter?: ValidAfter | undefined,
): SessionEngine {
  const { codec } = cookie

  function begin(
    header: string | null | undefined,
    decode?: (value: string) => string,
  ): SessionState {
    const sent = readCookieValues(header, cookie.name)
    const values = decode === undefined ? sent : sent.map((value) => tryDecode(value, decode))
    // A schema and `validAfter` may be asynchronous; only a call shows that.
    const isImmediate = backend.immediate && schema === undefined && validAfter === undefined
    let opensOnAccess = values.length === 0 || isImmediate
    for (const value of values) opensOnAccess &&= codec.opensAtOnce(value)
    return new SessionState(engine, values, opensOnAccess)
  }

  function resume(state: SessionState): MaybePromise<SessionRecord> {
    const { offered } = state
    if (offered.length === 0) return unstoredRecord('new')
    const opened: MaybePromise<Token | null>[] = []
    let isWaiting = false
    for (const value of offered) {
      // Longer than any cookie we send; this also bounds size and depth of the content.
      const token = value.length > MAX_COOKIE_BYTES ? null : codec.open(value)
      isWaiting ||= token instanceof Promise
      opened.push(token)
    }
    return isWaiting
      ? Promise.all(opened).then((tokens) => load(state, tokens))
      : load(state, opened as (Token | null)[])
  }

  /**
   * Of several authentic tokens, the one issued last counts. If it is refused, no other takes its place: a server cannot
   * tell the scopes of their cookies apart (RFC 6265bis section 5.8.3). If several were issued at one moment, or have no
   * times, the last in the header counts.
   */
  function load(
    state: SessionState,
    tokens: readonly (Token | null)[],
  ): MaybePromise<SessionRecord> {
    const now = Date.now()
    let latest: Token | undefined
    const bodies: string[] = []
    for (const token of tokens) {
      if (token === null) continue
      bodies.push(token.body)
      if ((token.times?.issuedAt ?? 0) >= (latest?.times?.issuedAt ?? 0)) latest = token
    }
    if (latest === undefined) return unstoredRecord('tampered')
    const token = latest
    state.bodies = [token.body, ...bodies.filter((body) => body !== token.body)]
    const tokenExpiry = token.times === undefined ? Infinity : expiryOf(token.times, lifetime)
    const isFromTheFuture = (token.times?.issuedAt ?? 0) > now + MAX_CLOCK_SKEW
    if (now >= tokenExpiry || isFromTheFuture) return unstoredRecord('expired')
    const found = backend.load(token.body)
    return found instanceof Promise
      ? found.then((loaded) => openRecord(token, tokenExpiry, loaded, now), throwStorageError)
      : openRecord(token, tokenExpiry, found, now)
  }

  /** @param tokenExpiry the expiry of the token's session */
  function openRecord(
    token: Token,
    tokenExpiry: number,
    loaded: LoadedSession | RetiredSession | 'unknown' | 'invalid',
    now: number,
  ): MaybePromise<SessionRecord> {
    if (typeof loaded === 'string') return unstoredRecord(loaded)
    if ('retired' in loaded) return { ...unstoredRecord(loaded.origin), retired: loaded.retired }
    const { times } = token
    const { user } = loaded
    // Any signed cookie of the application has this form, and a client may have chosen its content.
    if (user !== undefined && times === undefined && !backend.keepsTimes)
      return unstoredRecord('invalid')
    const createdAt = loaded.createdAt ?? times?.createdAt
    // If a cookie was not renewed with its record, the earlier expiry counts. It makes a renewal due.
    const expiresAt = Math.min(loaded.expiresAt ?? Infinity, tokenExpiry)
    const limit = (createdAt ?? now) + (lifetime.absolute ?? Infinity)
    if (now >= Math.min(expiresAt, limit)) return unstoredRecord('expired')
    const record: SessionRecord = {
      origin: 'resumed',
      id: loaded.id,
      values: new SessionValues(loaded.values),
      createdAt,
      expiresAt: expiresAt === Infinity ? undefined : expiresAt,
      fixed: loaded.fixed ?? times?.fixed ?? false,
      transient: times?.transient ?? false,
      user,
      handle: loaded.handle ?? '',
      stale: token.stale || loaded.stale === true,
      stored: loaded.stored,
    }
    if (schema === undefined && (user === undefined || validAfter === undefined)) return record
    if (user === undefined || validAfter === undefined) return validated(record)
    return chain(validFrom(validAfter, user.id), (from) =>
      user.authenticatedAt < from
        ? { ...unstoredRecord('revoked'), retired: record.stored }
        : validated(record),
    )
  }

  function validated(record: SessionRecord): MaybePromise<SessionRecord> {
    if (schema === undefined) return record
    return chain(schema.accept(record.values.all), (valid) => {
      if (valid === null) return unstoredRecord('invalid')
      const values = new SessionValues(valid.values)
      return { ...record, values, stale: record.stale || valid.migrated }
    })
  }

  function mayNeedRenewal({ offered }: SessionState, rolling: boolean): boolean {
    const now = Date.now()
    for (const value of offered) {
      const unverified = codec.peek(value)
      if (unverified === null && codec.opensAtOnce(value)) continue
      if (unverified === null || unverified.stale) return true
      const { createdAt, issuedAt, fixed } = unverified.times
      const expiresAt = Math.min(unverified.times.expiresAt, issuedAt + lifetime.idle)
      if (rolling && isDue({ createdAt, expiresAt, fixed }, now)) return true
    }
    return false
  }

  /** A session at its absolute limit gains nothing from a renewal. */
  function isDue(
    { createdAt, expiresAt, fixed }: Pick<SessionRecord, 'createdAt' | 'expiresAt' | 'fixed'>,
    now: number,
  ): boolean {
    if (createdAt === undefined || expiresAt === undefined || fixed) return false
    if (expiresAt - now >= lifetime.idle / 2) return false
    return expiryAfter(now, createdAt, lifetimeAt(now)) > expiresAt
  }

  function isSeenDue({ user }: SessionRecord, now: number): boolean {
    if (user === undefined || backend.users === undefined) return false
    return now - Math.floor(user.seenAt ?? 0) >= SEEN_INTERVAL
  }

  /** A cookie with `expires` ends its sessions at that moment. React Router computes it anew at each reading. */
  function lifetimeAt(now: number): Lifetime {
    const { expires } = cookie
    if (expires === undefined) return lifetime
    return { ...lifetime, idle: Math.min(lifetime.idle, expires.getTime() - now) }
  }

  async function commit(state: SessionState, options: CommitOptions): Promise<Committed> {
    const record = ownRecord(state)
    const { regenerated } = state
    const { now, renew } = options
    const { user } = record
    if (user !== undefined && !cookie.isTimed && !backend.keepsTimes) throwUnsealedUser()
    const chosen = options.chosen ?? (state.chosen && chosenAt(now, state.chosen))
    const issues =
      backend.kind === 'cookie' ||
      record.id === '' ||
      regenerated ||
      record.stale ||
      renew === 'always' ||
      (renew === 'due' && isDue(record, now))
    const seenUser = user && backend.users ? seenNow(user, now, state.signsIn) : user
    const wanted = nextTimes(record, { ...options, chosen }, issues, lifetimeAt(now))
    let saved: SaveResult
    try {
      // A logout ends every session that was offered.
      if (state.signsOut) await endOthers(state)
      saved = await backend.save(record, {
        createdAt: wanted.createdAt,
        expiresAt: wanted.expiresAt,
        fixed: wanted.fixed,
        regenerate: regenerated,
        signsIn: state.signsIn,
        user: seenUser,
        renews: issues,
        reseals: record.stale,
        byHand: renew === 'always',
        isSeen: user !== undefined && isSeenDue(record, now),
        conflicts: options.conflicts,
      })
    } catch (error) {
      return throwStorageError(error)
    }
    if (typeof saved === 'string') return { outcome: saved, setCookies: [] }
    const { id, handle = '', stored, expiresAt = wanted.expiresAt, fixed = wanted.fixed } = saved
    const times = { ...wanted, expiresAt, fixed }

    const setCookies: string[] = []
    if (issues) {
      const token = await codec.seal(saved.body, times)
      const text = await cookie.serialize(
        token,
        lifetimeAttributes(times, { ...options, chosen }, cookie),
      )
      assertSize(text, record.values)
      setCookies.push(text)
      if (state.offered.length > 1) setCookies.push(...cookie.duplicateClearingHeaders())
    }
    record.values.markSaved()
    // A session made by hand is not tied to the record: it may be a constant that gives each visitor a session of their
    // own.
    if (state.loader === undefined && record.id === '') return { outcome: 'written', setCookies }
    state.record = {
      ...record,
      id,
      stored,
      expiresAt,
      fixed,
      createdAt: times.createdAt,
      transient: times.transient,
      user: seenUser,
      handle,
      stale: false,
      retired: undefined,
    }
    state.loader = engine
    if (regenerated) {
      state.regenerated = false
      state.signsIn = false
      state.signsOut = false
      state.before = undefined
      state.chosen = undefined
    }
    return { outcome: 'written', setCookies }
  }

  /** The session itself ends when its new one is saved; but one that another storage has loaded ends there. */
  async function endOthers(state: SessionState): Promise<void> {
    const { loader, bodies } = state
    if (loader !== undefined && loader !== engine) return loader.remove(state)
    for (const body of bodies.slice(1)) await backend.endBody(body)
  }

  /** If another storage has loaded the session, this back end has no record of it and creates one. */
  function ownRecord(state: SessionState): SessionRecord {
    const record = state.record ?? state.openAtOnce()
    if (state.loader === engine || state.loader === undefined) return record
    return { ...record, id: '', handle: '', stored: undefined, retired: undefined }
  }

  async function remove(state: SessionState): Promise<void> {
    try {
      const record = state.record ?? state.openAtOnce()
      await backend.end(record)
      const [chosen] = state.bodies
      for (const body of state.bodies) {
        // Its end is the end of the record. A record that was refused, or has a new id since, has not ended it.
        const isEnded =
          backend.idOf(body) === record.id || (body === chosen && record.retired !== undefined)
        if (!isEnded) await backend.endBody(body)
      }
    } catch (error) {
      throwStorageError(error)
    }
  }

  async function end(
    state: SessionState,
    attributes: SerializeOptions,
  ): Promise<readonly string[]> {
    await (state.loader ?? engine).remove(state)
    return cookie.clearingHeaders(attributes)
  }

  function isFor(record: SessionRecord, setCookie: string): MaybePromise<boolean | undefined> {
    if (backend.kind === 'cookie') return undefined
    const value = setCookie.slice(cookie.name.length + 1).split(';', 1)[0] ?? ''
    return chain(
      codec.open(value),
      (token) => token !== null && backend.idOf(token.body) === record.id,
    )
  }

  /** The back end's list, without the sessions that a request would be refused. */
  async function list(of: UserSessions, userId: string): Promise<ListedSession[]> {
    const now = Date.now()
    const absolute = lifetime.absolute ?? Infinity
    const from = validAfter === undefined ? -Infinity : await validFrom(validAfter, userId)
    return (await of.list(userId)).flatMap((session) => {
      const expiresAt = Math.min(session.expiresAt, session.createdAt + absolute)
      const isAlive = expiresAt > now && session.user.authenticatedAt >= from
      return isAlive ? [{ ...session, expiresAt }] : []
    })
  }

  const engine: SessionEngine = {
    users: backend.users && inStorage(backend.users, list),
    isSeenDue,
    cookie,
    schema,
    ready: () => codec.ready(),
    begin,
    resume,
    mayNeedRenewal,
    isRenewalDue: isDue,
    remove,
    commit,
    end,
    isFor,
    merges: ({ id }) => backend.merges && id !== '',
  }
  return engine
}

/** @throws SessionError as a session does, and {@link throwStorageError} */
function inStorage(
  users: UserSessions,
  list: (users: UserSessions, userId: string) => Promise<ListedSession[]>,
): UserSessions {
  return {
    list: (userId) => list(users, userId).catch(throwStorageError),
    end: (...one) => users.end(...one).catch(throwStorageError),
    endAll: (...all) => users.endAll(...all).catch(throwStorageError),
  }
}

function seenNow(user: SessionUser, now: number, signsIn: boolean): SessionUser {
  const seenAt = momentOf(now)
  return signsIn ? { ...user, seenAt, signedInAt: seenAt } : { ...user, seenAt }
}

function chosenAt(
  now: number,
  { maxAge }: { readonly maxAge: number | undefined },
): ChosenLifetime {
  const expiresAt = maxAge === undefined ? undefined : now + Math.floor(maxAge) * 1000
  return { expiresAt, expires: undefined, transient: maxAge === undefined }
}

function throwUnsealedUser(): never {
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    "Signed cookies cannot carry the user: write `protection: 'encrypted'` with `acceptSigned: true` to use signIn(), or use a storage with a back end.",
  )
}

/** The decoded value. If decoding fails, an empty one, which is never a token. */
function tryDecode(value: string, decode: (value: string) => string): string {
  try {
    return decode(value)
  } catch {
    return ''
  }
}

function assertSize(setCookie: string, values: SessionValues): void {
  if (setCookie.length <= MAX_COOKIE_BYTES) return
  const sizes = values.sizes().slice(0, 3)
  const largest = sizes.map(([key, bytes]) => `"${key}" (${bytes} bytes)`).join(', ')
  throw new SessionError(
    'ERR_SESSION_COOKIE_TOO_LARGE',
    `Cookie length will exceed browser maximum. Length: ${setCookie.length}. ` +
      `At most ${MAX_COOKIE_BYTES} bytes fit, name and attributes included. Largest keys: ${largest}. ` +
      'Keep an id in the session and the data elsewhere, or use a storage with a back end.',
  )
}
