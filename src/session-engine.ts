import { SessionError } from './errors.ts'
import { isExpired, isRenewalDue } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import { chain } from './maybe-promise.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { MAX_COOKIE_BYTES, readCookieValues } from './session-cookie.ts'
import type { CookieAttributes, SessionCookie } from './session-cookie.ts'
import { SessionControl, unstoredRecord } from './session-control.ts'
import type { SessionOrigin, SessionRecord } from './session-control.ts'
import { SessionValues } from './session-values.ts'
import { attributesFor, nextTimes } from './commit-times.ts'
import type { CommitOptions } from './commit-times.ts'
import type { Token, TokenTimes } from './token.ts'

/** What a back end found for the body of a token. */
export interface LoadedSession {
  readonly id: string
  readonly values: ReadonlyMap<string, unknown>
  /** Where the back end keeps it itself; else the token's counts. */
  readonly createdAt?: number
  readonly stored?: unknown
}

/** What a back end has written. */
export interface SavedSession {
  /** What the token has to say from now on. */
  readonly body: string
  readonly id: string
  readonly stored?: unknown
}

/** Where the values of sessions are kept: in the cookie itself, or under an id. */
export interface SessionBackend {
  readonly kind: 'cookie' | 'id'
  /** Whether {@link load} answers without a promise. */
  readonly immediate: boolean
  /** What the body of an authentic token stands for, or why it stands for nothing. */
  load(body: string): MaybePromise<LoadedSession | 'unknown' | 'invalid'>
  /** Writes the values; null where the record was deleted while the request was under way. */
  save(
    record: SessionRecord,
    options: { regenerate: boolean; createdAt: number; expiresAt: number },
  ): MaybePromise<SavedSession | null>
  remove(record: SessionRecord): MaybePromise<void>
}

export interface SessionEngine {
  readonly cookie: SessionCookie
  readonly lifetime: Lifetime
  open(
    header: string | null | undefined,
    now: number,
    decode?: (value: string) => string,
  ): MaybePromise<SessionControl>
  /** Writes the session. Gives the Set-Cookie text, or undefined where the browser's cookie is still right. */
  commit(control: SessionControl, options: CommitOptions): MaybePromise<string | undefined>
  /** Deletes the session. Gives the Set-Cookie text that clears the cookie. */
  destroy(control: SessionControl, attributes?: CookieAttributes): MaybePromise<string>
  clearCookie(attributes?: CookieAttributes): MaybePromise<string>
  isRenewalDue(record: SessionRecord, now: number): boolean
}

/** A client chooses how many cookies it sends: this many authentic ones are looked up for it, no more. */
const MAX_LOOKUPS = 4

/** Where several cookies came and none was good, the reason that tells the most. */
const REASONS: readonly SessionOrigin[] = ['expired', 'unknown', 'invalid', 'tampered']

