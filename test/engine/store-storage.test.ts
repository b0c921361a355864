import { createStoreSessionStorage } from 'fetch-sessions'
import type { IndexedSessionStorageOptions, SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { goodStore } from '../support/store-with.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const make = (store: SessionStore, options: Record<string, unknown> = {}): unknown =>
  createStoreSessionStorage(store, {
    cookie: { secrets: [SECRET] },
    ...options,
  } as IndexedSessionStorageOptions)

const refusal = (message: string): object =>
  expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message }) as object

describe('createStoreSessionStorage', () => {
  it.each(['read', 'create', 'update', 'delete'] as const)(
    'refuses a store without %s where it is made',
    (name) => {
      const store = { ...goodStore(), [name]: undefined } as never
      expect(() => make(store)).toThrow(
        refusal(
          `\`store\` is an object without \`${name}()\`. Write \`store: …\` with an object with the four methods of SessionStore.`,
        ),
      )
    },
  )

  it.each([0, -1, 1.5, Number.NaN, Infinity, '5'])('refuses %o sessions of a user', (most) => {
    const shown = typeof most === 'string' ? `"${most}"` : String(most)
    expect(() => make(createMemoryStore(10), { maxSessionsPerUser: most })).toThrow(
      refusal(`\`maxSessionsPerUser\` is ${shown}: write a whole number of sessions, at least 1.`),
    )
  })

  it('takes a limit only with a store that keeps to it', () => {
    expect(() => make(goodStore(), { maxSessionsPerUser: 1 })).toThrow(
      refusal(
        '`maxSessionsPerUser` needs a back end that can look up by user: use another storage, or leave the limit out.',
      ),
    )
    expect(() => make(createMemoryStore(10), { maxSessionsPerUser: 1 })).not.toThrow()
    expect(() => make(goodStore(), { maxSessionsPerUser: undefined })).not.toThrow()
  })
})
