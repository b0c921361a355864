import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStore } from 'fetch-sessions'
import { storeConformance as publishedConformance } from 'fetch-sessions/testing'
import { indexContract } from '../../src/testing/index-contract.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { toCookie } from '../support/client.ts'
import { createRecord } from '../support/create-record.ts'
import { SECRET } from '../support/secrets.ts'
import { visit } from '../support/visit.ts'
import { storageConformance } from './storage.ts'
import type { OpenBackEnd } from './storage/back-end.ts'
import { recordConformance } from './storage/records.ts'
import { simultaneousUpdates } from './storage/updates.ts'
import { userSessionConformance } from './storage/user-sessions.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const KEY = 'k'.repeat(43)
export interface StoreTraits {
  /** Whether a write is one step with the comparison before it; Workers KV and unstorage cannot do that. */
  readonly compares?: boolean
  /** Whether it can look up by user. */
  readonly indexed?: boolean
  /**
   * Whether the requests at once run in every order of their operations. They take minutes, so one client of each engine
   * runs them, and the others run the contract. Default: true.
   */
  readonly races?: boolean
}

/**
 * The suite that is published, and what takes a clock that can be set. Each store that `create` gives is empty.
 */
export function storeConformance(
  name: string,
  create: () => SessionStore | Promise<SessionStore>,
  { compares = true, indexed = false, races = true }: StoreTraits = {},
): void {
  const inAnHour = (): Date => new Date(Date.now() + 60 * 60 * 1000)

  describe(`${name}, by the published suite`, () => {
    if (races) return publishedConformance(create, { describe, it, compares, indexed })
    storeContract({ create, describe, it, compares, indexed })
    indexContract({ create, describe, it, compares, indexed })
  })

  describe(`${name}, a store under a clock`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('has a record until the last millisecond, and nothing from its expiry on', async () => {
      const store = await create()
      const expires = inAnHour()
      const version = await createRecord(store, KEY, 'one', expires)
      vi.setSystemTime(expires.getTime() - 1)
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version })
      vi.setSystemTime(expires)
      expect(await store.read(KEY)).toBeNull()
      const record = { data: 'two', expires: inAnHour() }
      expect(await store.update(KEY, version, record)).toBeNull()
      expect(await store.create(KEY, record)).not.toBeNull()
    })

    it('moves the expiry alone, and gives the version that is good from then on', async () => {
      const store = await create()
      const first = await createRecord(store, KEY, 'one', inAnHour())
      const later = new Date(Date.now() + 2 * 60 * 60 * 1000)
      const renewed = (await store.update(KEY, first, { expires: later })) as string
      vi.setSystemTime(later.getTime() - 1)
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version: renewed })
      expect(await store.update(KEY, 'another version', { expires: inAnHour() })).toBeNull()
      vi.setSystemTime(later)
      expect(await store.update(KEY, renewed, { expires: inAnHour() })).toBeNull()
      expect(await store.read(KEY)).toBeNull()
    })

    it('replaces nothing that has expired, though nobody has read it since', async () => {
      const store = await create()
      const expires = inAnHour()
      const version = await createRecord(store, KEY, 'one', expires)
      vi.setSystemTime(expires)
      expect(await store.update(KEY, version, { data: 'two', expires: inAnHour() })).toBeNull()
    })

    it('gives a record as the interface has it, and no more', async () => {
      const store = await create()
      const expires = inAnHour()
      const version = await createRecord(store, KEY, 'one', expires)
      expect(await store.read(KEY)).toEqual({ data: 'one', version, expires })
    })
  })

  const open: OpenBackEnd = async () => {
    const store = await create()
    return (options) => createStoreSessionStorage(store, options)
  }
  storageConformance(name, open)
  recordConformance(name, open)
  if (indexed) userSessionConformance(name, create)

  if (!compares) return

  simultaneousUpdates(name, open)

  it.each<[string, (session: Session) => void]>([
    ['renews it', () => {}],
    ['writes it', (session) => session.set('n', 1)],
    ['gives it a new id', (session) => session.regenerate()],
  ])(
    `${name} says in the cookie of a request that %s what another has chosen by hand meanwhile`,
    async (_, use) => {
      const start = Date.UTC(2100, 0, 1)
      vi.useFakeTimers({ toFake: ['Date'], now: start })
      const storage = createStoreSessionStorage(await create(), {
        cookie: { secrets: [SECRET], maxAge: 1000 },
      })
      const cookie = toCookie(await storage.commitSession(await storage.getSession()))
      vi.setSystemTime(start + 600_000)
      const days = 400 * 24 * 60 * 60
      const response = await visit({ storage, cookie }, async (session) => {
        const byHand = await storage.getSession(cookie)
        await storage.commitSession(byHand, { maxAge: days })
        use(session)
      })
      const sent = toCookie(response.headers.getSetCookie()[0])
      expect(sent).not.toBe('')
      const end = new Date(start + 600_000 + days * 1000)
      expect((await storage.getSession(sent)).expiresAt).toEqual(end)
      // It is no longer renewed, nor ended as if it had not been chosen.
      vi.setSystemTime(end.getTime() - 1)
      const later = await visit({ storage, cookie: sent }, (session) => {
        expect(session.origin).toBe('resumed')
      })
      expect(later.headers.getSetCookie()).toEqual([])
      vi.useRealTimers()
    },
  )

  it.each([
    ['shorter', 10],
    ['longer', 5000],
  ])(
    `${name} keeps a %s life that was chosen by hand, whatever earlier cookie writes`,
    async (_, maxAge) => {
      const start = Date.UTC(2100, 0, 1)
      vi.useFakeTimers({ toFake: ['Date'], now: start })
      const storage = createStoreSessionStorage(await create(), {
        cookie: { secrets: [SECRET], maxAge: 1000 },
      })
      const session = await storage.getSession()
      const early = toCookie(await storage.commitSession(session))
      const chosen = toCookie(await storage.commitSession(session, { maxAge }))
      for (const seconds of [5, 9]) {
        vi.setSystemTime(start + seconds * 1000)
        await visit({ storage, cookie: early }, (current) => current.set('n', seconds))
      }
      vi.setSystemTime(start + maxAge * 1000 - 1)
      expect((await storage.getSession(chosen)).origin).toBe('resumed')
      vi.setSystemTime(start + maxAge * 1000)
      expect((await storage.getSession(chosen)).origin).toBe('expired')
      vi.useRealTimers()
    },
  )
}
