import type { SessionStore } from 'fetch-sessions'

/** Creates a record where nothing is stored, and returns its version. */
export async function createRecord(
  store: SessionStore,
  key: string,
  data: string,
  expires: Date,
): Promise<string> {
  const version = await store.create(key, { data, expires })
  if (version === null) throw new Error(`there is a record under ${key}`)
  return version
}
