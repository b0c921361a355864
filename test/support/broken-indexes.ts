import type { SessionStore } from 'fetch-sessions'
import { indexedStoreWith } from './indexed-store.ts'
import { goodStore } from './store-with.ts'

export interface BrokenIndex {
  readonly create: () => SessionStore
  /** What the suite is told. Default: true. */
  readonly indexed?: boolean
  /** The tests that must find it. */
  readonly fails: readonly string[]
}

/** Stores that break one promise of the index each. */
export const brokenIndexes: Record<string, BrokenIndex> = {
  'has an index that the suite was not told of': {
    create: () => indexedStoreWith(),
    indexed: false,
    fails: ['a store has no keysOf, as the suite was told'],
  },
  'has no keysOf': {
    create: goodStore,
    fails: [
      'a store has keysOf, as the suite was told',
      'lists the records that were created for a user, and those alone',
      'lists nothing for a create that met another record',
      'keeps a record in the list through updates that name its user',
      'lists a record under the user that an update names, and under nobody without one',
      'changes no list for an update that met another version',
      'lists no record that is deleted or has expired',
      'lists a record that is created again under the same key',
      'lists 1200 records in pages, while others come and go',
    ],
  },
  'never writes the index': {
    create: () =>
      indexedStoreWith(() => ({ keysOf: async () => ({ keys: [], cursor: undefined }) })),
    fails: [
      'lists the records that were created for a user, and those alone',
      'lists nothing for a create that met another record',
      'keeps a record in the list through updates that name its user',
    ],
  },
  'writes the index after the record': {
    create: () =>
      indexedStoreWith((rows, right) => {
        // The index is one write behind.
        let listed = new Map<string, string | undefined>()
        let next = listed
        const write = async <T>(operation: Promise<T>): Promise<T> => {
          const answer = await operation
          listed = next
          next = new Map([...rows].map(([key, { user }]) => [key, user]))
          return answer
        }
        return {
          create: (...args) => write(right.create(...args)),
          update: (...args) => write(right.update(...args)),
          delete: (key) => write(right.delete(key)),
          async keysOf(user) {
            const keys = [...listed].filter(([, owner]) => owner === user).map(([key]) => key)
            return { keys, cursor: undefined }
          },
        }
      }),
    fails: [
      'lists a record under the user that an update names, and under nobody without one',
      'lists no record that is deleted or has expired',
      'lists a record that is created again under the same key',
    ],
  },
  'indexes no record that an update gives to a user': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        update: (key, version, change) =>
          right.update(key, version, { ...change, user: rows.get(key)?.user && change.user }),
      })),
    fails: ['lists a record under the user that an update names, and under nobody without one'],
  },
  'keeps the user of a record for ever': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        update: (key, version, change) =>
          right.update(key, version, { ...change, user: rows.get(key)?.user ?? change.user }),
      })),
    fails: ['lists a record under the user that an update names, and under nobody without one'],
  },
  'forgets the user if only the expiry moves': {
    create: () =>
      indexedStoreWith((_, right) => ({
        update: (key, version, change) =>
          right.update(
            key,
            version,
            change.data === undefined ? { ...change, user: undefined } : change,
          ),
      })),
    fails: ['keeps a record in the list through updates that name its user'],
  },
  'indexes a create that met another record': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        async create(key, record) {
          const answer = await right.create(key, record)
          const row = rows.get(key)
          if (answer === null && row !== undefined) rows.set(key, { ...row, user: record.user })
          return answer
        },
      })),
    fails: ['lists nothing for a create that met another record'],
  },
  'indexes an update that met another version': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        async update(key, version, change) {
          const answer = await right.update(key, version, change)
          const row = rows.get(key)
          if (answer === null && row !== undefined) rows.set(key, { ...row, user: change.user })
          return answer
        },
      })),
    fails: ['changes no list for an update that met another version'],
  },
  'lists what is deleted or has expired': {
    create: () =>
      indexedStoreWith((_, right) => {
        const index = new Map<string, string | undefined>()
        return {
          async create(key, record) {
            const version = await right.create(key, record)
            if (version !== null) index.set(key, record.user)
            return version
          },
          async update(key, version, change) {
            const answer = await right.update(key, version, change)
            if (answer !== null) index.set(key, change.user)
            return answer
          },
          async keysOf(user, after = '') {
            const keys = [...index].flatMap(([key, of]) =>
              of === user && key > after ? [key] : [],
            )
            const page = keys.toSorted().slice(0, 500)
            return { keys: page, cursor: keys.length > 500 ? page.at(-1) : undefined }
          },
        }
      }),
    fails: ['lists no record that is deleted or has expired'],
  },
  'never lists a key again': {
    create: () =>
      indexedStoreWith((_, right) => {
        const gone = new Set<string>()
        return {
          async delete(key) {
            gone.add(key)
            return right.delete(key)
          },
          async keysOf(...args) {
            const { keys, cursor } = await right.keysOf(...args)
            return { keys: keys.filter((key) => !gone.has(key)), cursor }
          },
        }
      }),
    fails: ['lists a record that is created again under the same key'],
  },
  'lists the keys of everybody': {
    create: () =>
      indexedStoreWith((rows) => ({
        keysOf: async () => ({
          keys: [...rows].flatMap(([key, { user }]) => (user === undefined ? [] : [key])),
          cursor: undefined,
        }),
      })),
    fails: [
      'lists the records that were created for a user, and those alone',
      'lists nothing for a create that met another record',
      'lists a record under the user that an update names, and under nobody without one',
    ],
  },
  'has only one page': {
    create: () =>
      indexedStoreWith((_, right) => ({
        keysOf: async (user) => ({ ...(await right.keysOf(user)), cursor: undefined }),
      })),
    fails: ['lists 1200 records in pages, while others come and go'],
  },
  'has no pages': {
    create: () =>
      indexedStoreWith((rows) => ({
        async keysOf(user) {
          const keys = [...rows].flatMap(([key, row]) =>
            row.user === user && row.expires > new Date() ? [key] : [],
          )
          return { keys, cursor: undefined }
        },
      })),
    fails: ['lists 1200 records in pages, while others come and go'],
  },
}
