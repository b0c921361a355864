import { SessionError } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { isPrefetch } from '../util/request-traits.ts'
import type { RequestTraits } from '../util/request-traits.ts'
import { SessionValues } from './session-values.ts'
import type { StoredValues } from './session-values.ts'
import type { ValueSchema } from './value-schema.ts'

/**
 * Why a session is as it is: `new` (no cookie came), `resumed`, or the reason that an offered cookie
 * was refused: `tampered` (it does not authenticate), `expired`, `unknown` (the store has no such
 * record), `invalid` (authentic, but not a session).
 *
 * @example
 * import type { Session, SessionOrigin } from 'fetch-sessions'
 *
 * const notices: Partial<Record<SessionOrigin, string>> = {
 *   expired: 'You were signed out after a while without a visit.',
 *   unknown: 'You were signed out.',
 * }
 *
 * export const noticeFor = (session: Session): string | undefined => notices[session.origin]
 */
export type SessionOrigin = 'new' | 'resumed' | 'tampered' | 'expired' | 'unknown' | 'invalid'

/** A session as a storage knows it. Moments are in milliseconds since 1970. */
export interface SessionRecord {
  readonly origin: SessionOrigin
  readonly id: string
  readonly values: SessionValues
  readonly createdAt: number | undefined
  readonly expiresAt: number | undefined
  /** When the session ended for which an `expired` cookie stood. */
  readonly endedAt?: number | undefined
  /** The expiry was chosen by hand in `commitSession` and is not moved by renewals. */
  readonly fixed: boolean
  /** The cookie goes when the browser is closed, chosen by hand in `commitSession`. */
  readonly transient: boolean
  /** The token should be sealed anew: by an older secret, or in a form that is being left. */
  readonly stale: boolean
  /** The back end's own note on the record, such as its version; `undefined` where none is stored. */
  readonly stored: unknown
  /** Which storages hold it, by kind and cookie name; `undefined` where none does. */
  readonly owner: string | undefined
}

/** What opens the sessions of a storage. One serves all requests, so that each makes no functions of its own. */
export interface SessionSource {
  /** What session values must be, where the storage has a schema. */
  readonly schema: ValueSchema | undefined
  /** The session that the offered cookie values stand for; a new one where none is offered. */
  resume(offered: readonly string[], now: number): MaybePromise<SessionRecord>
  /** Whether the unauthenticated times of the tokens ask for a renewal. Reading costs no decryption. */
  claimsRenewal(offered: readonly string[], now: number, rolling: boolean): boolean
}

/** The side of a session that storages and the request lifecycle see. */
export class SessionControl {
  #record: SessionRecord | undefined
  readonly #source: SessionSource
  readonly #offered: readonly string[]
  readonly #now: number
  /** True where the source answers at once, so that the first touch can open the session. */
  readonly immediate: boolean

  touched = false
  regenerated = false
  destroyed = false
  closed = false
  /** A storage has written it since it was opened. */
  committed = false
  /** Destroyed, and the back end knows it. */
  settled = false
  /** The request that it belongs to, where a middleware has opened it. */
  request: RequestTraits | undefined = undefined

  /**
   * @param offered the cookie values that came
   * @param now when they came, in milliseconds since 1970
   */
  constructor(source: SessionSource, offered: readonly string[], now: number, immediate: boolean) {
    this.#source = source
    this.#offered = offered
    this.#now = now
    this.immediate = immediate
  }

  get schema(): ValueSchema | undefined {
    return this.#source.schema
  }

  /** A request that only prefetches must leave flash messages for the visit itself. */
  get keepsFlash(): boolean {
    return this.request !== undefined && isPrefetch(this.request)
  }

  claimsRenewal(rolling: boolean): boolean {
    const offered = this.#offered
    return offered.length > 0 && this.#source.claimsRenewal(offered, this.#now, rolling)
  }

  get isOpen(): boolean {
    return this.#record !== undefined
  }

  get changed(): boolean {
    return this.destroyed || this.regenerated || this.#record?.values.changed === true
  }

  open(): MaybePromise<SessionRecord> {
    if (this.#record !== undefined) return this.#record
    const record = this.#source.resume(this.#offered, this.#now)
    if (record instanceof Promise) return record.then((loaded) => (this.#record ??= loaded))
    return (this.#record = record)
  }

  /** The record, opened on first touch. */
  get record(): SessionRecord {
    if (this.#record === undefined && this.immediate) void this.open()
    if (this.#record === undefined) {
      throw new SessionError(
        'ERR_SESSION_CONFIG',
        'This session is loaded on demand (`lazy: true`): write `await session.load()` before using it.',
      )
    }
    return this.#record
  }

  /** The session was stored as `record` says, under a new id where `regenerated` is set. */
  settle(record: SessionRecord, regenerated: boolean): void {
    record.values.settle()
    this.#record = record
    this.committed = true
    if (regenerated) this.regenerated = false
  }
}

/** A record of which nothing is stored yet. */
export function unstoredRecord(
  origin: SessionOrigin,
  values?: StoredValues,
  endedAt?: number,
): SessionRecord {
  return {
    endedAt,
    origin,
    id: '',
    values: new SessionValues(values),
    createdAt: undefined,
    expiresAt: undefined,
    fixed: false,
    transient: false,
    stale: false,
    stored: undefined,
    owner: undefined,
  }
}
