import { SessionError } from './errors.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { SessionValues } from './session-values.ts'
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

/** The side of a session that storages and the request lifecycle see. */
export class SessionControl {
  #record: SessionRecord | undefined
  readonly #load: () => MaybePromise<SessionRecord>
  /** True where {@link load} answers at once, so that the first touch can open the session. */
  readonly immediate: boolean
  /** Whether the unauthenticated times of the token ask for a renewal. Reading costs no decryption. */
  readonly claimsRenewal: (rolling: boolean) => boolean

  touched = false
  regenerated = false
  destroyed = false
  closed = false
  /** A storage has written it since it was opened. */
  committed = false
  /** Destroyed, and the back end knows it. */
  settled = false
  /** What values must be, where the storage has a schema. */
  schema: ValueSchema | undefined
  /** A request that only prefetches must leave flash messages for the visit itself. */
  keepsFlash: () => boolean = () => false

  constructor(
    load: () => MaybePromise<SessionRecord>,
    immediate: boolean,
    claimsRenewal: (rolling: boolean) => boolean = () => false,
  ) {
    this.#load = load
    this.immediate = immediate
    this.claimsRenewal = claimsRenewal
  }

  get isOpen(): boolean {
    return this.#record !== undefined
  }

  get changed(): boolean {
    return this.destroyed || this.regenerated || this.#record?.values.changed === true
  }

  open(): MaybePromise<SessionRecord> {
    if (this.#record !== undefined) return this.#record
    const record = this.#load()
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
  values: ReadonlyMap<string, unknown> = new Map(),
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
