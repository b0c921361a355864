import assert from 'node:assert/strict'

import type { IndexedSessionStorage } from '../engine/indexed-storage.ts'
import type { IndexedSessionStore, SessionStore } from '../engine/store.ts'
import type { Session } from '../session/session.ts'
import { toCookieHeader } from './client-cookie.ts'
import {
  ACTS,
  handleOf,
  assertOwnValues,
  isSignedIn,
  sends,
  signedIn,
  signIn,
} from './sign-in-acts.ts'
import type { Act } from './sign-in-acts.ts'
import { ALL_KEYS, race, usersOver } from './race.ts'
import type { Client, RaceOptions, Sent, Visit } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

const INDEXED: RaceOptions = { stops: ALL_KEYS, start: signedIn }

/** Ends sessions of ada. `handle` is that of the session in use. */
type End = (storage: IndexedSessionStorage, handle: string) => Promise<unknown>

const ENDS: Readonly<Record<string, End>> = {
  'ends it': (storage, handle) => storage.endSession('ada', handle),
  'ends all': (storage) => storage.endSessions('ada'),
}

/** What has the session of ada in use. */
const USES: readonly Act[] = Object.values(ACTS)

/** Two at a time beside an end. The second one is one step, which leaves fewer orders. */
const TWO_USES: readonly (readonly [Act, Act])[] = [
  [ACTS.regenerate, ACTS.reauthenticate],
  [ACTS.reauthenticate, ACTS.write],
  [ACTS.regenerate, ACTS.logout],
  [ACTS.regenerate, ACTS.signIn],
  [ACTS.signIn, ACTS.write],
]

/**
 * What must hold for `endSession` and `endSessions` at once with others on a session that they end, in every order of
 * their operations on the store and its index.
 *
 * | the other | after both |
 * | --- | --- |
 * | writes, is renewed, logs out | no session |
 * | asks for a new id, authenticates again | no session, neither under the old id nor under the new one |
 * | signs in | no session if its commit began before the end; signed in if it began after; else one of the two |
 * | signs another user in | the sessions of that user are not ended |
 */
