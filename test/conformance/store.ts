import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { everyInterleaving } from '../support/interleave.ts'
import type { Request } from '../support/interleave.ts'
import { SECRET } from '../support/secrets.ts'
import { storageConformance } from './storage.ts'
import { describe, expect, it, vi } from 'vitest'

const KEY = 'k'.repeat(43)

/** What every {@link SessionStore} does alike, alone and under the core. */
export function storeConformance(name: string, create: () => SessionStore): void {
  const inAnHour = (): Date => new Date(Date.now() + 60 * 60 * 1000)

  describe(`${name}, a store`, () => {
    it('writes where nothing is, and only there', async () => {
      const store = create()
      expect(await store.read(KEY)).toBeNull()
      const version = await store.write(KEY, 'one', inAnHour(), null)
      expect(await store.read(KEY)).toEqual({ data: 'one', version })
      expect(await store.write(KEY, 'two', inAnHour(), null)).toBeNull()
      expect(await store.read(KEY)).toEqual({ data: 'one', version })
    })

    it('replaces only the version that was read', async () => {
      const store = create()
      const first = await store.write(KEY, 'one', inAnHour(), null)
      const second = await store.write(KEY, 'two', inAnHour(), first)
      expect(second).not.toBe(first)
      expect(await store.write(KEY, 'three', inAnHour(), first)).toBeNull()
      expect(await store.read(KEY)).toEqual({ data: 'two', version: second })
    })

    it('gives no version again to a record that was made anew', async () => {
      const store = create()
      const first = await store.write(KEY, 'one', inAnHour(), null)
      await store.delete(KEY)
      const second = await store.write(KEY, 'one', inAnHour(), null)
      expect(second).not.toBe(first)
      expect(await store.write(KEY, 'two', inAnHour(), first)).toBeNull()
    })

    it('leaves a deleted record deleted, and deletes what is not there', async () => {
      const store = create()
      const version = await store.write(KEY, 'one', inAnHour(), null)
      await store.delete(KEY)
      await store.delete(KEY)
      expect(await store.read(KEY)).toBeNull()
      expect(await store.write(KEY, 'two', inAnHour(), version)).toBeNull()
      expect(await store.read(KEY)).toBeNull()
    })

    it('has nothing where a record has expired, to read or to replace', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const store = create()
      const expires = inAnHour()
      const version = await store.write(KEY, 'one', expires, null)
      vi.setSystemTime(expires.getTime() - 1)
      expect(await store.read(KEY)).toEqual({ data: 'one', version })
      vi.setSystemTime(expires)
      expect(await store.read(KEY)).toBeNull()
      expect(await store.write(KEY, 'two', new Date(Date.now() + 1000), version)).toBeNull()
      expect(await store.write(KEY, 'two', new Date(Date.now() + 1000), null)).not.toBeNull()
      vi.useRealTimers()
    })

    it('keeps text of any kind', async () => {
      const store = create()
      const data = JSON.stringify({ text: 'ü 🎉 \'"\\ \u0000 \u2028', long: 'x'.repeat(100_000) })
      await store.write(KEY, data, inAnHour(), null)
      expect((await store.read(KEY))?.data).toBe(data)
    })
  })

  storageConformance(name, (options) => createStoreSessionStorage(create(), options))

  describe(`${name}, two requests at once`, () => {
    const storageOver = (store: SessionStore): SessionStorage =>
      createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })

    /** Runs both over one session, in every order; gives what the session is to a third request after. */
    async function race(
      one: (session: Session) => void,
      two: (session: Session) => void,
      check: (after: Session, order: string) => void,
    ): Promise<void> {
      const orders = await everyInterleaving(
        async () => {
          const base = create()
          const setup = storageOver(base)
          const session = await setup.getSession()
          session.set('start', true)
          session.flash('notice', 'hello')
          const cookie = toCookie(await setup.commitSession(session))
          const cookies = [cookie, cookie]
          const requests = [one, two].map((use, i): Request => async (store) => {
            const storage = storageOver(store)
            const current = await storage.getSession(cookie)
            use(current)
            cookies[i] = toCookie(await storage.commitSession(current))
          })
          return {
            base,
            requests,
            outcome: async () => Promise.all(cookies.map((c) => setup.getSession(c))),
          }
        },
        (afters, order) => {
          for (const after of afters) check(after, order)
        },
      )
      expect(orders).toBeGreaterThan(2)
    }

    it('that set two keys keep both', async () => {
      await race(
        (session) => session.set('a', 1),
        (session) => session.set('b', 2),
        ({ data }, order) => {
          expect(data, order).toMatchObject({ start: true, a: 1, b: 2 })
        },
      )
    })

    it('that set one key agree on one value', async () => {
      const seen = new Set<unknown>()
      await race(
        (session) => session.set('a', 1),
        (session) => session.set('a', 2),
        (after) => seen.add(after.get('a')),
      )
      expect(seen).toEqual(new Set([1, 2]))
    })

    it('of which one consumes a flash value and one sets a key do both', async () => {
      await race(
        (session) => session.get('notice'),
        (session) => session.set('a', 1),
        ({ data }, order) => {
          expect(data, order).toEqual({ start: true, a: 1 })
        },
      )
    })

    it('of which one consumes a flash value and one sets it anew keep the new one', async () => {
      const seen = new Set<unknown>()
      await race(
        (session) => session.get('notice'),
        (session) => session.flash('notice', 'again'),
        (after) => seen.add(after.peek('notice')),
      )
      // The one that reads after the other has written consumes the new one.
      expect(seen).toEqual(new Set(['again', undefined]))
    })

    it.each<[string, (session: Session) => void]>([
      ['sets a key', (session) => session.set('a', 1)],
      ['clears all', (session) => session.clear()],
      ['logs out as well', (session) => session.destroy()],
    ])('of which one logs out and one %s leave no session', async (_, use) => {
      await race(
        (session) => session.destroy(),
        use,
        ({ origin, data }, order) => {
          // A request that came after the logout has started an empty session of its own.
          expect(['new', 'unknown', 'resumed'], order).toContain(origin)
          expect(data, order).not.toHaveProperty('start')
        },
      )
    })
  })

  it(`${name} keeps the keys of fifty requests at once`, async () => {
    const storage = createStoreSessionStorage(create(), { cookie: { secrets: [SECRET] } })
    const session = await storage.getSession()
    session.set('start', true)
    const cookie = toCookie(await storage.commitSession(session))
    const sessions = await Promise.all(Array.from({ length: 50 }, () => storage.getSession(cookie)))
    await Promise.all(
      sessions.map((one, i) => {
        one.set(`key${i}`, i)
        return storage.commitSession(one)
      }),
    )
    expect(Object.keys((await storage.getSession(cookie)).data)).toHaveLength(51)
  })
}
