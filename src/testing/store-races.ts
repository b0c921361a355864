import assert from 'node:assert/strict'

import { createStoreSessionStorage } from '../engine/session-store.ts'
import type { SessionStore } from '../engine/store.ts'
import type { SessionStorage } from '../engine/session-storage.ts'
import type { Session } from '../session/session.ts'
import { toCookieHeader } from './client-cookie.ts'
import { everyInterleaving } from './interleave.ts'
import type { Request } from './interleave.ts'
import type { StoreSuite } from './store-suite.ts'

const SECRET = 'a secret for the tests of a store, known to all'

type Use = (session: Session) => void

/**
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
export function storeRaces({ create, describe, it }: StoreSuite): void {
  describe('two requests at once', () => {
    it('that set two keys keep both', async () => {
      await race(
        await create(),
        (session) => session.set('a', 1),
        (session) => session.set('b', 2),
        ({ data }) =>
          assert.deepEqual(data, { start: true, __flash_notice__: 'hello', a: 1, b: 2 }),
      )
    })

    it('that set one key agree on one value', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        (session) => session.set('a', 1),
        (session) => session.set('a', 2),
        (one, two) => {
          assert.equal(one.get('a'), two.get('a'))
          seen.add(one.get('a'))
        },
      )
      assert.deepEqual(seen, new Set([1, 2]))
    })

    it('that consume one flash value lose nothing else', async () => {
      await race(
        await create(),
        (session) => session.get('notice'),
        (session) => session.get('notice'),
        ({ origin, data }) => assert.deepEqual([origin, data], ['resumed', { start: true }]),
      )
    })

    it('of which one consumes a flash value and one sets a key do both', async () => {
      await race(
        await create(),
        (session) => session.get('notice'),
        (session) => session.set('a', 1),
        ({ data }) => assert.deepEqual(data, { start: true, a: 1 }),
      )
    })

    it('of which one consumes a flash value and one sets it anew keep the new one', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        (session) => session.get('notice'),
        (session) => session.flash('notice', 'again'),
        (after) => seen.add(after.peek('notice')),
      )
      // The one that reads after the other has written consumes the new one.
      assert.deepEqual(seen, new Set(['again', undefined]))
    })

    it('of which one gets a new id and one sets a key: the key is kept, or its request comes too late', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        signIn('ada'),
        (session) => session.set('a', 1),
        (one, two, old) => {
          for (const after of [one, two]) seen.add(assertSignedInOrApart(after))
          assert.equal(old.origin, 'unknown')
        },
      )
      assert.deepEqual(seen, new Set(['kept', 'too late', 'apart', 'none']))
    })

    it('of which both get a new id: one of them goes on', async () => {
      await race(await create(), signIn('one'), signIn('two'), (one, two, old) => {
        assert.equal([one, two].filter((after) => after.has('start')).length, 1)
        assert.equal(old.origin, 'unknown')
      })
    })

    it('of which one logs out and one gets a new id: nothing lives under the old id', async () => {
      const seen = new Set<unknown>()
      await race(
        await create(),
        signIn('ada'),
        (session) => session.destroy(),
        (one, two, old) => {
          for (const after of [one, two]) {
            after.unset('notice')
            seen.add(JSON.stringify(after.data))
          }
          assert.equal(old.origin, 'unknown')
        },
      )
      // A login that came after the logout has a session of its own, without what was there before.
      assert.deepEqual(seen, new Set(['{"start":true,"user":"ada"}', '{"user":"ada"}', '{}']))
    })

    for (const [what, use] of Object.entries<Use>({
      'sets a key': (session) => session.set('a', 1),
      flashes: (session) => session.flash('later', 1),
      'clears all': (session) => session.clear(),
      'logs out as well': (session) => session.destroy(),
    })) {
      it(`of which one logs out and one ${what} leave no session`, async () => {
        await race(
          await create(),
          (session) => session.destroy(),
          use,
          (one, two, old) => {
            for (const { origin, data } of [one, two]) {
              // A request that came after the logout has started an empty session of its own.
              assert.match(origin, /^(new|unknown|resumed)$/)
              assert.ok(!('start' in data), 'the session that was ended is back')
            }
            assert.equal(old.origin, 'unknown')
          },
        )
      })
    }

    it('of which one gets a new id, and meanwhile one sets a key: it is kept', async () => {
      const { old, after } = await signInMeanwhile(await create(), async (storage, cookie) => {
        const session = await storage.getSession(cookie)
        session.set('a', 1)
        await storage.commitSession(session)
      })
      assert.deepEqual(after.data, { start: true, user: 'ada', a: 1 })
      assert.equal(old.origin, 'unknown')
    })

    it('of which one gets a new id, and meanwhile one logs out: it stays out, and leaves no record', async () => {
      const base = await create()
      const { old, after, newKey } = await signInMeanwhile(base, async (storage, cookie) =>
        storage.destroySession(await storage.getSession(cookie)),
      )
      assert.deepEqual([old.origin, after.origin], ['unknown', 'new'])
      assert.equal(await base.read(newKey), null)
    })

    for (const broken of ['no step', 'the second write', 'the delete'] as const) {
      it(`never show under the old id what a login has set, where ${broken} fails`, async () => {
        assert.deepEqual(await looksDuringLogin(await create(), broken), new Set([undefined]))
      })
    }
  })

  it('fifty requests at once keep the keys of all', async () => {
    const storage = storageOver(await create())
    const cookie = await start(storage)
    const sessions = await Promise.all(Array.from({ length: 50 }, () => storage.getSession(cookie)))
    await Promise.all(
      sessions.map((session, i) => {
        session.set(`key${i}`, i)
        return storage.commitSession(session)
      }),
    )
    const { data } = await storage.getSession(cookie)
    const keys = sessions.map((_, i) => [`key${i}`, i] as const)
    assert.deepEqual(data, {
      start: true,
      __flash_notice__: 'hello',
      ...Object.fromEntries(keys),
    })
  })
}

/** Without a time limit: a machine that is busy is no store that is broken. */
function storageOver(store: SessionStore): SessionStorage {
  return createStoreSessionStorage(store, { cookie: { secrets: [SECRET] }, timeout: Infinity })
}

