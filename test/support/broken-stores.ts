import type { SessionStore, StoredSession } from 'fetch-sessions'

/*
 * Stores that break one promise of the interface each, to test the suite for stores. This file is run by other Nodes and
 * test runners too, with its types stripped.
 */

type Rows = Map<string, StoredSession>
type Write = Parameters<SessionStore['write']>

let versions = 0

/** One store; what `broken` has takes the place of what is right. */
function storeWith(
  broken: (rows: Rows, right: SessionStore) => Partial<SessionStore>,
): SessionStore {
  const rows: Rows = new Map()
  const right: SessionStore = {
    async read(key) {
      return living(rows, key)
    },
    async write(key, data, expires, expected) {
      const row = living(rows, key)
      if ((row?.version ?? null) !== expected) return null
      return put(rows, key, data ?? row?.data ?? '', expires ?? row?.expires ?? new Date(0))
    },
    async delete(key) {
      rows.delete(key)
    },
  }
  return { ...right, ...broken(rows, right) }
}

function living(rows: Rows, key: string): StoredSession | null {
  const row = rows.get(key)
  return row !== undefined && row.expires > new Date() ? row : null
}

function put(rows: Rows, key: string, data: string, expires: Date, version?: string): string {
  const row = { data, expires, version: version ?? `v${++versions}` }
  rows.set(key, row)
  return row.version
}

/** Changes the arguments of a write. */
const written = (change: (write: Write, row: StoredSession | undefined) => Write) =>
  storeWith.bind(undefined, (rows, right) => ({
    write: (...args) => right.write(...change(args, rows.get(args[0]))),
  }))

/** Changes the record that is read. */
const given = (change: (record: StoredSession | null) => unknown) =>
  storeWith.bind(undefined, (_, right) => ({
    read: async (key) => change(await right.read(key)) as StoredSession | null,
  }))

export const goodStore = (): SessionStore => storeWith(() => ({}))

