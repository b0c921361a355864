/** Why a cookie is refused; stable across releases, unlike the message. */
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
  /** A sentence for people. It may quote input of the client, so escape it before printing. */
  readonly message: string

  constructor(reason: RefusalReason, message: string) {
    this.reason = reason
    this.message = message
  }
}