/** Ties a back end to a cookie: tokens in and out, lifetimes, and which cookie of many counts. */
export function createSessionEngine(
  backend: SessionBackend,
  cookie: SessionCookie,
  lifetime: Lifetime,
): SessionEngine {
  const { codec } = cookie

  function open(
    header: string | null | undefined,
    now: number,
    decode?: (value: string) => string,
  ): MaybePromise<SessionControl> {
    const sent = readCookieValues(header, cookie.name)
    if (sent.length === 0) return new SessionControl(() => unstoredRecord('new'), true)
    const values = decode === undefined ? sent : sent.flatMap((value) => tryDecode(value, decode))
    const immediate = backend.immediate && values.every((value) => codec.opensAtOnce(value))
    const control = new SessionControl(
      () => resume(values, now),
      immediate,
      () => values.some((value) => claimsRenewal(value, now)),
    )
    return chain(codec.ready(), () => control)
  }

  function resume(values: readonly string[], now: number): MaybePromise<SessionRecord> {
    const reasons = new Set<SessionOrigin>()
    let lookups = 0

    function tryFrom(index: number): MaybePromise<SessionRecord> {
      const value = values[index]
      if (value === undefined || lookups >= MAX_LOOKUPS) {
        return unstoredRecord(REASONS.find((reason) => reasons.has(reason)) ?? 'tampered')
      }
      return chain(codec.open(value), (token) => {
        const refusal = token === null ? 'tampered' : expiryRefusal(token.times, now)
        if (token === null || refusal !== undefined) {
          reasons.add(refusal ?? 'tampered')
          return tryFrom(index + 1)
        }
        lookups++
        return chain(load(token, now), (found) => {
          if (typeof found !== 'string') return found
          reasons.add(found)
          return tryFrom(index + 1)
        })
      })
    }

    return tryFrom(0)
  }

  function load(token: Token, now: number): MaybePromise<SessionRecord | SessionOrigin> {
    return chain(
      asking(() => backend.load(token.body)),
      (loaded) => {
        if (typeof loaded === 'string') return loaded
        const createdAt = loaded.createdAt ?? token.times?.createdAt
        const { absolute } = lifetime
        if (createdAt !== undefined && absolute !== undefined && now >= createdAt + absolute) {
          return 'expired'
        }
        return {
          origin: 'resumed',
          id: loaded.id,
          values: new SessionValues(loaded.values),
          createdAt,
          expiresAt: token.times?.expiresAt,
          fixed: token.times?.fixed ?? false,
          transient: token.times?.transient ?? false,
          stale: token.stale,
          stored: loaded.stored,
          owner: backend,
        }
      },
    )
  }

  function expiryRefusal(times: TokenTimes | undefined, now: number): 'expired' | undefined {
    return times !== undefined && isExpired(now, times, lifetime) ? 'expired' : undefined
  }

  function claimsRenewal(value: string, now: number): boolean {
    const claim = codec.peek(value)
    if (claim === null) return !codec.opensAtOnce(value)
    return claim.stale || (!claim.times.fixed && isRenewalDue(now, claim.times, lifetime))
  }

  function commit(
    control: SessionControl,
    options: CommitOptions,
  ): MaybePromise<string | undefined> {
    const record = owned(control.record)
    const issues =
      backend.kind === 'cookie' ||
      record.id === '' ||
      control.regenerated ||
      record.stale ||
      options.renew === 'always' ||
      (options.renew === 'due' && isDue(record, options.now))
    const times = nextTimes(record, options, issues, { lifetime, expires: cookie.expires })
    const { createdAt, expiresAt } = times
    const saving = { regenerate: control.regenerated, createdAt, expiresAt }
    return chain(codec.ready(), () =>
      chain(
        asking(() => backend.save(record, saving)),
        (saved) => {
          if (saved === null) return undefined
          if (!issues) {
            settle(control, record, saved, times)
            return undefined
          }
          return chain(codec.seal(saved.body, times), (token) =>
            chain(cookie.serialize(token, attributesFor(times, options, cookie)), (text) => {
              assertSize(text, record.values)
              settle(control, record, saved, times)
              return text
            }),
          )
        },
      ),
    )
  }

  /** A session that another storage made has nothing here to be compared with or replaced. */
  function owned(record: SessionRecord): SessionRecord {
    if (record.owner === backend) return record
    return { ...record, stored: undefined, id: record.owner === undefined ? record.id : '' }
  }

  function isDue(record: SessionRecord, now: number): boolean {
    const { createdAt, expiresAt, fixed } = record
    if (createdAt === undefined || expiresAt === undefined || fixed) return false
    return isRenewalDue(now, { createdAt, expiresAt }, lifetime)
  }

  function settle(
    control: SessionControl,
    record: SessionRecord,
    saved: SavedSession,
    times: TokenTimes,
  ): void {
    const { id, stored } = saved
    control.settle({ ...record, ...times, id, stored, stale: false, owner: backend })
  }

  function destroy(
    control: SessionControl,
    attributes: CookieAttributes = {},
  ): MaybePromise<string> {
    const record = owned(control.record)
    return chain(
      asking(() => backend.remove(record)),
      () => {
        control.destroyed = true
        control.settled = true
        return clearCookie(attributes)
      },
    )
  }

  function clearCookie(attributes: CookieAttributes = {}): MaybePromise<string> {
    return cookie.serialize('', { ...attributes, maxAge: 0, expires: new Date(0) })
  }

  return { cookie, lifetime, open, commit, destroy, clearCookie, isRenewalDue: isDue }
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
