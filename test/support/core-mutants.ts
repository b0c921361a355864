import type { BrokenIndex } from './broken-indexes.ts'
import { indexedStoreWith } from './indexed-store.ts'

/*
 * Stores that take from the core one of its parts each: what it writes, or the comparison of versions.
 */

const RETIRED = 'retired:'

/** Each with the tests that must find it. */
export const coreMutants: Record<string, BrokenIndex> = {
  'without markers': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        async update(key, version, change) {
          if (change.data?.startsWith(RETIRED) !== true) return right.update(key, version, change)
          if (rows.get(key)?.version !== version) return null
          await right.delete(key)
          return version
        },
      })),
    fails: [
      'one that signs the same user in, and one that authenticates again',
      'one that signs the same user in, and one that asks for a new id',
      'one that authenticates again, and one that authenticates again',
      'one that authenticates again, and one that asks for a new id',
      'one that asks for a new id, and one that asks for a new id',
      'after another one that was not answered: both are signed in',
    ],
  },
  'whose markers name nothing': {
    create: () =>
      indexedStoreWith((_, right) => ({
        update: (key, version, change) =>
          right.update(
            key,
            version,
            change.data?.startsWith(RETIRED) === true
              ? { ...change, data: change.data.replace(/"begun":\[[^\]]*\]/, '"begun":[]') }
              : change,
          ),
      })),
    fails: [
      'with another one: both go on, and a logout with the old id ends both',
      'fails, shows nothing of it under the old id, and can be repeated until a logout',
      'is carried out, but not answered, shows nothing of it under the old id, and can be repeated until a logout',
      'fails, can be repeated, and then holds: endSession',
      'is carried out, but not answered, can be repeated, and then holds: endSession',
    ],
  },
  'whose markers count no logouts': {
    create: () =>
      indexedStoreWith((_, right) => ({
        update: (key, version, change) =>
          right.update(
            key,
            version,
            change.data?.startsWith(RETIRED) === true
              ? { ...change, data: change.data.replace(/"logouts":\d+/, '"logouts":0') }
              : change,
          ),
      })),
    fails: [
      'one that signs the same user in, and one that signs another user in',
      'one that signs the same user in, and one that signs out',
      'one that signs another user in, and one that signs another user in',
      'one that signs another user in, and one that signs out',
      'one that signs another user in, and one that authenticates again',
      'one that signs another user in, and one that asks for a new id',
      'one that signs out, and one that authenticates again',
      'one that signs out, and one that asks for a new id',
      'one that logs out, and one that authenticates again',
      'one that logs out, and one that asks for a new id',
      'one that logs out, one that authenticates again, one that signs another user in',
      'one that authenticates again, one that logs out, one that asks for a new id',
      'one that asks for a new id, one that signs out, one that signs the same user in',
      'one that ends it, and one that authenticates again',
      'one that ends it, and one that asks for a new id',
      'one that ends it, one that asks for a new id, one that logs out',
    ],
  },
  'whose markers do not say that a session was revoked': {
    create: () =>
      indexedStoreWith((_, right) => ({
        update: (key, version, change) =>
          right.update(key, version, {
            ...change,
            data: change.data?.replace(',"revoked":true', ''),
          } as typeof change),
      })),
    fails: [
      'tells its holder, who can sign in again at once',
      'is ended by one that ends all, or counts as later',
      'a message begins a session of its own, and never comes after a sign-in',
      'one of two messages begins a session',
      '2 at once: of three one after the other, the last two stay',
    ],
  },
  'that deletes what it ends': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        async update(key, version, change) {
          if (!/^retired:.*"begun":\[\]/.test(change.data ?? ''))
            return right.update(key, version, change)
          if (rows.get(key)?.version !== version) return null
          await right.delete(key)
          return version
        },
      })),
    fails: [
      'one that signs the same user in, and one that logs out',
      'one that signs another user in, and one that logs out',
      'one that logs out, and one that sets a key',
      'one that signs the same user in, one that logs out, one that sets a key',
      'one that logs out, one that signs the same user in, one that signs the same user in',
      'with a logout is signed in exactly if its commit began after the logout',
      'one that ends it, and one that signs the same user in',
      'one that ends it, one that asks for a new id, one that authenticates again',
      'one that ends it, one that asks for a new id, one that signs the same user in',
      'one that ends it, one that signs the same user in, one that sets a key',
      'one that ends all, and one that signs the same user in',
      'one that ends all, one that asks for a new id, one that authenticates again',
      'one that ends all, one that asks for a new id, one that signs the same user in',
      'two sign-ins both go on, and a logout with the old id ends both',
    ],
  },
  'that names no user': {
    create: () =>
      indexedStoreWith((_, right) => ({
        create: (key, record) => right.create(key, { ...record, user: undefined }),
        update: (key, version, change) =>
          right.update(key, version, { ...change, user: undefined }),
      })),
    fails: [
      'one that ends all, and one that authenticates again',
      'one that ends all, and one that asks for a new id',
      'of which each key is a page: one that ends all others, and one that asks for a new id',
      'of which each key is a page: one that ends all others, and one that authenticates again',
      'stays if all others are ended, beside one that sets a key',
      'stays if all others are ended, beside one that is renewed',
      '1 at once, beside 0 before: two at once leave 1',
      '1 at once, beside 1 before: two at once leave 1',
      '2 at once, beside 2 before: two at once leave 2',
      '3 at once, beside 1 before: two at once leave 3',
      '2 at once: three at once leave 2',
      '1 at once, beside 2 before of which one asks for a new id, leave 1',
      '1 at once, beside 2 before of which one authenticates again, leave 1',
      '1 at once, beside 2 before of which one sets a key, leave 1',
      '2 at once, beside 2 before of which one sets a key, leave 2',
      '1 at once, beside 2 before of which one is renewed, leave 1',
      '2 at once, beside 2 before of which one is renewed, leave 2',
      'fails, can be repeated, and then holds: endSessions',
      'is carried out, but not answered, can be repeated, and then holds: endSessions',
      'fails, can be repeated, and then the limit holds',
      'is carried out, but not answered, can be repeated, and then the limit holds',
    ],
  },
  'that names no user in an update': {
    create: () =>
      indexedStoreWith((_, right) => ({
        update: (key, version, change) =>
          right.update(key, version, { ...change, user: undefined }),
      })),
    fails: [
      'one that ends all, and one that sets a key',
      'one that ends all, and one that is renewed',
      'one that ends all, one that authenticates again, one that sets a key',
      'one that ends all, one that signs the same user in, one that sets a key',
      '3 at once, beside 2 before of which one sets a key, leave 3',
      '3 at once, beside 2 before of which one is renewed, leave 3',
    ],
  },
  'that checks no version': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        update: (key, _version, change) => right.update(key, rows.get(key)?.version ?? '', change),
      })),
    fails: [
      'one that signs the same user in, and one that signs another user in',
      'one that signs the same user in, and one that signs out',
      'changes no list for an update that met another version',
    ],
  },
  'that checks the version of markers alone': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        update: (key, version, change) =>
          right.update(
            key,
            change.data?.startsWith(RETIRED) === true ? version : (rows.get(key)?.version ?? ''),
            change,
          ),
      })),
    fails: [
      'one that signs the same user in, and one that sets a key',
      'one that signs the same user in, and one that is renewed',
      'one that signs another user in, and one that sets a key',
      'one that signs another user in, and one that is renewed',
      'one that signs out, and one that sets a key',
      'one that signs out, and one that is renewed',
      'one that logs out, and one that is renewed',
      'one that authenticates again, and one that sets a key',
      'one that authenticates again, and one that is renewed',
      'one that asks for a new id, and one that sets a key',
      'one that asks for a new id, and one that is renewed',
      'one that signs another user in, one that sets a key, one that signs the same user in',
      'with one that writes keeps the values of the anonymous session, and drops what comes later',
      'as another user leaves nothing of what the first one writes at once',
      'with another one: both count',
      'with two others: all count',
      'with one that sets the value: it counts from that one on, or is replaced',
      'with a sign-in counts in its session, or is dropped without a cookie',
      'in a sign-in and in another request: both count',
      'fifty updates of a value at once all count',
      'one that ends it, and one that sets a key',
      'one that ends it, one that authenticates again, one that sets a key',
    ],
  },
  'that checks the version of all but markers': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        update: (key, version, change) =>
          right.update(
            key,
            change.data?.startsWith(RETIRED) === true ? (rows.get(key)?.version ?? '') : version,
            change,
          ),
      })),
    fails: [
      'one that signs the same user in, and one that signs another user in',
      'one that signs the same user in, and one that signs out',
      'one that signs the same user in, and one that logs out',
    ],
  },
  'that does not say which session it replaces': {
    create: () =>
      indexedStoreWith((_, right) => ({
        create: (key, record) =>
          right.create(key, { ...record, data: record.data.replace(/,"replaces":"[^"]*"/, '') }),
      })),
    fails: [
      '2 at once, beside 2 before of which one asks for a new id, leave 2',
      '3 at once, beside 2 before of which one asks for a new id, leave 3',
      '2 at once, beside 2 before of which one authenticates again, leave 2',
      '3 at once, beside 2 before of which one authenticates again, leave 3',
      '1 at once, beside 2 before of which one signs the same user in, leave 1',
      '2 at once, beside 2 before of which one signs the same user in, leave 2',
      '3 at once, beside 2 before of which one signs the same user in, leave 3',
    ],
  },
  'that ends nothing': {
    create: () =>
      indexedStoreWith((rows, right) => ({
        async update(key, version, change) {
          if (!/^retired:.*"logouts":[1-9]/.test(change.data ?? '')) {
            return right.update(key, version, change)
          }
          return rows.get(key)?.version === version ? version : null
        },
      })),
    fails: [
      'one that signs out, and one that signs out',
      'one that signs out, and one that logs out',
      'one that logs out, and one that logs out',
      'one that ends it, and one that signs another user in',
      'one that ends it, and one that signs out',
      'one that ends it, and one that logs out',
      'one that ends it, and one that is renewed',
      'one that ends all, and one that signs another user in',
      'one that ends all, and one that signs out',
      'one that ends all, and one that logs out',
      'one that ends all, one that asks for a new id, one that logs out',
    ],
  },
  'that takes every user for one': {
    create: () =>
      indexedStoreWith((_, right) => ({
        async read(key) {
          const record = await right.read(key)
          return record && { ...record, data: record.data.replace('"id":"ada"', '"id":"bob"') }
        },
      })),
    fails: ['stays if another user ends it by its handle'],
  },
}
