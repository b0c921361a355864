import { Buffer } from 'node:buffer'
import { createDecipheriv, getCiphers, hkdfSync } from 'node:crypto'

import { hchacha, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { createSealedCodec } from '../../src/token/sealed.ts'
import type { Token, TokenCodec, TokenContext, TokenTimes } from '../../src/token/token.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import vectors from '../vectors/sealed-tokens.json' with { type: 'json' }
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

const CONTEXT: TokenContext = { kind: 'cookie', name: '__session' }
const TIMES: TokenTimes = {
  createdAt: 1000,
  issuedAt: 1500,
  expiresAt: 2000,
  fixed: false,
  transient: false,
}
const CIPHER = 'chacha20-poly1305'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

async function codecFor(secrets: string[], context: TokenContext = CONTEXT): Promise<TokenCodec> {
  const codec = createSealedCodec(secrets, context)
  await codec.ready()
  return codec
}

describe.each(vectors)('the sealed token of $description', (vector) => {
  const context = { kind: vector.kind as TokenContext['kind'], name: vector.cookieName }

  it('opens to its body and times', async () => {
    const codec = await codecFor([vector.secret], context)
    const { body, times } = vector
    expect(codec.open(vector.token)).toEqual({ body, times, stale: false })
    expect(codec.peek(vector.token)).toEqual({ times, stale: false })
  })

  it('is sealed to the same text under the same nonce', async () => {
    const codec = createSealedCodec([vector.secret], context, (nonce) =>
      nonce.set(Buffer.from(vector.nonce, 'hex')),
    )
    await codec.ready()
    expect(codec.seal(vector.body, vector.times)).toBe(vector.token)
  })

  const bytes = Buffer.from(vector.token, 'base64url')
  const derived = Buffer.from(hkdfSync('sha256', vector.secret, '', 'fetch-sessions v1', 36))

  it('has the header that the format says', () => {
    expect(bytes.subarray(2, 6)).toEqual(derived.subarray(32))
    expect(bytes.readUIntBE(6, 6)).toBe(vector.times.createdAt)
    expect(bytes.readUIntBE(12, 6)).toBe(vector.times.issuedAt)
    expect(bytes.readUIntBE(18, 6)).toBe(vector.times.expiresAt)
  })

  if (getCiphers().includes(CIPHER)) {
    it('is decrypted by other code', () => {
      expect(decryptWithNode(derived.subarray(0, 32), bytes, context)).toBe(vector.body)
    })
  } else {
    it('meets no other code on Bun, whose node:crypto lacks the cipher', () => {
      expect('Bun' in globalThis).toBe(true)
      expect(() => decryptWithNode(derived.subarray(0, 32), bytes, context)).toThrow(
        'Unknown cipher',
      )
    })
  }
})

describe('createSealedCodec', () => {
  it('gives back every body and every time', async () => {
    const codec = await codecFor([SECRET])
    const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 })
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.record({
          createdAt: moment,
          issuedAt: moment,
          expiresAt: moment,
          fixed: fc.boolean(),
          transient: fc.boolean(),
        }),
        (body, times) => {
          const token = codec.seal(body, times) as string
          expect(codec.open(token)).toEqual({ body, times, stale: false })
        },
      ),
    )
  })

  it('never opens a token of which one character was changed, added or left out', async () => {
    const codec = await codecFor([SECRET, OLD_SECRET])
    for (const body of ['{}', '{"a":1}', '{"user":"ada"}']) {
      const token = codec.seal(body, TIMES) as string
      for (let i = 0; i <= token.length; i++) {
        const [before, after] = [token.slice(0, i), token.slice(i + 1)]
        for (const char of [...ALPHABET, '=', '+', '/', '.', ' ', '%', '\0', 'é']) {
          if (char !== token[i]) expect(codec.open(before + char + after)).toBeNull()
          expect(codec.open(before + char + token.slice(i))).toBeNull()
        }
        if (i === token.length) continue
        expect(codec.open(before)).toBeNull()
        expect(codec.open(before + after)).toBeNull()
      }
    }
  }, 120_000)

  it('never throws on any text', async () => {
    const codec = await codecFor([SECRET])
    const text = fc.oneof(fc.string(), fc.stringMatching(/^AQ[\w-]{0,200}$/))
    fc.assert(
      fc.property(text, (value) => {
        expect(codec.open(value)).toBeNull()
        expect(() => codec.peek(value)).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses a token of another cookie, another kind of storage, and another secret', async () => {
    const token = (await codecFor([SECRET])).seal('{}', TIMES) as string
    const others = [
      codecFor([SECRET], { ...CONTEXT, name: 'other' }),
      codecFor([SECRET], { ...CONTEXT, kind: 'id' }),
      codecFor([OLD_SECRET]),
    ]
    for (const codec of await Promise.all(others)) expect(codec.open(token)).toBeNull()
  })

  it('seals with the newest secret and opens with all, telling which is stale', async () => {
    const old = await codecFor([OLD_SECRET])
    const rotated = await codecFor([SECRET, OLD_SECRET])
    const token = old.seal('{}', TIMES) as string
    expect((rotated.open(token) as Token).stale).toBe(true)
    expect(rotated.peek(token)?.stale).toBe(true)
    const renewed = rotated.seal('{}', TIMES) as string
    expect((rotated.open(renewed) as Token).stale).toBe(false)
    expect(old.open(renewed)).toBeNull()
  })

  it('seals the same body to another token each time', async () => {
    const codec = await codecFor([SECRET])
    const tokens = Array.from({ length: 100 }, () => codec.seal('{}', TIMES))
    expect(new Set(tokens).size).toBe(100)
  })

  it('refuses what authenticates, but is of another version, another hint or no text', async () => {
    const codec = await codecFor([SECRET, OLD_SECRET])
    const older = Buffer.from(
      (await codecFor([OLD_SECRET])).seal('{}', TIMES) as string,
      'base64url',
    )
    const resealed = (change: (header: Buffer) => void, body = Buffer.from('{}')): string => {
      const header = Buffer.from(codec.seal('{}', TIMES) as string, 'base64url').subarray(0, 24)
      change(header)
      const nonce = new Uint8Array(24)
      const key = new Uint8Array(hkdfSync('sha256', SECRET, '', 'fetch-sessions v1', 32))
      const aad = Buffer.concat([header, Buffer.from('cookie:__session')])
      const sealed = xchacha20poly1305(key, nonce, aad).encrypt(body)
      return Buffer.concat([header, nonce, sealed]).toString('base64url')
    }
    expect(codec.open(resealed(() => {}))).toMatchObject({ body: '{}' })
    const version2 = resealed((header) => header.writeUInt8(2))
    expect([codec.open(version2), codec.peek(version2)]).toEqual([null, null])
    expect(codec.open(resealed((header) => older.copy(header, 2, 2, 6)))).toBeNull()
    expect(codec.open(resealed(() => {}, Buffer.of(0xff)))).toBeNull()
  })

  it('keeps the keys of many secrets, but of no more than 64', async () => {
    const derive = vi.spyOn(crypto.subtle, 'deriveBits')
    const secrets = Array.from({ length: 65 }, (_, i) => `secret ${i} of ${Math.random()}`)
    const inTurn = async (some: string[]): Promise<void> => {
      for (const secret of some) await codecFor([secret])
    }
    await inTurn(secrets.slice(0, 64))
    await inTurn(secrets.slice(0, 64))
    expect(derive).toHaveBeenCalledTimes(64)
    await inTurn(secrets.slice(64))
    await inTurn(secrets.slice(0, 1)) // the oldest has gone
    expect(derive).toHaveBeenCalledTimes(66)
  })

  it('opens without a promise, and peeks before it has keys', async () => {
    const codec = await codecFor([SECRET])
    const token = codec.seal('{}', TIMES) as string
    expect(codec.opensAtOnce(token)).toBe(true)
    expect(createSealedCodec([], CONTEXT).peek(token)).toEqual({ times: TIMES, stale: true })
  })

  it('seals nothing before it is ready', () => {
    const codec = createSealedCodec([SECRET], CONTEXT)
    expect(() => codec.seal('{}', TIMES)).toThrow('before ready()')
  })

  it('derives no key when it is made, and each once', async () => {
    const derive = vi.spyOn(crypto.subtle, 'deriveBits')
    const secret = `a secret that no other test has ${Math.random()}`
    const codecs = [createSealedCodec([secret], CONTEXT), createSealedCodec([secret], CONTEXT)]
    expect(derive).not.toHaveBeenCalled()
    for (const codec of codecs) await codec.ready()
    expect(derive).toHaveBeenCalledTimes(1)
    expect(codecs[0]?.ready()).toBeUndefined()
  })
})

function decryptWithNode(key: Uint8Array, bytes: Buffer, context: TokenContext): string {
  const words = (part: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(part).buffer)
  const nonce = bytes.subarray(24, 48)
  const subkey = new Uint32Array(8)
  const sigma = words(Buffer.from('expand 32-byte k'))
  hchacha(sigma, words(key), words(nonce.subarray(0, 16)), subkey)
  const iv = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])
  const decipher = createDecipheriv(CIPHER, Buffer.from(subkey.buffer), iv, {
    authTagLength: 16,
  })
  const aad = Buffer.concat([bytes.subarray(0, 24), Buffer.from(`${context.kind}:${context.name}`)])
  const sealed = bytes.subarray(48, -16)
  decipher.setAAD(aad, { plaintextLength: sealed.length })
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(sealed), decipher.final()]).toString()
}
