import assert from 'node:assert/strict'

import type { SessionStore } from '../engine/store.ts'
import type { Session } from '../session/session.ts'
import { race, start, storageOver } from './race.ts'
import type { Outcome, Use } from './race.ts'
import type { StoreSuite } from './store-suite.ts'

/**
 * What must hold for two writes at once on one session, in every order of their operations on the store:
 *
 * | one | the other | after both |
 * | --- | --- | --- |
 * | sets a key | sets another key | both keys are there |
 * | sets a key | sets the same key | one of the two values is there, for both |
 * | consumes a flash value | sets a key | consumed, and the key is there |
 * | consumes a flash value | consumes it | consumed; nothing else is touched |
 * | consumes a flash value | sets it anew | the new one is there, unless the first has read that one |
 */
export function writeRaces({ create, describe, it }: StoreSuite): void {
  describe('two requests at once', () => {
    it('that set two keys keep both', async () => {
      await raceOfTwo(await create(), setsA(1), setsB, ({ data }) =>
        assert.deepEqual(data, { start: true, __flash_notice__: 'hello', a: 1, b: 2 }),
      )
    })

    it('that set one key agree on one value', async () => {
      const seen = new Set<unknown>()
      await raceOfTwo(await create(), setsA(1), setsA(2), (one, two) => {
        assert.equal(one.get('a'), two.get('a'))
        seen.add(one.get('a'))
      })
      assert.deepEqual(seen, new Set([1, 2]))
    })

    it('that consume one flash value lose nothing else', async () => {
      await raceOfTwo(await create(), consumes, consumes, ({ origin, data }) =>
        assert.deepEqual([origin, data], ['resumed', { start: true }]),
      )
    })

    it('of which one consumes a flash value and one sets a key do both', async () => {
      await raceOfTwo(await create(), consumes, setsA(1), ({ data }) =>
        assert.deepEqual(data, { start: true, a: 1 }),
      )
    })

    it('of which one consumes a flash value and one sets it anew keep the new one', async () => {
      const seen = new Set<unknown>()
      const flashes: Use = (session) => session.flash('notice', 'again')
      await raceOfTwo(await create(), consumes, flashes, (after) => seen.add(after.peek('notice')))
      // The one that reads after the other has written consumes the new one.
      assert.deepEqual(seen, new Set(['again', undefined]))
    })
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

const consumes: Use = (session) => session.get('notice')
const setsB: Use = (session) => session.set('b', 2)
function setsA(value: number): Use {
  return (session) => session.set('a', value)
}

/** @param check is given the session that each of the two clients has after both requests */
async function raceOfTwo(
  base: SessionStore,
  one: Use,
  two: Use,
  check: (one: Session, two: Session) => void,
): Promise<void> {
  await race(
    base,
    () => [{ use: one }, { use: two }],
    ({ clients }: Outcome) => {
      const [first, second] = clients
      assert.ok(first && second)
      check(first.session, second.session)
    },
  )
}
