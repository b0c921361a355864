import { SessionError } from '../util/errors.ts'
import { endOf, isExpired, isRenewalDue } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { readCookieValues } from '../cookie/cookie-header.ts'
import type { SessionCookie } from '../cookie/session-cookie.ts'
import { MAX_COOKIE_BYTES } from '../cookie/set-cookie.ts'
import type { CookieAttributes } from '../cookie/set-cookie.ts'
import { SessionControl, unstoredRecord } from '../session/session-state.ts'
import type { SessionOrigin, SessionRecord, SessionSource } from '../session/session-state.ts'
import { SessionValues } from '../session/session-values.ts'
import type { StoredValues } from '../session/session-values.ts'
import { attributesFor, nextTimes } from './commit-times.ts'
import type { CommitOptions } from './commit-times.ts'
import type { Token, TokenTimes } from '../token/token.ts'
import type { ValueSchema } from '../session/value-schema.ts'

/** What a back end found for the body of a token. */
export interface LoadedSession {
  readonly id: string
  readonly values: StoredValues
  /** Where the back end keeps them itself; else the token's count. */
  readonly createdAt?: number
  readonly expiresAt?: number
  readonly fixed?: boolean
  /** It should be written anew, though nothing has changed. */
  readonly stale?: boolean
  readonly stored?: unknown
}

/** What a back end has written. */
export interface SavedSession {
  /** What the token has to say from now on. */
  readonly body: string
  readonly id: string
  readonly stored?: unknown
}

/** How the values are written. */
export interface SaveOptions {
  /** Under a new id, and the old record deleted. */
  readonly regenerate: boolean
  readonly createdAt: number
  readonly expiresAt: number
  /** The expiry was chosen by hand. */
  readonly fixed: boolean
  /** The expiry moves, with a new cookie; else the record keeps its own, which may be another than the token's. */
  readonly renews: boolean
  /** The record should be written anew, though nothing has changed. */
  readonly reseals: boolean
  /** Asked for by the application, so that it may not be put off. */
  readonly byHand: boolean
}

/** Where the values of sessions are kept: in the cookie itself, or under an id. */
export interface SessionBackend {
  readonly kind: 'cookie' | 'id'
  /** Whether {@link load} answers without a promise. */
  readonly immediate: boolean
  /** Whether it knows creation and expiry itself, so that they hold without the token's. */
  readonly keepsTimes: boolean
  /** What the body of an authentic token stands for, or why it stands for nothing. */
  load(body: string): MaybePromise<LoadedSession | 'unknown' | 'invalid'>
  /**
   * Writes the values; null where the record was deleted while the request was under way, `later` where a renewal should
   * be tried again by the next request.
   */
  save(record: SessionRecord, options: SaveOptions): MaybePromise<SavedSession | 'later' | null>
  remove(record: SessionRecord): MaybePromise<void>
}

export interface SessionEngine {
  readonly cookie: SessionCookie
  /** Waits for the keys, which {@link open} and {@link commit} need; `undefined` where there is nothing to wait for. */
  ready(): Promise<void> | undefined
  open(header: string | null | undefined, decode?: (value: string) => string): SessionControl
  /**
   * Writes the session. Gives the Set-Cookie text, undefined where the browser's cookie is still right, or null where the
   * record is gone.
   */
  commit(control: SessionControl, options: CommitOptions): MaybePromise<string | undefined | null>
  /** Deletes the session. Gives the Set-Cookie text that clears the cookie. */
  destroy(control: SessionControl, attributes?: CookieAttributes): MaybePromise<string>
  clearCookie(attributes?: CookieAttributes): MaybePromise<string>
  isRenewalDue(record: SessionRecord, now: number): boolean
  /** Whether what a commit writes takes in what the handler has written under this cookie with another session. */
  mergesWithOthers(record: SessionRecord): boolean
}

/** A client chooses how many cookies it sends: this many authentic ones are looked up for it, no more. */
const MAX_LOOKUPS = 4

/** The reasons to refuse a cookie, from the one that tells the most. */
const REASONS: readonly SessionOrigin[] = ['expired', 'unknown', 'invalid', 'tampered']

/** One look at the cookies that a request carries under the name. */
interface Attempt {
  readonly values: readonly string[]
  readonly now: number
  lookups: number
  /** Why none was good so far. */
  origin: SessionOrigin
  endedAt: number | undefined
}

/** A commit under way. */
interface CommitWork {
  readonly control: SessionControl
  readonly options: CommitOptions
  readonly record: SessionRecord
  readonly times: TokenTimes
  /** A new cookie is sent. */
  readonly issues: boolean
  readonly regenerates: boolean
}