export function userRaces({ create, describe, it, indexed }: StoreSuite): void {
  if (!indexed) return

  describe('on a session that is ended from elsewhere', () => {
    for (const [what, end] of Object.entries(ENDS)) {
      for (const act of USES) {
        it(`one that ${what}, and one that ${act.what}`, async () => {
          const seen = new Set<boolean>()
          await race(
            await create(),
            async (cookie, setup) => [ending(end, await handleOf(setup, cookie)), sends(act)],
            ({ clients, old }) => {
              assertEndHolds([act], clients)
              assert.ok(['revoked', 'unknown'].includes(old.origin))
              seen.add(isSignedIn(clients[1] as Client))
            },
            INDEXED,
          )
          assert.equal(seen.has(true), act.signsIn === true)
        })
      }

      for (const acts of TWO_USES) {
        it(`one that ${[what, ...acts.map((act) => act.what)].join(', one that ')}`, async () => {
          await race(
            await create(),
            async (cookie, setup) => [
              ending(end, await handleOf(setup, cookie)),
              sends(acts[0], { hasLoaded: true }),
              sends(acts[1], { hasLoaded: true, isOneStep: true }),
            ],
            ({ clients }) => assertEndHolds(acts, clients),
            { ...INDEXED, stops: what === 'ends it' ? ['read', 'update'] : ['update', 'keysOf'] },
          )
        })
      }
    }

    for (const act of [ACTS.regenerate, ACTS.reauthenticate]) {
      it(`of which each key is a page: one that ends all others, and one that ${act.what}`, async () => {
        await race(
          inPagesOfOne(await create()),
          async (_, setup) => {
            // Between the old key and the new one, so that both may be on none of the pages.
            const except = await handleOf(setup, await signedIn(setup))
            const end: End = (storage) => storage.endSessions('ada', { except })
            return [ending(end, ''), sends(act, { hasLoaded: true })]
          },
          ({ clients }) => assertEndHolds([act], clients),
          { ...INDEXED, stops: ['create', 'update', 'keysOf'] },
        )
      })
    }

    it('tells its holder, who can sign in again at once', async () => {
      let again: Session | undefined
      await race(
        await create(),
        (cookie) => [
          ending(ENDS['ends all'] as End, cookie),
          sends(ACTS.write, { hasLoaded: true }),
          sends(ACTS.renewal, { hasLoaded: true }),
        ],
        ({ clients: [, write] }) => {
          assert.notEqual(write?.session.origin, 'resumed')
          assert.deepEqual([again?.userId, again?.data], ['ada', { by: 'ada' }])
        },
        {
          ...INDEXED,
          async afterwards(setup, cookie) {
            const session = await setup.getSession(cookie)
            assert.equal(session.origin, 'revoked')
            signIn('ada')(session)
            again = await setup.getSession(toCookieHeader(await setup.commitSession(session)))
          },
        },
      )
    })
  })

  describe('a new sign-in of the user', () => {
    it('is ended by one that ends all, or counts as later', async () => {
      const seen = new Set<boolean>()
      await race(
        await create(),
        (cookie) => [
          ending(ENDS['ends all'] as End, cookie),
          sends(ACTS.signIn, { cookie: '' }),
          sends(ACTS.signInOther, { cookie: '', isOneStep: true }),
        ],
        ({ clients, old }) => {
          assertEndHolds([ACTS.signIn, ACTS.signInOther], clients)
          assert.equal(clients[2]?.session.userId, 'bob')
          assert.equal(old.origin, 'revoked')
          seen.add(isSignedIn(clients[1] as Client))
        },
        INDEXED,
      )
      assert.deepEqual(seen, new Set([true, false]))
    })
  })

  describe('a session that must not end', () => {
    it('stays if another user ends it by its handle', async () => {
      await race(
        await create(),
        async (cookie, setup) => {
          const handle = await handleOf(setup, cookie)
          const end: End = async (storage) =>
            assert.deepEqual(
              [await storage.endSession('bob', handle), await storage.endSessions('bob')],
              [false, 0],
            )
          return [ending(end, cookie), sends(ACTS.reauthenticate)]
        },
        ({ clients }) => assert.equal(clients[1]?.session.userId, 'ada'),
        INDEXED,
      )
    })

    for (const act of [ACTS.write, ACTS.renewal]) {
      it(`stays if all others are ended, beside one that ${act.what}`, async () => {
        await race(
          await create(),
          async (cookie, setup) => {
            const other = await signedIn(setup)
            const kept = await handleOf(setup, cookie)
            const end: End = (storage) => storage.endSessions('ada', { except: kept })
            return [
              ending(end, cookie),
              sends(act),
              sends(ACTS.regenerate, { cookie: other, hasLoaded: true, isOneStep: true }),
            ]
          },
          ({ clients: [, kept, ended], old }) => {
            assert.deepEqual([old.origin, kept?.session.userId], ['resumed', 'ada'])
            assert.notEqual(ended?.session.origin, 'resumed')
          },
          { ...INDEXED, stops: ['read', 'update', 'keysOf'] },
        )
      })
    }
  })
}

/** A request that ends sessions, of a visitor without one. */
function ending(end: End, handle: string): Sent {
  const visit: Visit = async (store, _cookie, use) => {
    const storage = usersOver(store)
    await use(await storage.getSession())
    await end(storage, handle)
    return ''
  }
  return { use: () => undefined, visit }
}

/** @param clients the one that ends first, then one for each of the acts */
function assertEndHolds(acts: readonly Act[], [end, ...clients]: readonly Client[]): void {
  assert.ok(end)
  for (const [i, client] of clients.entries()) {
    const signsIn = acts[i]?.signsIn === true
    const { session, committingAt, writingAt } = client
    // The user who signs in instead of ada keeps their session.
    if (session.userId === 'bob') continue
    if (isSignedIn(client)) {
      const holds = signsIn && writingAt > end.committingAt
      assert.ok(holds, `a session that was ended opens ${JSON.stringify(session.data)}`)
      assertOwnValues(client, true)
    } else {
      const isLater = signsIn && acts.length === 1 && committingAt > end.committedAt
      assert.ok(!isLater, 'a sign-in that began after the end is not signed in')
    }
  }
}

/** The index of a store, one key at a time, the newest first. */
function inPagesOfOne(base: SessionStore): IndexedSessionStore {
  const store = base as IndexedSessionStore
  const created: string[] = []
  return {
    read: (key) => store.read(key),
    create(key, record) {
      created.push(key)
      return store.create(key, record)
    },
    update: (...args) => store.update(...args),
    delete: (key) => store.delete(key),
    async keysOf(user, before = 'Infinity') {
      const { keys } = await store.keysOf(user)
      const older = keys.map((key) => created.indexOf(key)).filter((i) => i < Number(before))
      const newest = Math.max(...older)
      if (older.length === 0) return { keys: [], cursor: undefined }
      return { keys: [created[newest] as string], cursor: String(newest) }
    },
  }
}