/** Stores a session, and gives its cookie. */
async function start(storage: SessionStorage): Promise<string> {
  const session = await storage.getSession()
  session.set('start', true)
  session.flash('notice', 'hello')
  return toCookieHeader(await storage.commitSession(session))
}

function signIn(user: string): Use {
  return (session) => {
    session.regenerate()
    session.set('user', user)
  }
}

/**
 * Runs both over one session, in every order.
 *
 * @param check is given what the session is after both, for the client of the one and of the other, and for somebody who
 * has kept the cookie from before
 */
async function race(
  base: SessionStore,
  one: Use,
  two: Use,
  check: (one: Session, two: Session, old: Session) => void,
): Promise<void> {
  // Sessions have ids of their own, so all orders can share one store.
  const orders = await everyInterleaving(
    async () => {
      const setup = storageOver(base)
      const cookie = await start(setup)
      const cookies = [cookie, cookie]
      const requests = [one, two].map((use, i): Request => async (store) => {
        const storage = storageOver(store)
        const current = await storage.getSession(cookie)
        use(current)
        cookies[i] = toCookieHeader(await storage.commitSession(current))
      })
      const outcome = async (): Promise<[one: Session, two: Session, old: Session]> => [
        await setup.getSession(cookies[0]),
        await setup.getSession(cookies[1]),
        await setup.getSession(cookie),
      ]
      return { base, requests, outcome }
    },
    (afters) => check(...afters),
  )
  assert.ok(orders > 2, `two requests have more than ${orders} orders`)
}

/**
 * The one holds the new cookie; the other may hold the old one, which is worth nothing, or, where it came after the login,
 * a session of its own.
 */
function assertSignedInOrApart(after: Session): 'kept' | 'too late' | 'apart' | 'none' {
  after.unset('notice')
  const { origin, data } = after
  if (after.has('start')) {
    const isKept = after.has('a')
    assert.deepEqual(data, { start: true, ...(isKept && { a: 1 }), user: 'ada' })
    return isKept ? 'kept' : 'too late'
  }
  if (origin === 'resumed') {
    assert.deepEqual(data, { a: 1 })
    return 'apart'
  }
  assert.match(origin, /^(unknown|new)$/)
  assert.deepEqual(data, {})
  return 'none'
}

/** Gives a session a new id, and lets `meanwhile` happen after the new record is made, before the old one goes. */
async function signInMeanwhile(
  base: SessionStore,
  meanwhile: (storage: SessionStorage, old: string) => Promise<unknown>,
): Promise<{ old: Session; after: Session; newKey: string }> {
  const setup = storageOver(base)
  const old = await start(setup)
  let newKey = ''
  let isOver = false
  const storage = storageOver({
    read: (key) => base.read(key),
    delete: (key) => base.delete(key),
    async create(key, record) {
      newKey = key
      return base.create(key, record)
    },
    async update(...args) {
      if (newKey !== '' && !isOver) {
        isOver = true
        await meanwhile(setup, old)
      }
      return base.update(...args)
    },
  })
  const session = await storage.getSession(old)
  session.unset('notice')
  signIn('ada')(session)
  const cookie = toCookieHeader(await storage.commitSession(session))
  assert.ok(isOver, 'a new id takes a write for the new record and one for the old')
  return { old: await setup.getSession(old), after: await setup.getSession(cookie), newKey }
}

/** Who is signed in to the old id, looked up before and after each step of a login. */
async function looksDuringLogin(
  base: SessionStore,
  broken: 'no step' | 'the second write' | 'the delete',
): Promise<Set<unknown>> {
  const setup = storageOver(base)
  const cookie = await start(setup)
  const looks: unknown[] = []
  let writes = 0
  const look = async (): Promise<void> => {
    looks.push((await setup.getSession(cookie)).get('user'))
  }
  const watched = async <T>(write: () => Promise<T>): Promise<T> => {
    await look()
    if (++writes === 2 && broken === 'the second write') throw new Error('timeout')
    const version = await write()
    await look()
    return version
  }
  const storage = storageOver({
    read: (key) => base.read(key),
    create: (...args) => watched(() => base.create(...args)),
    update: (...args) => watched(() => base.update(...args)),
    async delete(key) {
      await look()
      if (broken === 'the delete') throw new Error('timeout')
      await base.delete(key)
      await look()
    },
  })
  const session = await storage.getSession(cookie)
  signIn('ada')(session)
  await storage.commitSession(session).catch(() => undefined)
  await look()
  assert.ok(looks.length > 3)
  return new Set(looks)
}
