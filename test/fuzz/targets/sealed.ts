import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'

import { createSealedCodec } from '../../../src/token/sealed.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from '../../../src/token/token.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import type { FuzzTarget } from '../target.ts'
import { countingNonces, fromHeader, toHeader, toText } from '../text.ts'

const CONTEXTS: readonly TokenContext[] = [
  { kind: 'cookie', name: '__session' },
  { kind: 'id', name: '__session' },
  { kind: 'cookie', name: 'other' },
]
/** The last makes a token of more than 200 letters, which Buffer decodes. */
const BODIES = [
  '',
  '{}',
  '[{"cart":["tea"]},"ada",1700000000000]',
  JSON.stringify({ a: 'b'.repeat(150) }),
]

/** The corpus has tokens of earlier bodies. With the same secrets, a mutation that repairs one of them would open it. */
const SECRETS = [SECRET, OLD_SECRET].map((secret) => `${secret} ${JSON.stringify(BODIES)}`)

interface Subject {
  readonly codec: TokenCodec
  /** Everything that was sealed for this context, by its text. */
  readonly sealed: Map<string, Token>
}

const subjects: readonly Subject[] = await Promise.all(CONTEXTS.map(createSubject))

async function createSubject(context: TokenContext): Promise<Subject> {
  const codec = createSealedCodec(SECRETS, context, countingNonces())
  const older = createSealedCodec(SECRETS.slice(1), context, countingNonces())
  await Promise.all([codec.ready(), older.ready()])
  const sealed = new Map<string, Token>()
  for (const [index, body] of BODIES.entries()) {
    const times = timesFrom(Uint8Array.of(index, 1, 2, 3, 4, 5, 6))
    sealed.set(codec.seal(body, times) as string, { body, times, stale: false })
    sealed.set(older.seal(body, times) as string, { body, times, stale: true })
  }
  return { codec, sealed }
}

/** Times and flags from the first 19 bytes of an input. */
function timesFrom(data: Uint8Array): TokenTimes {
  const bytes = Buffer.alloc(19)
  bytes.set(data.subarray(0, bytes.length))
  return {
    createdAt: bytes.readUIntBE(0, 6),
    issuedAt: bytes.readUIntBE(6, 6),
    expiresAt: bytes.readUIntBE(12, 6),
    fixed: bytes.readUInt8(18) % 2 === 1,
    transient: bytes.readUInt8(18) % 4 > 1,
  }
}

/** Nothing opens but what was sealed for this cookie and this kind of storage, and then it is what was sealed. */
export const target: FuzzTarget = {
  async fuzz(data) {
    const text = toHeader(data)
    for (const { codec, sealed } of subjects) {
      assert.deepEqual(codec.open(text), sealed.get(text) ?? null)
      codec.peek(text)
    }
    assertRoundTrip(data)
  },
  seeds: async () => subjects.flatMap(({ sealed }) => [...sealed.keys()].map(fromHeader)),
}

/** Takes the input for a body, seals it, and changes one letter of the token. */
function assertRoundTrip(data: Uint8Array): void {
  const [{ codec }, ...others] = subjects as [Subject, ...Subject[]]
  const body = toText(data)
  const times = timesFrom(data)
  const token = codec.seal(body, times) as string
  assert.match(token, /^[\w-]+$/)
  assert.deepEqual(codec.open(token), { body, times, stale: false })
  assert.deepEqual(codec.peek(token), { times, stale: false })
  for (const other of others) assert.equal(other.codec.open(token), null)
  const at = ((data[0] ?? 0) * 256 + (data[1] ?? 0)) % token.length
  const letter = token[at] === 'A' ? 'B' : 'A'
  assert.equal(codec.open(token.slice(0, at) + letter + token.slice(at + 1)), null)
}
