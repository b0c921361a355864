import type { IndexedSessionStore, StoredSession } from 'fetch-sessions'

/*
 * What the stores are made of that break a promise of the index. Those without an index are in store-with.ts.
 */

interface Row extends StoredSession {
  readonly user: string | undefined
}
export type Rows = Map<string, Row>

const PAGE = 500
let versions = 0

/** One store that looks up by user; what `broken` has takes the place of what is right. */
export function indexedStoreWith(
  broken: (rows: Rows, right: IndexedSessionStore) => Partial<IndexedSessionStore> = () => ({}),
): IndexedSessionStore {
  const rows: Rows = new Map()
  const right: IndexedSessionStore = {
    async read(key) {
      const row = living(rows, key)
      return row && { data: row.data, version: row.version, expires: row.expires }
    },
    async create(key, { data, expires, user }) {
      if (living(rows, key) !== null) return null
      const version = `v${++versions}`
      rows.set(key, { data, expires, user, version })
      return version
    },
    async update(key, expected, { data, expires, user }) {
      const row = living(rows, key)
      if (row?.version !== expected) return null
      const version = `v${++versions}`
      rows.set(key, { data: data ?? row.data, expires: expires ?? row.expires, user, version })
      return version
    },
    async delete(key) {
      rows.delete(key)
    },
    async keysOf(user, after = '') {
      const keys = [...rows.keys()].filter((key) => living(rows, key)?.user === user && key > after)
      const page = keys.toSorted().slice(0, PAGE)
      return { keys: page, cursor: keys.length > PAGE ? page.at(-1) : undefined }
    },
  }
  return { ...right, ...broken(rows, right) }
}

export function living(rows: Rows, key: string): Row | null {
  const row = rows.get(key)
  return row !== undefined && row.expires > new Date() ? row : null
}
