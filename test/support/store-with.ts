import type { NewRecord, RecordChange, SessionStore, StoredSession } from 'fetch-sessions'

/*
 * What the stores are made of that break a promise of the interface. This file is run by other Nodes and test runners too,
 * with its types stripped.
 */

type Rows = Map<string, StoredSession>

let versions = 0

export const newVersion = (): string => `v${++versions}`

/** One store; what `broken` has takes the place of what is right. */
export function storeWith(
  broken: (rows: Rows, right: SessionStore) => Partial<SessionStore>,
): SessionStore {
  const rows: Rows = new Map()
  const right: SessionStore = {
    async read(key) {
      return living(rows, key)
    },
    async create(key, record) {
      return living(rows, key) === null ? put(rows, key, record) : null
    },
    async update(key, version, change) {
      const row = living(rows, key)
      return row?.version === version ? put(rows, key, changed(row, change)) : null
    },
    async delete(key) {
      rows.delete(key)
    },
  }
  return { ...right, ...broken(rows, right) }
}

export function living(rows: Rows, key: string): StoredSession | null {
  const row = rows.get(key)
  return row !== undefined && row.expires > new Date() ? row : null
}

export function put(rows: Rows, key: string, record: NewRecord, version = newVersion()): string {
  rows.set(key, { data: record.data, expires: record.expires, version })
  return version
}

export const changed = (row: NewRecord, { data, expires }: RecordChange): NewRecord => ({
  data: data ?? row.data,
  expires: expires ?? row.expires,
})

/** Changes the data and the expiry that are written. */
export const written = (
  change: <Change extends NewRecord | RecordChange>(record: Change) => Change,
) =>
  storeWith.bind(undefined, (_, right) => ({
    create: (key, record) => right.create(key, change(record)),
    update: (key, version, record) => right.update(key, version, change(record)),
  }))

/** Changes the data that is written. */
export const writtenAs = (encode: (data: string) => string) =>
  written((record) =>
    record.data === undefined ? record : { ...record, data: encode(record.data) },
  )

/** Changes the record that is read. */
export const given = (change: (record: StoredSession | null) => unknown) =>
  storeWith.bind(undefined, (_, right) => ({
    read: async (key) => change(await right.read(key)) as StoredSession | null,
  }))

/** Replaces `create`. */
export const creating = (create: (rows: Rows, key: string, record: NewRecord) => string | null) =>
  storeWith.bind(undefined, (rows) => ({
    create: async (key, record) => create(rows, key, record),
  }))

type Update = (
  rows: Rows,
  ...args: Parameters<SessionStore['update']>
) => Awaited<ReturnType<SessionStore['update']>>

/** Replaces `update`. */
export const updating = (update: Update) =>
  storeWith.bind(undefined, (rows) => ({ update: async (...args) => update(rows, ...args) }))

export const goodStore = (): SessionStore => storeWith(() => ({}))

/** A store that keeps every promise, and never moves an expiry alone. */
export const postponingStore = (): SessionStore =>
  storeWith((_, right) => ({
    update: async (key, version, change) =>
      change.data === undefined && (await right.read(key))?.version === version
        ? { postponed: true }
        : right.update(key, version, change),
  }))
