import { createHmac } from 'node:crypto'

import { createSealedCodec } from '../../src/token/sealed.ts'
import { acceptingSigned, createSignedCodec } from '../../src/token/signed.ts'
import type { TokenContext } from '../../src/token/token.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const CONTEXT: TokenContext = { kind: 'cookie', name: '__session' }
const TIMES = { createdAt: 1, issuedAt: 2, expiresAt: 3, fixed: false, transient: false }
const SECRETS = [SECRET, OLD_SECRET]

const signed = createSignedCodec(SECRETS, CONTEXT)
const ids = createSignedCodec(SECRETS, { ...CONTEXT, kind: 'id' })
const sealed = createSealedCodec(SECRETS, CONTEXT)
const both = acceptingSigned(sealed, signed)
await Promise.all([both.ready(), ids.ready()])

function sign(text: string, secret = SECRET): string {
  const signature = createHmac('sha256', secret).update(text).digest('base64')
  return `${text}.${signature.replaceAll('=', '')}`
}

describe('createSignedCodec', () => {
  it('tells which secret has signed: all but the newest are stale', async () => {
    const token = { body: '{}', times: undefined, stale: false }
    expect(await signed.open(sign(btoa('{}')))).toEqual(token)
    expect(await signed.open(sign(btoa('{}'), OLD_SECRET))).toEqual({ ...token, stale: true })
  })

  it.each([
    '',
    '.',
    'a',
    'a.',
    '.a',
    'a.!',
    'a.=',
    '%',
    '%.a',
    '%E0%A4.%',
    'é.é',
    sign(''),
    sign('!'),
  ])('gives null for %j, and throws nothing', async (value) => {
    expect(await Promise.all([signed.open(value), ids.open(value)])).toEqual([null, null])
  })

  it('takes time to open, and knows no times', () => {
    const value = sign(btoa('{}'))
    expect([signed.opensAtOnce(value), signed.peek(value)]).toEqual([false, null])
  })
})

describe('acceptingSigned', () => {
  it('calls every signed token stale, since the next response seals it', async () => {
    const value = sign(btoa('{}'))
    expect(await both.open(value)).toEqual({ body: '{}', times: undefined, stale: true })
    expect([both.opensAtOnce(value), both.peek(value)]).toEqual([false, null])
  })

  it('opens sealed tokens as before', () => {
    const value = both.seal('{}', TIMES) as string
    expect(both.open(value)).toEqual({ body: '{}', times: TIMES, stale: false })
    expect(both.opensAtOnce(value)).toBe(true)
    expect(both.peek(value)).toEqual({ times: TIMES, stale: false })
  })
})
