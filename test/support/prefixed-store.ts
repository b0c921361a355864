import type { SessionStore } from 'fetch-sessions'

/** A part of a store that is empty at first, in an engine that others may use too. */
export function prefixedStore(store: SessionStore, prefix: string): SessionStore {
  return {
    read: (key) => store.read(prefix + key),
    create: (key, record) => store.create(prefix + key, record),
    update: (key, version, change) => store.update(prefix + key, version, change),
    delete: (key) => store.delete(prefix + key),
  }
}
