import { createSessionRunner, createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { everyInterleaving } from '../support/interleave.ts'
import type { Request } from '../support/interleave.ts'
import { SECRET } from '../support/secrets.ts'
import { storageConformance } from './storage.ts'
import { describe, expect, it, vi } from 'vitest'

const KEY = 'k'.repeat(43)
const noEnvironment = {
  get: (): undefined => undefined,
  replace: <T>(context: undefined, _: object, use: (context: undefined) => T): T => use(context),
}

export interface StoreTraits {
  /** Whether a write is one step with the comparison before it; Workers KV and unstorage cannot do that. */
  readonly compares?: boolean
}

/** What every {@link SessionStore} does alike, alone and under the core. Each store that `create` gives is empty. */
export function storeConformance(
  name: string,
  create: () => SessionStore | Promise<SessionStore>,
  { compares = true }: StoreTraits = {},
): void {
  const inAnHour = (): Date => new Date(Date.now() + 60 * 60 * 1000)

  describe(`${name}, a store`, () => {
    it('writes where nothing is, and only there', async () => {
      const store = await create()
      expect(await store.read(KEY)).toBeNull()
      const version = await store.write(KEY, 'one', inAnHour(), null)
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version })
      expect(await store.write(KEY, 'two', inAnHour(), null)).toBeNull()
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version })
    })

    it('replaces only the version that was read', async () => {
      const store = await create()
      const first = await store.write(KEY, 'one', inAnHour(), null)
      const second = await store.write(KEY, 'two', inAnHour(), first)
      expect(second).not.toBe(first)
      expect(await store.write(KEY, 'three', inAnHour(), first)).toBeNull()
      expect(await store.read(KEY)).toMatchObject({ data: 'two', version: second })
    })

    it('gives no version again to a record that was made anew', async () => {
      const store = await create()
      const first = await store.write(KEY, 'one', inAnHour(), null)
      await store.delete(KEY)
      const second = await store.write(KEY, 'one', inAnHour(), null)
      expect(second).not.toBe(first)
      expect(await store.write(KEY, 'two', inAnHour(), first)).toBeNull()
    })

    it('leaves a deleted record deleted, and deletes what is not there', async () => {
      const store = await create()
      const version = await store.write(KEY, 'one', inAnHour(), null)
      await store.delete(KEY)
      await store.delete(KEY)
      expect(await store.read(KEY)).toBeNull()
      expect(await store.write(KEY, 'two', inAnHour(), version)).toBeNull()
      expect(await store.read(KEY)).toBeNull()
    })

    it('has nothing where a record has expired, to read or to replace', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const store = await create()
      const expires = inAnHour()
      const version = await store.write(KEY, 'one', expires, null)
      vi.setSystemTime(expires.getTime() - 1)
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version })
      vi.setSystemTime(expires)
      expect(await store.read(KEY)).toBeNull()
      expect(await store.write(KEY, 'two', new Date(Date.now() + 1000), version)).toBeNull()
      expect(await store.write(KEY, 'two', new Date(Date.now() + 1000), null)).not.toBeNull()
      vi.useRealTimers()
    })

    it('moves the expiry alone, and gives the version that is good from then on', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const store = await create()
      const first = await store.write(KEY, 'one', inAnHour(), null)
      const later = new Date(Date.now() + 2 * 60 * 60 * 1000)
      const renewed = await store.write(KEY, null, later, first)
      vi.setSystemTime(later.getTime() - 1)
      expect(await store.read(KEY)).toMatchObject({ data: 'one', version: renewed })
      expect(await store.write(KEY, null, inAnHour(), 'another version')).toBeNull()
      vi.setSystemTime(later)
      expect(await store.write(KEY, null, inAnHour(), renewed)).toBeNull()
      expect(await store.read(KEY)).toBeNull()
      vi.useRealTimers()
    })

    it('changes the data alone, and keeps the expiry', async () => {
      const store = await create()
      const expires = inAnHour()
      const first = await store.write(KEY, 'one', expires, null)
      const second = await store.write(KEY, 'two', null, first)
      expect(await store.read(KEY)).toEqual({ data: 'two', version: second, expires })
    })

    it('replaces nothing that has expired, though nobody has read it since', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const store = await create()
      const expires = inAnHour()
      const version = await store.write(KEY, 'one', expires, null)
      vi.setSystemTime(expires)
      expect(await store.write(KEY, 'two', inAnHour(), version)).toBeNull()
      vi.useRealTimers()
    })

    it('keeps text of any kind', async () => {
      const store = await create()
      const data = JSON.stringify({ text: 'ü 🎉 \'"\\ \u0000 \u2028', long: 'x'.repeat(100_000) })
      await store.write(KEY, data, inAnHour(), null)
      expect((await store.read(KEY))?.data).toBe(data)
    })
  })

  storageConformance(name, async (options) => createStoreSessionStorage(await create(), options))

  if (!compares) return

  /*
   * What must hold for two requests at once on one session, in every order of their reads, writes and deletes:
   *
   * | one | the other | after both |
   * | --- | --- | --- |
   * | sets a key | sets another key | both keys are there |
   * | sets a key | sets the same key | one of the two values is there, for both |
   * | consumes a flash value | sets a key | consumed, and the key is there |
   * | consumes a flash value | consumes it | consumed; nothing else is touched |
   * | consumes a flash value | sets it anew | the new one is there, unless the first has read that one |
   * | gets a new id | sets a key | the old id is dead; the key went along, or its request came too late for the session |
   * | gets a new id | gets a new id | one of them goes on; the other has no session |
   * | logs out | sets, clears, flashes, logs out | no session |
   * | logs out | gets a new id | no session, unless the logout is carried out after the old record was retired: then it
   *   ended an id that was dead already, and the new one lives, known to the answer of the login only |
   */
  describe(`${name}, two requests at once`, () => {
    const storageOver = (store: SessionStore): SessionStorage =>
      createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })

    /** Runs both over one session, in every order; gives what the session is to a third request after. */
    async function race(
      one: (session: Session) => void,
      two: (session: Session) => void,
      check: (after: Session, order: string) => void,
    ): Promise<void> {
      // Sessions have ids of their own, so all orders can share one store.
      const base = await create()
      const orders = await everyInterleaving(
        async () => {
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

    it('that consume one flash value lose nothing else', async () => {
      await race(
        (session) => session.get('notice'),
        (session) => session.get('notice'),
        ({ origin, data }, order) => {
          expect([origin, data], order).toEqual(['resumed', { start: true }])
        },
      )
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

    it('of which one gets a new id and one sets a key: the key is kept, or its request comes too late', async () => {
      const seen = new Set<unknown>()
      await race(
        (session) => {
          session.regenerate()
          session.set('user', 'ada')
        },
        (session) => session.set('a', 1),
        (after, order) => {
          // The one holds the new cookie; the other may hold the old one, which is worth nothing, or, where it came
          // after the login, a session of its own.
          if (after.has('start')) {
            expect(after.data, order).toMatchObject({ user: 'ada' })
            seen.add(after.get('a'))
          } else if (after.origin === 'resumed') {
            expect(after.data, order).toEqual({ a: 1 })
          } else {
            expect([after.origin, after.data], order).toEqual([
              expect.stringMatching(/unknown|new/),
              {},
            ])
          }
        },
      )
      expect(seen).toEqual(new Set([1, undefined]))
    })

    it('of which both get a new id: one of them goes on', async () => {
      const heirs: boolean[] = []
      await race(
        (session) => {
          session.regenerate()
          session.set('user', 'one')
        },
        (session) => {
          session.regenerate()
          session.set('user', 'two')
        },
        (after) => heirs.push(after.has('start')),
      )
      // Both cookies of each order, one after the other.
      for (let i = 0; i < heirs.length; i += 2) {
        expect([heirs[i], heirs[i + 1]].filter(Boolean)).toHaveLength(1)
      }
    })

    it('of which one logs out and one gets a new id: nothing lives under the old id', async () => {
      const seen = new Set<unknown>()
      await race(
        (session) => {
          session.regenerate()
          session.set('user', 'ada')
        },
        (session) => session.destroy(),
        (after, order) => {
          seen.add(after.get('user'))
          // A login that came after the logout has a session of its own, without what was there before.
          expect([{}, { user: 'ada' }, { start: true, user: 'ada' }], order).toContainEqual(
            Object.fromEntries(Object.entries(after.data).filter(([key]) => !key.startsWith('__'))),
          )
        },
      )
      expect(seen).toEqual(new Set(['ada', undefined]))
    })

    describe('while one gets a new id', () => {
      /** Gives a session a new id, and lets `meanwhile` happen after the new record is made, before the old one goes. */
      async function rotate(meanwhile: (storage: SessionStorage, old: string) => Promise<unknown>) {
        const base = await create()
        const setup = storageOver(base)
        const anonymous = await setup.getSession()
        anonymous.set('start', true)
        const old = toCookie(await setup.commitSession(anonymous))
        const made: string[] = []
        const watched: SessionStore = {
          ...base,
          async write(key, ...rest) {
            if (rest[2] === null) made.push(key)
            else if (made.length === 1) await meanwhile(setup, old).then(() => made.push(''))
            return base.write(key, ...rest)
          },
        }
        const storage = storageOver(watched)
        const session = await storage.getSession(old)
        session.regenerate()
        session.set('user', 'ada')
        const cookie = toCookie(await storage.commitSession(session))
        return {
          old: await setup.getSession(old),
          after: await setup.getSession(cookie),
          base,
          made,
        }
      }

      it('keeps what another sets', async () => {
        const { old, after } = await rotate(async (storage, cookie) => {
          const session = await storage.getSession(cookie)
          session.set('a', 1)
          await storage.commitSession(session)
        })
        expect(after.data).toEqual({ start: true, user: 'ada', a: 1 })
        expect(old.origin).toBe('unknown')
      })

      it('stays out where another logs out, and leaves no record', async () => {
        const { old, after, base, made } = await rotate(async (storage, cookie) =>
          storage.destroySession(await storage.getSession(cookie)),
        )
        expect([old.origin, after.origin]).toEqual(['unknown', 'new'])
        expect(await base.read(made[0] ?? '')).toBeNull()
      })
    })

    it('never show under the old id what a login has set, at any moment, nor when the store fails', async () => {
      for (const broken of [undefined, 'second write', 'delete'] as const) {
        const base = await create()
        const setup = storageOver(base)
        const anonymous = await setup.getSession()
        anonymous.set('start', true)
        const cookie = toCookie(await setup.commitSession(anonymous))
        const looks: unknown[] = []
        let writes = 0
        const look = async (): Promise<void> => {
          looks.push((await setup.getSession(cookie)).get('user'))
        }
        const watched: SessionStore = {
          read: (key) => base.read(key),
          async write(...args) {
            await look()
            if (++writes === 2 && broken === 'second write') throw new Error('timeout')
            const version = await base.write(...args)
            await look()
            return version
          },
          async delete(key) {
            await look()
            if (broken === 'delete') throw new Error('timeout')
            await base.delete(key)
            await look()
          },
        }
        const storage = storageOver(watched)
        const session = await storage.getSession(cookie)
        session.regenerate()
        session.set('user', 'ada')
        await storage.commitSession(session).catch(() => undefined)
        await look()
        expect(looks.length).toBeGreaterThan(3)
        expect(new Set(looks)).toEqual(new Set([undefined]))
      }
    })

    it.each<[string, (session: Session) => void]>([
      ['sets a key', (session) => session.set('a', 1)],
      ['flashes', (session) => session.flash('later', 1)],
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
      const runner = createSessionRunner<undefined>({ storage }, noEnvironment)
      for (const seconds of [5, 9]) {
        vi.setSystemTime(start + seconds * 1000)
        const request = new Request('https://app.example/', { headers: { cookie: early } })
        await runner(request, undefined, async (current) => {
          current.set('n', seconds)
          return { response: new Response('ok') }
        })
      }
      vi.setSystemTime(start + maxAge * 1000 - 1)
      expect((await storage.getSession(chosen)).origin).toBe('resumed')
      vi.setSystemTime(start + maxAge * 1000)
      expect((await storage.getSession(chosen)).origin).toBe('expired')
      vi.useRealTimers()
    },
  )

  it(`${name} keeps the keys of fifty requests at once`, async () => {
    const storage = createStoreSessionStorage(await create(), { cookie: { secrets: [SECRET] } })
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