/** Ties a back end to a cookie: tokens in and out, lifetimes, and which cookie of many counts. */
export function createSessionEngine(
  backend: SessionBackend,
  cookie: SessionCookie,
  lifetime: Lifetime,
  schema?: ValueSchema | undefined,
): SessionEngine {
  const { codec } = cookie
  // By name and not by identity: many an application makes its storage anew in every request.
  const place = `${backend.kind}:${cookie.name}`

  const source: SessionSource = { schema, resume, claimsRenewal }
  const nothing: SessionSource = { schema, resume: newRecord, claimsRenewal: () => false }

  function open(
    header: string | null | undefined,
    decode?: (value: string) => string,
  ): SessionControl {
    const sent = readCookieValues(header, cookie.name)
    if (sent.length === 0) return new SessionControl(nothing, sent, 0, true)
    const values = decode === undefined ? sent : sent.flatMap((value) => tryDecode(value, decode))
    // A schema may answer later, which shows only when it is asked.
    const isWaiting = !backend.immediate || schema !== undefined
    const immediate = !isWaiting && values.every((value) => codec.opensAtOnce(value))
    return new SessionControl(source, values, Date.now(), immediate)
  }

  function resume(values: readonly string[], now: number): MaybePromise<SessionRecord> {
    return tryFrom(0, { values, now, lookups: 0, origin: 'tampered', endedAt: undefined })
  }

  function tryFrom(first: number, attempt: Attempt): MaybePromise<SessionRecord> {
    const { values } = attempt
    // A loop, because a client chooses how many there are, and recursion would run out of stack.
    for (let i = first; i < values.length && attempt.lookups < MAX_LOOKUPS; i++) {
      const found = tryOne(values[i] ?? '', attempt)
      if (found instanceof Promise) return found.then((record) => record ?? tryFrom(i + 1, attempt))
      if (found !== null) return found
    }
    return unstoredRecord(attempt.origin, undefined, attempt.endedAt)
  }

  // Promises are told from values by hand here: chain() makes a function for each step of each request.
  function tryOne(value: string, attempt: Attempt): MaybePromise<SessionRecord | null> {
    // Longer than any that was sent; what it may hold and how deep is then bounded, too.
    if (value.length > MAX_COOKIE_BYTES) return refuse(attempt, 'tampered')
    const token = codec.open(value)
    return token instanceof Promise
      ? token.then((opened) => lookUp(opened, attempt))
      : lookUp(token, attempt)
  }

  function lookUp(token: Token | null, attempt: Attempt): MaybePromise<SessionRecord | null> {
    if (token === null) return refuse(attempt, 'tampered')
    const { times } = token
    if (times !== undefined && isExpired(attempt.now, times, lifetime)) {
      return refuse(attempt, 'expired', times)
    }
    attempt.lookups++
    const loaded = ask(() => backend.load(token.body))
    return loaded instanceof Promise
      ? loaded.then((found) => take(found, token, attempt), fail)
      : take(loaded, token, attempt)
  }

  function take(
    loaded: LoadedSession | 'unknown' | 'invalid',
    token: Token,
    attempt: Attempt,
  ): MaybePromise<SessionRecord | null> {
    if (typeof loaded === 'string') return refuse(attempt, loaded)
    const record = recordOf(token, loaded)
    const limit = (record.createdAt ?? attempt.now) + (lifetime.absolute ?? Infinity)
    if (attempt.now >= Math.min(record.expiresAt ?? Infinity, limit)) {
      return refuse(attempt, 'expired', token.times)
    }
    if (schema === undefined) return record
    return chain(accepted(record, schema), (valid) => valid ?? refuse(attempt, 'invalid'))
  }

  /** Where several cookies came and none was good, the reason counts that tells the most. */
  function refuse(attempt: Attempt, origin: SessionOrigin, times?: TokenTimes): null {
    if (REASONS.indexOf(origin) > REASONS.indexOf(attempt.origin)) return null
    attempt.origin = origin
    attempt.endedAt = times && endOf(times, lifetime)
    return null
  }

  function recordOf(token: Token, loaded: LoadedSession): SessionRecord {
    const { times } = token
    return {
      origin: 'resumed',
      id: loaded.id,
      values: new SessionValues(loaded.values),
      createdAt: loaded.createdAt ?? times?.createdAt,
      // Of a cookie that was not renewed with its record the earlier end counts, and asks for a renewal.
      expiresAt: earlier(loaded.expiresAt, times?.expiresAt),
      endedAt: undefined,
      fixed: loaded.fixed ?? times?.fixed ?? false,
      transient: times?.transient ?? false,
      stale: token.stale || loaded.stale === true,
      stored: loaded.stored,
      owner: place,
    }
  }

  function accepted(record: SessionRecord, by: ValueSchema): MaybePromise<SessionRecord | null> {
    return chain(by.accept(record.values.all), (valid) => {
      if (valid === null) return null
      const values = new SessionValues(valid.values)
      return { ...record, values, stale: record.stale || valid.migrated }
    })
  }

  function claimsRenewal(values: readonly string[], now: number, rolling: boolean): boolean {
    for (const value of values) if (claims(value, now, rolling)) return true
    return false
  }

  function claims(value: string, now: number, rolling: boolean): boolean {
    const claim = codec.peek(value)
    if (claim === null) return !codec.opensAtOnce(value)
    const { stale, times } = claim
    return stale || (rolling && !times.fixed && isRenewalDue(now, times, lifetime))
  }

  function commit(
    control: SessionControl,
    options: CommitOptions,
  ): MaybePromise<string | undefined | null> {
    const record = owned(control.record)
    const issues = needsCookie(record, control.regenerated, options)
    const times = nextTimes(record, options, issues, { lifetime, expires: cookie.expires })
    const saving: SaveOptions = {
      regenerate: control.regenerated,
      createdAt: times.createdAt,
      expiresAt: times.expiresAt,
      fixed: times.fixed,
      renews: issues,
      reseals: record.stale,
      byHand: options.renew === 'always',
    }
    const work = { control, options, record, times, issues, regenerates: saving.regenerate }
    const saved = ask(() => backend.save(record, saving))
    return saved instanceof Promise
      ? saved.then((answer) => issue(work, answer), fail)
      : issue(work, saved)
  }

  function issue(
    work: CommitWork,
    saved: SavedSession | 'later' | null,
  ): MaybePromise<string | undefined | null> {
    if (saved === null) return null
    if (saved === 'later') return undefined
    if (!work.issues) return settle(work, saved)
    return chain(codec.seal(saved.body, work.times), (token) =>
      chain(cookie.serialize(token, attributesFor(work.times, work.options, cookie)), (text) => {
        assertSize(text, work.record.values)
        settle(work, saved)
        return text
      }),
    )
  }

  function settle(work: CommitWork, { id, stored }: SavedSession): undefined {
    const { control, record, times, regenerates } = work
    control.settle({ ...record, ...times, id, stored, stale: false, owner: place }, regenerates)
  }

  function needsCookie(
    record: SessionRecord,
    regenerated: boolean,
    { now, renew }: CommitOptions,
  ): boolean {
    if (backend.kind === 'cookie' || record.id === '' || regenerated || record.stale) return true
    return renew === 'always' || (renew === 'due' && isDue(record, now))
  }

  /** A session that another storage made has nothing here to be compared with or replaced. */
  function owned(record: SessionRecord): SessionRecord {
    if (record.owner === place) return record
    return { ...record, stored: undefined, id: record.owner === undefined ? record.id : '' }
  }

  function isDue(record: SessionRecord, now: number): boolean {
    const { createdAt, expiresAt, fixed } = record
    if (createdAt === undefined || expiresAt === undefined || fixed) return false
    return isRenewalDue(now, { createdAt, expiresAt }, lifetime)
  }

  function destroy(
    control: SessionControl,
    attributes: CookieAttributes = {},
  ): MaybePromise<string> {
    const { owner } = control.record
    const record = owned(control.record)
    const finish = (): MaybePromise<string> => {
      control.destroyed = true
      // A session of another storage is still to be deleted there.
      control.settled = owner === place || owner === undefined
      return clearCookie(attributes)
    }
    const removal = ask(() => backend.remove(record))
    return removal instanceof Promise ? removal.then(finish, fail) : finish()
  }

  function clearCookie(attributes: CookieAttributes = {}): MaybePromise<string> {
    return cookie.serialize('', { ...attributes, maxAge: 0, expires: new Date(0) })
  }

  return {
    cookie,
    ready: () => codec.ready(),
    open,
    commit,
    destroy,
    clearCookie,
    isRenewalDue: isDue,
    mergesWithOthers: ({ id }) => backend.kind === 'id' && id !== '',
  }
}

function newRecord(): SessionRecord {
  return unstoredRecord('new')
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** Names the failure of a back end that has not come to a promise yet; that of a promise is left to {@link fail}. */
function ask<T>(question: () => T): T {
  try {
    return question()
  } catch (error) {
    return fail(error)
  }
}

/** Names the failure of a back end, and keeps its cause. */
function fail(cause: unknown): never {
  if (cause instanceof SessionError) throw cause
  throw new SessionError(
    'ERR_SESSION_STORAGE',
    `The session storage could not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}

function tryDecode(value: string, decode: (value: string) => string): string[] {
  try {
    return [decode(value)]
  } catch {
    return []
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
