import type { SessionStore } from 'fetch-sessions'
import { LOGINS, RACES } from './race-names.ts'
import {
  changed,
  creating,
  given,
  living,
  newVersion,
  put,
  storeWith,
  updating,
  written,
  writtenAs,
} from './store-with.ts'

export { goodStore, postponingStore } from './store-with.ts'

/*
 * Stores that break one promise of the interface each, to test the suite for stores. This file is run by other Nodes and
 * test runners too, with its types stripped.
 */

/** Each with the tests that must find it. */
export const brokenStores: Record<string, { create: () => SessionStore; fails: string[] }> = {
  'never compares': {
    create: () =>
      storeWith((rows) => ({
        create: async (key, record) => put(rows, key, record),
        async update(key, _version, change) {
          const row = living(rows, key) ?? { data: '', expires: new Date(0) }
          return put(rows, key, changed(row, change))
        },
      })),
    fails: [
      'creates a record where nothing is stored, and only there',
      'updates only the version that was read',
      'updates nothing where nothing is stored',
      'leaves a deleted record deleted, and deletes a missing one',
      'has nothing to read or to update once a record has expired',
      'that set two keys keep both',
      ...RACES,
      'fifty requests at once keep the keys of all',
    ],
  },
  'compares in a step of its own': {
    create: () =>
      storeWith((rows) => ({
        async create(key, record) {
          const row = living(rows, key)
          await Promise.resolve()
          return row === null ? put(rows, key, record) : null
        },
        async update(key, version, change) {
          const row = living(rows, key)
          await Promise.resolve()
          return row?.version === version ? put(rows, key, changed(row, change)) : null
        },
      })),
    fails: [
      'lets one of many win that create a record at once',
      'lets one of many win that update a version at once',
      'leaves a record deleted that is deleted and updated at once',
      'fifty requests at once keep the keys of all',
    ],
  },
  'creates over what is there': {
    create: creating((rows, key, record) => put(rows, key, record)),
    fails: [
      'creates a record where nothing is stored, and only there',
      'lets one of many win that create a record at once',
    ],
  },
  'brings back what was deleted': {
    create: updating((rows, key, version, change) => {
      const row = rows.get(key)
      if (row === undefined && change.data !== undefined && change.expires !== undefined) {
        return put(rows, key, change)
      }
      return row?.version === version && living(rows, key) !== null
        ? put(rows, key, changed(row, change))
        : null
    }),
    fails: [
      'updates nothing where nothing is stored',
      'leaves a deleted record deleted, and deletes a missing one',
      'leaves a record deleted that is deleted and updated at once',
    ],
  },
  'deletes nothing': {
    create: () => storeWith(() => ({ async delete() {} })),
    fails: [
      'leaves a deleted record deleted, and deletes a missing one',
      'leaves a record deleted that is deleted and updated at once',
    ],
  },
  'throws on deleting what is absent': {
    create: () =>
      storeWith((rows) => ({
        async delete(key) {
          if (!rows.delete(key)) throw new Error('no such record')
        },
      })),
    fails: ['leaves a deleted record deleted, and deletes a missing one'],
  },
  'never expires': {
    create: () =>
      storeWith((rows) => ({
        read: async (key) => rows.get(key) ?? null,
        create: async (key, record) => (rows.has(key) ? null : put(rows, key, record)),
        async update(key, version, change) {
          const row = rows.get(key)
          return row?.version === version ? put(rows, key, changed(row, change)) : null
        },
      })),
    fails: [
      'has nothing to read or to update once a record has expired',
      'updates no expired record, even if nobody has read it since',
      'creates a record that has expired already, and then has nothing',
    ],
  },
  'updates what has expired': {
    create: updating((rows, key, version, change) => {
      const row = rows.get(key)
      return row?.version === version ? put(rows, key, changed(row, change)) : null
    }),
    fails: [
      'has nothing to read or to update once a record has expired',
      'updates no expired record, even if nobody has read it since',
    ],
  },
  'renews what has expired': {
    create: updating((rows, key, version, change) => {
      const row = change.data === undefined ? rows.get(key) : living(rows, key)
      return row?.version === version ? put(rows, key, changed(row, change)) : null
    }),
    fails: ['updates no expired record, even if nobody has read it since'],
  },
  'cannot create anew what has expired': {
    create: creating((rows, key, record) => (rows.has(key) ? null : put(rows, key, record))),
    fails: [
      'has nothing to read or to update once a record has expired',
      'creates a record that has expired already, and then has nothing',
    ],
  },
  'counts versions anew in each record': {
    create: () =>
      storeWith((rows) => ({
        create: async (key, record) =>
          living(rows, key) === null ? put(rows, key, record, '1') : null,
        async update(key, version, change) {
          const row = living(rows, key)
          if (row?.version !== version) return null
          return put(rows, key, changed(row, change), String(Number(version) + 1))
        },
      })),
    fails: ['gives no version again to a record that is created anew'],
  },
  'keeps the version of data that changes': {
    create: updating((rows, key, version, change) => {
      const row = living(rows, key)
      return row?.version === version ? put(rows, key, changed(row, change), version) : null
    }),
    fails: [
      'updates only the version that was read',
      'lets one of many win that update a version at once',
      'that set two keys keep both',
    ],
  },
  'gives no version': {
    create: () =>
      storeWith((_, right) => ({
        create: async (...args) => ((await right.create(...args)) === null ? null : ''),
        update: async (...args) => ((await right.update(...args)) === null ? null : ''),
      })),
    fails: ['creates a record where nothing is stored, and only there'],
  },
  'gives no version of a record that it has renewed': {
    create: () =>
      storeWith((_, right) => ({
        async update(key, version, change) {
          const answer = await right.update(key, version, change)
          return answer !== null && change.data === undefined ? '' : answer
        },
      })),
    fails: [
      'moves the expiry alone and returns the version from then on, or postpones it and changes nothing',
    ],
  },
  'postpones every update': {
    create: updating(() => ({ postponed: true })),
    fails: [
      'updates only the version that was read',
      'changes the data alone, and keeps the expiry to the millisecond',
      'changes the data and the expiry together, and postpones neither',
    ],
  },
  'says that it postpones, and writes': {
    create: () =>
      storeWith((_, right) => ({
        async update(key, version, change) {
          const answer = await right.update(key, version, change)
          return answer !== null && change.data === undefined ? { postponed: true } : answer
        },
      })),
    fails: [
      'moves the expiry alone and returns the version from then on, or postpones it and changes nothing',
    ],
  },
  'drops the data where only the expiry moves': {
    create: updating((rows, key, version, { data = '', expires }) => {
      const row = living(rows, key)
      return row?.version === version
        ? put(rows, key, { data, expires: expires ?? row.expires })
        : null
    }),
    fails: [
      'moves the expiry alone and returns the version from then on, or postpones it and changes nothing',
    ],
  },
  'leaves the expiry where it was': {
    create: updating((rows, key, version, { data }) => {
      const row = living(rows, key)
      return row?.version === version ? put(rows, key, { ...row, data: data ?? row.data }) : null
    }),
    fails: [
      'has nothing to read or to update once a record has expired',
      'moves the expiry alone and returns the version from then on, or postpones it and changes nothing',
      'changes the data and the expiry together, and postpones neither',
    ],
  },
  'moves the expiry whatever the version': {
    create: updating((rows, key, version, change) => {
      const row = living(rows, key)
      if (row === null) return null
      const isMatch = change.data === undefined || row.version === version
      return isMatch ? put(rows, key, changed(row, change)) : null
    }),
    fails: [
      'updates only the version that was read',
      'moves the expiry alone and returns the version from then on, or postpones it and changes nothing',
    ],
  },
  'gives another expiry to data that changes': {
    create: updating((rows, key, version, { data, expires = new Date(Date.now() + 5000) }) => {
      const row = living(rows, key)
      return row?.version === version ? put(rows, key, { data: data ?? row.data, expires }) : null
    }),
    fails: ['changes the data alone, and keeps the expiry to the millisecond'],
  },
  'keeps whole seconds': {
    create: written((record) => {
      if (record.expires === undefined) return record
      const seconds = Math.ceil(record.expires.getTime() / 1000)
      return { ...record, expires: new Date(seconds * 1000 + 1) }
    }),
    fails: ['changes the data alone, and keeps the expiry to the millisecond'],
  },
  'cuts long text off': {
    create: writtenAs((data) => data.slice(0, 65_535)),
    fails: ['keeps text of any kind'],
  },
  'keeps bytes of Latin-1': {
    create: writtenAs((data) => Buffer.from(data, 'latin1').toString('latin1')),
    fails: ['keeps text of any kind'],
  },
  'takes keys for the same that differ in case': {
    create: () =>
      storeWith((_, right) => ({
        read: (key) => right.read(key.toLowerCase()),
        create: (key, record) => right.create(key.toLowerCase(), record),
        update: (key, version, change) => right.update(key.toLowerCase(), version, change),
        delete: (key) => right.delete(key.toLowerCase()),
      })),
    fails: ['keeps keys apart that differ only in the case of a letter'],
  },
  'gives undefined for what is absent': {
    create: given((record) => record ?? undefined),
    fails: ['creates a record where nothing is stored, and only there'],
  },
  'gives the expiry as a number': {
    create: given((record) => record && { ...record, expires: record.expires.getTime() }),
    fails: ['creates a record where nothing is stored, and only there'],
  },
  'has one record for all keys': {
    create: () =>
      storeWith((_, right) => ({
        read: () => right.read('key'),
        create: (_key, record) => right.create('key', record),
        update: (_key, version, change) => right.update('key', version, change),
        delete: () => right.delete('key'),
      })),
    fails: ['keeps keys apart that differ only in the case of a letter', ...LOGINS],
  },
  'answers that it has written, and has not': {
    create: () =>
      storeWith(() => ({ create: async () => newVersion(), update: async () => newVersion() })),
    fails: [
      'creates a record where nothing is stored, and only there',
      'that set one key agree on one value',
      'that consume one flash value lose nothing else',
      'of which one consumes a flash value and one sets a key do both',
      'of which one consumes a flash value and one sets it anew keep the new one',
      'with another login: both go on, with sessions of their own',
    ],
  },
}
