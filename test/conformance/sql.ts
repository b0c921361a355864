import { createStoreSessionStorage } from 'fetch-sessions'
import { createRecord } from '../support/create-record.ts'
import { SECRET } from '../support/secrets.ts'
import { migrationConformance } from './sql-migration.ts'
import type { SqlTable, SqlTraits } from './sql-migration.ts'
import { describe, expect, it, vi } from 'vitest'

/** What the upkeep of every SQL store does alike. The name of the table is the one that `create` is given. */
export function sqlConformance(
  name: string,
  create: (table: string) => SqlTable,
  { sample, run }: SqlTraits,
): void {
  if (sample !== undefined) migrationConformance(name, create, { sample, run })

  const at = (milliseconds: number): Date => new Date(Date.now() + milliseconds)

  describe(`${name}, its table`, () => {
    it('is made once, and left alone where it is there', async () => {
      const { store, maintenance } = create('made twice')
      await maintenance.setup()
      await store.create('key', { data: 'data', expires: at(3600_000) })
      await maintenance.setup()
      expect(await store.read('key')).not.toBeNull()
    })

    it.each(['with "quotes"', "'; DROP TABLE x; --", 'ünïcödé', 'select'])(
      'takes any name: %s',
      async (table) => {
        const { store, maintenance } = create(table)
        await maintenance.setup()
        await store.create('key', { data: 'data', expires: at(3600_000) })
        expect(await store.read('key')).toMatchObject({ data: 'data' })
      },
    )

    it.each(['', 'a\0b'])('refuses %j for a name', (table) => {
      expect(() => create(table)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    })

    it('is not made by a request', async () => {
      const { store, maintenance } = create('never made')
      const record = { data: 'data', expires: at(1000) }
      for (const use of [
        () => store.read('key'),
        () => store.create('key', record),
        () => store.update('key', 'version', record),
        () => store.delete('key'),
        () => store.keysOf('user'),
        () => maintenance.purgeExpired(),
      ]) {
        await expect(use()).rejects.toMatchObject({
          name: 'SessionError',
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringMatching(
            /^The table ".*never made" does not exist: call `await storage.setup\(\)` once/,
          ),
          cause: expect.any(Error),
        })
      }
    })

    it('is missing: the request fails with what to write, and goes on once it is made', async () => {
      const { store, maintenance } = create('made late')
      const storage = createStoreSessionStorage(store, { cookie: { secrets: [SECRET] } })
      const commit = async () => storage.commitSession(await storage.getSession())
      await expect(commit()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      await maintenance.setup()
      await expect(commit()).resolves.toContain('__session=')
    })

    it('lists no row that another has deleted, or that has expired and is not purged', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const { store, maintenance } = create('listed')
      await maintenance.setup()
      for (const [key, seconds] of Object.entries({ gone: 60, short: 1, long: 60 })) {
        await store.create(key, { data: key, expires: at(seconds * 1000), user: 'ada' })
      }
      expect((await store.keysOf('ada')).keys).toEqual(['gone', 'long', 'short'])
      await run(`DELETE FROM "listed" WHERE data = 'gone'`)
      vi.setSystemTime(at(1000))
      expect((await store.keysOf('ada')).keys).toEqual(['long'])
      vi.useRealTimers()
    })

    it('is purged of what has expired, the oldest first, no more than asked', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const { store, maintenance } = create('purged')
      await maintenance.setup()
      for (let i = 1; i <= 10; i++)
        await store.create(`old${i}`, { data: 'data', expires: at(i * 1000) })
      const living = at(60_000)
      await store.create('living', { data: 'data', expires: living })
      const renewed = await createRecord(store, 'renewed', 'data', at(1000))
      await store.update('renewed', renewed, { expires: living })
      vi.setSystemTime(at(10_000))
      expect(await maintenance.purgeExpired({ limit: 4 })).toBe(4)
      expect(await maintenance.purgeExpired()).toBe(6)
      expect(await maintenance.purgeExpired()).toBe(0)
      expect(await store.read('living')).not.toBeNull()
      expect(await store.read('renewed')).not.toBeNull()
      vi.useRealTimers()
    })

    it('is purged by several at once, each row by one', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const { store, maintenance } = create('purged together')
      await maintenance.setup()
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          store.create(`old${i}`, { data: 'data', expires: at(1000) }),
        ),
      )
      vi.setSystemTime(at(1000))
      const counts = await Promise.all(
        Array.from({ length: 5 }, () => maintenance.purgeExpired({ limit: 50 })),
      )
      const rest = await maintenance.purgeExpired()
      expect(counts.reduce((sum, count) => sum + count, rest)).toBe(50)
      vi.useRealTimers()
    })
  })
}
