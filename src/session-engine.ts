import { SessionError } from './errors.ts'
import { endOf, isExpired, isRenewalDue } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import { chain } from './maybe-promise.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { readCookieValues } from './cookie-header.ts'
import type { SessionCookie } from './session-cookie.ts'
import { MAX_COOKIE_BYTES } from './set-cookie.ts'
import type { CookieAttributes } from './set-cookie.ts'
import { SessionControl, unstoredRecord } from './session-control.ts'
import type { SessionOrigin, SessionRecord } from './session-control.ts'
import { SessionValues } from './session-values.ts'
import { attributesFor, nextTimes } from './commit-times.ts'
import type { CommitOptions } from './commit-times.ts'
import type { Token, TokenTimes } from './token.ts'
import type { ValueSchema } from './value-schema.ts'

/** What a back end found for the body of a token. */
export interface LoadedSession {
  readonly id: string
  readonly values: ReadonlyMap<string, unknown>
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
  open(
    header: string | null | undefined,
    decode?: (value: string) => string,
  ): MaybePromise<SessionControl>
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

interface Refusal {
  readonly origin: SessionOrigin
  readonly endedAt: number | undefined
}

/** Where several cookies came and none was good, the reason that tells the most. */
const REASONS: readonly SessionOrigin[] = ['expired', 'unknown', 'invalid', 'tampered']

function refusedRecord(refusals: readonly Refusal[]): SessionRecord {
  const origin = REASONS.find((reason) => refusals.some((one) => one.origin === reason))
  const { endedAt } = refusals.findLast((one) => one.origin === origin) ?? {}
  return unstoredRecord(origin ?? 'tampered', undefined, endedAt)
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

  function open(
    header: string | null | undefined,
    decode?: (value: string) => string,
  ): MaybePromise<SessionControl> {
    const sent = readCookieValues(header, cookie.name)
    if (sent.length === 0) return withSchema(new SessionControl(newRecord, true))
    const values = decode === undefined ? sent : sent.flatMap((value) => tryDecode(value, decode))
    const now = Date.now()
    // A schema may answer later, which shows only when it is asked.
    const isWaiting = !backend.immediate || schema !== undefined
    const immediate = !isWaiting && values.every((value) => codec.opensAtOnce(value))
    const control = new SessionControl(
      () => resume(values, now),
      immediate,
      (rolling) => values.some((value) => claimsRenewal(value, now, rolling)),
    )
    return chain(codec.ready(), () => withSchema(control))
  }

  function withSchema(control: SessionControl): SessionControl {
    control.schema = schema
    return control
  }

  function resume(values: readonly string[], now: number): MaybePromise<SessionRecord> {
    const refusals: Refusal[] = []
    let lookups = 0

    function tryFrom(first: number): MaybePromise<SessionRecord> {
      // A loop, because a client chooses how many there are, and recursion would run out of stack.
      for (let i = first; i < values.length && lookups < MAX_LOOKUPS; i++) {
        const found = tryOne(values[i] ?? '')
        if (found instanceof Promise) return found.then((record) => record ?? tryFrom(i + 1))
        if (found !== null) return found
      }
      return refusedRecord(refusals)
    }

    function tryOne(value: string): MaybePromise<SessionRecord | null> {
      return chain(codec.open(value), (token) => {
        const origin = token === null ? 'tampered' : expiryRefusal(token.times, now)
        if (token === null || origin !== undefined) return refuse(origin ?? 'tampered', token)
        lookups++
        return chain(load(token, now), (found) =>
          typeof found === 'string' ? refuse(found, token) : found,
        )
      })
    }

    function refuse(origin: SessionOrigin, token: Token | null): null {
      const times = origin === 'expired' ? token?.times : undefined
      refusals.push({ origin, endedAt: times && endOf(times, lifetime) })
      return null
    }

    return tryFrom(0)
  }

  function load(token: Token, now: number): MaybePromise<SessionRecord | SessionOrigin> {
    return chain(
      asking(() => backend.load(token.body)),
      (loaded) => {
        if (typeof loaded === 'string') return loaded
        const record = recordOf(token, loaded)
        const limit = (record.createdAt ?? now) + (lifetime.absolute ?? Infinity)
        if (now >= Math.min(record.expiresAt ?? Infinity, limit)) return 'expired'
        return schema === undefined ? record : accepted(record, schema)
      },
    )
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

  function accepted(
    record: SessionRecord,
    by: ValueSchema,
  ): MaybePromise<SessionRecord | SessionOrigin> {
    return chain(by.accept(record.values.all), (valid) => {
      if (valid === null) return 'invalid'
      const values = new SessionValues(valid.values)
      return { ...record, values, stale: record.stale || valid.migrated }
    })
  }

  function expiryRefusal(times: TokenTimes | undefined, now: number): 'expired' | undefined {
    return times !== undefined && isExpired(now, times, lifetime) ? 'expired' : undefined
  }

  function claimsRenewal(value: string, now: number, rolling: boolean): boolean {
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
    return chain(codec.ready(), () =>
      chain(
        asking(() => backend.save(record, saving)),
        (saved) => {
          if (saved === null) return null
          if (saved === 'later') return undefined
          const settled = { ...record, ...times, id: saved.id, stored: saved.stored }
          const settle = (): void =>
            control.settle({ ...settled, stale: false, owner: place }, saving.regenerate)
          if (!issues) {
            settle()
            return undefined
          }
          return chain(codec.seal(saved.body, times), (token) =>
            chain(cookie.serialize(token, attributesFor(times, options, cookie)), (text) => {
              assertSize(text, record.values)
              settle()
              return text
            }),
          )
        },
      ),
    )
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
    return chain(
      asking(() => backend.remove(record)),
      () => {
        control.destroyed = true
        // A session of another storage is still to be deleted there.
        control.settled = owner === place || owner === undefined
        return clearCookie(attributes)
      },
    )
  }

  function clearCookie(attributes: CookieAttributes = {}): MaybePromise<string> {
    return cookie.serialize('', { ...attributes, maxAge: 0, expires: new Date(0) })
  }

  return {
    cookie,
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

/** Names the failure of a back end, and keeps its cause. */
function asking<T>(ask: () => MaybePromise<T>): MaybePromise<T> {
  try {
    const answer = ask()
    return answer instanceof Promise ? answer.catch(fail) : answer
  } catch (error) {
    return fail(error)
  }
}

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
