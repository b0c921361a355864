/** Why a cookie is worth nothing; stable across releases, unlike the message. */
type RefusalReason =
  | 'name'
  | 'cleared'
  | 'malformed'
  | 'no-secret'
  | 'unknown-secret'
  | 'tampered'
  | 'invalid'
  | 'expired'

export class Refusal {
  readonly reason: RefusalReason
  /** A sentence for people. May quote what the client has sent, so it is escaped where it is printed. */
  readonly message: string

  constructor(reason: RefusalReason, message: string) {
    this.reason = reason
    this.message = message
  }
}
