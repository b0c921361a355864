import { SessionError } from '../util/errors.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { createSealedCodec } from '../token/sealed.ts'

/** Encodes records for the store. */
export interface RecordCodec {
  encode(key: string, record: string): MaybePromise<string>
  /** The record, or null if it does not authenticate under this key. */
  decode(key: string, data: string): MaybePromise<DecodedRecord | null>
}

interface DecodedRecord {
  readonly text: string
  /** It should be sealed again: an older secret sealed it, or none yet. */
  readonly stale: boolean
}

/** Marks a sealed record; JSON never starts with it. */
const SEALED = 'sealed:'

/**
 * Seals records with the cookie's secrets, for `encryptAtRest`. The key is authenticated with the record, so a record that
 * was copied to another row is refused.
 *
 * @param acceptPlain plain records from before `encryptAtRest` are read, and the next response seals them
 * @throws SessionError `ERR_SESSION_CONFIG` without secrets
 */
export function createRecordCodec(secrets: readonly string[], acceptPlain: boolean): RecordCodec {
  if (secrets.length === 0) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      '`encryptAtRest` needs secrets: set SESSION_SECRET, or give `cookie` options with `secrets` in place of a Cookie object.',
    )
  }
  async function codecOf(key: string): Promise<ReturnType<typeof createSealedCodec>> {
    const codec = createSealedCodec(secrets, { kind: 'record', name: key })
    await codec.ready()
    return codec
  }
  return {
    async encode(key, record) {
      const codec = await codecOf(key)
      return SEALED + (await codec.seal(record, NO_TIMES))
    },
    async decode(key, data) {
      if (!data.startsWith(SEALED)) return acceptPlain ? { text: data, stale: true } : null
      const token = await (await codecOf(key)).open(data.slice(SEALED.length))
      return token && { text: token.body, stale: token.stale }
    },
  }
}

/** The store keeps the expiry, so a renewal need not seal the record again. */
const NO_TIMES = { createdAt: 0, issuedAt: 0, expiresAt: 0, fixed: false, transient: false }
