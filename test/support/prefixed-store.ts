import type { IndexedSessionStore, SessionStore } from 'fetch-sessions'

/** A part of a store that is empty at first, in an engine that others may use too. */
export function prefixedStore(store: IndexedSessionStore, prefix: string): IndexedSessionStore
export function prefixedStore(store: SessionStore, prefix: string): SessionStore
export function prefixedStore(
  store: SessionStore & Partial<IndexedSessionStore>,
  prefix: string,
): SessionStore {
  const owned = <Change extends { readonly user?: string | undefined }>(change: Change): Change =>
    change.user === undefined ? change : { ...change, user: prefix + change.user }
  const part: SessionStore = {
    read: (key) => store.read(prefix + key),
    create: (key, record) => store.create(prefix + key, owned(record)),
    update: (key, version, change) => store.update(prefix + key, version, owned(change)),
    delete: (key) => store.delete(prefix + key),
  }
  const { keysOf } = store
  if (keysOf === undefined) return part
  const indexed: Pick<IndexedSessionStore, 'keysOf'> = {
    async keysOf(user, page) {
      const { keys, cursor } = await keysOf(prefix + user, page)
      return { keys: keys.map((key) => key.slice(prefix.length)), cursor }
    },
  }
  return { ...part, ...indexed }
}
