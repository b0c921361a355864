import type { SessionStore } from 'fetch-sessions'

/** A part of a store that is empty at first, in an engine that others may use too. */
export function prefixedStore(store: SessionStore, prefix: string): SessionStore {
  return {
    read: (key) => store.read(prefix + key),
    write: (key, ...rest) => store.write(prefix + key, ...rest),
    delete: (key) => store.delete(prefix + key),
  }
}
