import assert from 'node:assert/strict'

import type { SessionStorage } from '../engine/session-storage.ts'
import { isIndexed } from '../engine/store.ts'
import type { SessionStore } from '../engine/store.ts'
import { toCookieHeader } from './client-cookie.ts'
import { byHand, login, logout, start, storageOver } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/** Whether the operation that fails is carried out all the same, so that only its answer is lost. */
export const FAILURES = ['fails', 'is carried out, but not answered'] as const
type Failure = (typeof FAILURES)[number]

/** What must hold if an operation on the store fails in the middle of a login or a logout, each in turn. */
export function loginFailures({ create, describe, it }: StoreSuite): void {
  describe('a login of which an operation', () => {
    for (const failure of FAILURES) {
      it(`${failure} shows nothing of it under the old id, and can be repeated at once`, async () => {
        const base = await create()
        const setup = storageOver(base)
        await eachOperation(base, failure, async (broken) => {
          const old = await start(setup)
          const looks = new Set<unknown>()
          const look = async (): Promise<unknown> =>
            looks.add((await setup.getSession(old)).get('user'))
          await byHand(watched(broken, look), old, login('ada')).catch(() => undefined)
          await look()
          assert.deepEqual(looks, new Set([undefined]))

          const cookie = toCookieHeader(await byHand(base, old, login('ada')))
          assert.equal((await setup.getSession(cookie)).get('user'), 'ada')
          await byHand(base, old, logout)
          await assertDead(setup, [old, cookie])
        })
      })
    }
  })

  describe('a logout of which an operation', () => {
    for (const failure of FAILURES) {
      it(`${failure} can be repeated, and then ends every session that was begun under the old id`, async () => {
        const base = await create()
        const setup = storageOver(base)
        await eachOperation(base, failure, async (broken) => {
          const old = await start(setup)
          const one = toCookieHeader(await byHand(base, old, login('ada')))
          const two = toCookieHeader(await byHand(base, old, login('ada')))
          const next = toCookieHeader(await byHand(base, one, login('ada')))
          const cleared = await byHand(broken, old, logout).catch(() => '')
          if (cleared === '') await byHand(base, old, logout)
          await assertDead(setup, [old, one, two, next])
        })
      })
    }
  })
}

async function assertDead(setup: SessionStorage, cookies: readonly string[]): Promise<void> {
  for (const cookie of cookies) {
    assert.notEqual(cookie, '')
    assert.equal((await setup.getSession(cookie)).origin, 'unknown')
  }
}

/** Runs a scenario over stores of which the first operation fails, then the second, until none is left to fail. */
export async function eachOperation(
  base: SessionStore,
  failure: Failure,
  scenario: (broken: SessionStore) => Promise<void>,
): Promise<void> {
  for (let failing = 1, count = failing; failing <= count; failing++) {
    count = 0
    const operate = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (++count !== failing) return operation()
      if (failure !== 'fails') await operation()
      throw new Error('connection lost')
    }
    await scenario(through(base, operate))
    assert.ok(failing > 1 || count > 0, 'the requests have not asked the store')
  }
}

/** Looks before and after each operation. */
export function watched(store: SessionStore, look: () => Promise<unknown>): SessionStore {
  return through(store, async (operation) => {
    await look()
    try {
      return await operation()
    } finally {
      await look()
    }
  })
}

function through(
  store: SessionStore,
  operate: <T>(operation: () => Promise<T>) => Promise<T>,
): SessionStore {
  return {
    read: (key) => operate(() => store.read(key)),
    create: (...args) => operate(() => store.create(...args)),
    update: (...args) => operate(() => store.update(...args)),
    delete: (key) => operate(() => store.delete(key)),
    ...(isIndexed(store) && {
      keysOf: (user: string, page?: string) => operate(() => store.keysOf(user, page)),
    }),
  }
}