/** Each with the tests that must find it. */
export const brokenStores: Record<string, { create: () => SessionStore; fails: string[] }> = {
  'never compares': {
    create: written(([key, data, expires], row) => {
      const isLiving = row !== undefined && row.expires > new Date()
      return [key, data, expires, isLiving ? row.version : null]
    }),
    fails: [
      'writes where nothing is, and only there',
      'replaces only the version that was read',
      'leaves a deleted record deleted, and deletes what is not there',
      'has nothing where a record has expired, to read or to replace',
      'that set two keys keep both',
      'of which one logs out and one sets a key leave no session',
      'fifty requests at once keep the keys of all',
    ],
  },
  'compares in a step of its own': {
    create: () =>
      storeWith((rows) => ({
        async write(key, data, expires, expected) {
          const row = living(rows, key)
          await Promise.resolve()
          if ((row?.version ?? null) !== expected) return null
          return put(rows, key, data ?? row?.data ?? '', expires ?? row?.expires ?? new Date(0))
        },
      })),
    fails: [
      'lets one of many win that make a record at once',
      'lets one of many win that replace a version at once',
      'leaves a record deleted that was deleted and written at once',
      'fifty requests at once keep the keys of all',
    ],
  },
  'writes over what is there where nothing was expected': {
    create: written(([key, data, expires, expected], row) => [
      key,
      data,
      expires,
      expected ?? row?.version ?? null,
    ]),
    fails: [
      'writes where nothing is, and only there',
      'lets one of many win that make a record at once',
    ],
  },
  'brings back what was deleted': {
    create: written(([key, data, expires, expected], row) => [
      key,
      data,
      expires,
      row === undefined ? null : expected,
    ]),
    fails: [
      'leaves a deleted record deleted, and deletes what is not there',
      'leaves a record deleted that was deleted and written at once',
      'of which one logs out and one sets a key leave no session',
    ],
  },
  'deletes nothing': {
    create: () => storeWith(() => ({ async delete() {} })),
    fails: [
      'leaves a deleted record deleted, and deletes what is not there',
      'leaves a record deleted that was deleted and written at once',
      'of which one logs out and one logs out as well leave no session',
    ],
  },
  'throws on deleting what is absent': {
    create: () =>
      storeWith((rows) => ({
        async delete(key) {
          if (!rows.delete(key)) throw new Error('no such record')
        },
      })),
    fails: ['leaves a deleted record deleted, and deletes what is not there'],
  },
  'never expires': {
    create: () =>
      storeWith((rows) => ({
        async read(key) {
          return rows.get(key) ?? null
        },
        async write(key, data, expires, expected) {
          const row = rows.get(key)
          if ((row?.version ?? null) !== expected) return null
          return put(rows, key, data ?? row?.data ?? '', expires ?? row?.expires ?? new Date(0))
        },
      })),
    fails: [
      'has nothing where a record has expired, to read or to replace',
      'replaces nothing that has expired, though nobody has read it since',
      'takes a record that has expired already, and then has nothing',
    ],
  },
  'replaces what has expired': {
    create: () =>
      storeWith((rows, right) => ({
        async write(key, data, expires, expected) {
          const row = rows.get(key)
          if (row === undefined || row.version !== expected) {
            return right.write(key, data, expires, expected)
          }
          return put(rows, key, data ?? row.data, expires ?? row.expires)
        },
      })),
    fails: [
      'has nothing where a record has expired, to read or to replace',
      'replaces nothing that has expired, though nobody has read it since',
    ],
  },
  'cannot make anew what has expired': {
    create: () =>
      storeWith((rows, right) => ({
        async write(key, data, expires, expected) {
          const isTaken = expected === null && rows.has(key)
          return isTaken ? null : right.write(key, data, expires, expected)
        },
      })),
    fails: [
      'has nothing where a record has expired, to read or to replace',
      'takes a record that has expired already, and then has nothing',
    ],
  },
  'counts versions anew in each record': {
    create: () =>
      storeWith((rows) => ({
        async write(key, data, expires, expected) {
          const row = living(rows, key)
          if ((row?.version ?? null) !== expected) return null
          const version = String(Number(row?.version ?? 0) + 1)
          const kept = data ?? row?.data ?? ''
          return put(rows, key, kept, expires ?? row?.expires ?? new Date(0), version)
        },
      })),
    fails: ['gives no version again to a record that was made anew'],
  },
  'keeps the version of data that changes': {
    create: () =>
      storeWith((rows) => ({
        async write(key, data, expires, expected) {
          const row = living(rows, key)
          if ((row?.version ?? null) !== expected) return null
          const kept = data ?? row?.data ?? ''
          return put(rows, key, kept, expires ?? row?.expires ?? new Date(0), row?.version)
        },
      })),
    fails: [
      'replaces only the version that was read',
      'lets one of many win that replace a version at once',
      'that set two keys keep both',
    ],
  },
  'gives no version': {
    create: () =>
      storeWith((_, right) => ({
        write: async (...args) => ((await right.write(...args)) === null ? null : ''),
      })),
    fails: ['writes where nothing is, and only there'],
  },
  'drops the data where only the expiry moves': {
    create: written(([key, data, ...rest]) => [key, data ?? '', ...rest]),
    fails: ['moves the expiry alone, and gives the version that is good from then on'],
  },
  'leaves the expiry where it was': {
    create: written(([key, data, expires, expected], row) => [
      key,
      data,
      row?.expires ?? expires,
      expected,
    ]),
    fails: [
      'has nothing where a record has expired, to read or to replace',
      'moves the expiry alone, and gives the version that is good from then on',
    ],
  },
  'moves the expiry whatever the version': {
    create: written(([key, data, expires, expected], row) => [
      key,
      data,
      expires,
      data === null ? (row?.version ?? null) : expected,
    ]),
    fails: [
      'moves the expiry alone, and gives the version that is good from then on',
      'leaves a deleted record deleted, and deletes what is not there',
    ],
  },
  'gives another expiry to data that changes': {
    create: written(([key, data, expires, expected]) => [
      key,
      data,
      expires ?? new Date(Date.now() + 5000),
      expected,
    ]),
    fails: ['changes the data alone, and keeps the expiry to the millisecond'],
  },
  'keeps whole seconds': {
    create: written(([key, data, expires, expected]) => [
      key,
      data,
      expires && new Date(Math.ceil(expires.getTime() / 1000) * 1000 + 1),
      expected,
    ]),
    fails: ['changes the data alone, and keeps the expiry to the millisecond'],
  },
  'cuts long text off': {
    create: written(([key, data, ...rest]) => [key, data && data.slice(0, 65_535), ...rest]),
    fails: ['keeps text of any kind'],
  },
  'keeps bytes of Latin-1': {
    create: written(([key, data, ...rest]) => [
      key,
      data && Buffer.from(data, 'latin1').toString('latin1'),
      ...rest,
    ]),
    fails: ['keeps text of any kind'],
  },
  'takes keys for the same that differ in case': {
    create: () =>
      storeWith((_, right) => ({
        read: (key) => right.read(key.toLowerCase()),
        write: (key, ...rest) => right.write(key.toLowerCase(), ...rest),
        delete: (key) => right.delete(key.toLowerCase()),
      })),
    fails: ['keeps keys apart that differ in the case of a letter only'],
  },
  'gives undefined for what is absent': {
    create: given((record) => record ?? undefined),
    fails: ['writes where nothing is, and only there'],
  },
  'gives the expiry as a number': {
    create: given((record) => record && { ...record, expires: record.expires.getTime() }),
    fails: ['writes where nothing is, and only there'],
  },
  'has one record for all keys': {
    create: () =>
      storeWith((_, right) => ({
        read: () => right.read('key'),
        write: (_key, ...rest) => right.write('key', ...rest),
        delete: () => right.delete('key'),
      })),
    fails: [
      'keeps keys apart that differ in the case of a letter only',
      'of which one gets a new id and one sets a key: the key is kept, or its request comes too late',
    ],
  },
  'answers that it has written, and has not': {
    create: () => storeWith(() => ({ write: async () => `v${++versions}` })),
    fails: [
      'writes where nothing is, and only there',
      'that set one key agree on one value',
      'that consume one flash value lose nothing else',
      'of which one consumes a flash value and one sets a key do both',
      'of which both get a new id: one of them goes on',
    ],
  },
}
