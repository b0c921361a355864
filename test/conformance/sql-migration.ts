import { readFileSync } from 'node:fs'

import type { IndexedSessionStore } from 'fetch-sessions'
import type { SqlSessionMaintenance } from '../../src/storage/sql-store.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

export interface SqlTable {
  readonly store: IndexedSessionStore
  readonly maintenance: SqlSessionMaintenance
}

export interface SqlTraits {
  /**
   * The file in test/samples/0.1/ that makes a table as version 0.1 did, and writes rows; undefined for a back end that 0.1
   * did not have.
   */
  readonly sample: 'sqlite' | 'postgres' | undefined
  /** Runs one statement past the store. */
  run(statement: string): Promise<unknown>
}

// The rows of the samples: two last two weeks, one has expired a second ago.
const NOW = 1795741404000
const ADA = 'uemDox8WzK2i7zrvnPEy6-Bg8j5fnm-QC7IDOYckw4A'
const BOB = '0Yv79esMbdTVR2qEXX20ubcKJehZrfrePk5iLenlpoE'
const EXPIRED = 'XoLLw3No50DPvU83cWm3_d-wdBL3n6o6oOI0Lq083AE'
const ADAS = {
  data: `{"createdAt":1795741343667,"data":{"userId":"ada","cart":["mug","children's book"]}}`,
  version: '85d53b28-1138-4b65-bdb3-f2a9a058b5b7',
  expires: new Date(1796950943667),
}

/** The statements of a sample, for a table of another name. */
export function statementsOf(sample: NonNullable<SqlTraits['sample']>, table: string): string[] {
  return readFileSync(`test/samples/0.1/${sample}.sql`, 'utf8')
    .replaceAll('"sessions', `"${table}`)
    .split(/;\n/)
    .filter((statement) => statement !== '')
}

/** How a table of version 0.1 is carried over. */
export function migrationConformance(
  name: string,
  create: (table: string) => SqlTable,
  { sample, run }: SqlTraits & { readonly sample: NonNullable<SqlTraits['sample']> },
): void {
  describe(`${name}, a table of version 0.1`, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: NOW })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    const open = async (table: string): Promise<SqlTable> => {
      for (const statement of statementsOf(sample, table)) await run(statement)
      return create(table)
    }

    async function useCarriedOver({ store }: SqlTable): Promise<void> {
      expect(await store.read(ADA)).toEqual(ADAS)
      expect((await store.read(BOB))?.data).toContain('dunkel – ü')
      expect(await store.read(EXPIRED)).toBeNull()
      expect(await store.keysOf('ada')).toEqual({ keys: [], cursor: undefined })
      // A renewal names the user too.
      const expires = new Date(NOW + 60_000)
      expect(await store.update(ADA, ADAS.version, { expires, user: 'ada' })).toBe(ADAS.version)
      expect(await store.create(EXPIRED, { data: 'new', expires, user: 'ada' })).not.toBeNull()
      const { keys } = await store.keysOf('ada')
      expect(keys.toSorted()).toEqual([EXPIRED, ADA].toSorted())
      expect(await store.read(ADA)).toEqual({ ...ADAS, expires })
    }

    it('is refused by requests until it is carried over', async () => {
      const { store } = await open('old refused')
      const record = { data: 'data', expires: new Date(NOW + 1000) }
      for (const use of [
        () => store.create('key', record),
        () => store.update(ADA, ADAS.version, { data: 'data' }),
        () => store.update(ADA, ADAS.version, { expires: record.expires }),
        () => store.update(ADA, ADAS.version, record),
        () => store.keysOf('ada'),
      ]) {
        await expect(use()).rejects.toMatchObject({
          name: 'SessionError',
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringMatching(
            /^The table ".*old refused" has no column "owner".*`await storage\.setup\(\)` once, or .* `storage\.migration`/,
          ),
          cause: expect.any(Error),
        })
      }
      expect(await store.read(ADA)).toEqual(ADAS)
    })

    it('is carried over by setup(), with its rows', async () => {
      const table = await open('old set up')
      await table.maintenance.setup()
      await table.maintenance.setup()
      await expect(useCarriedOver(table)).resolves.toBeUndefined()
    })

    it('is carried over by the statements of `migration`, with its rows', async () => {
      const table = await open('old migrated')
      for (const statement of table.maintenance.migration) await run(statement)
      await table.maintenance.setup()
      await expect(useCarriedOver(table)).resolves.toBeUndefined()
    })

    it('takes what processes of version 0.1 write after that', async () => {
      const { store, maintenance } = await open('old beside new')
      await maintenance.setup()
      const insert = statementsOf(sample, 'old beside new').at(-1) ?? ''
      await run(insert.replace(EXPIRED, 'late').replace(/\d+\)$/, `${NOW + 1000})`))
      expect(await store.read('late')).toMatchObject({ expires: new Date(NOW + 1000) })
    })

    it('is carried over by several at once', async () => {
      const table = await open('old set up together')
      await Promise.all(Array.from({ length: 8 }, () => table.maintenance.setup()))
      await expect(useCarriedOver(table)).resolves.toBeUndefined()
    })
  })

  it(`${name}: a new table is made by several at once`, async () => {
    for (let round = 0; round < 5; round++) {
      const { store, maintenance } = create(`new together ${round}`)
      await Promise.all(Array.from({ length: 8 }, () => maintenance.setup()))
      await store.create('key', { data: 'data', expires: new Date(Date.now() + 60_000), user: 'u' })
      expect(await store.keysOf('u')).toEqual({ keys: ['key'], cursor: undefined })
    }
  })
}
