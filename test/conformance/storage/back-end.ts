import type { Session, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { toCookie } from '../../support/client.ts'
import { SECRET } from '../../support/secrets.ts'

/** Makes storages over one back end, which is empty at first. */
export type MakeStorage = (options: SessionStorageOptions) => SessionStorage
export type OpenBackEnd = () => MakeStorage | Promise<MakeStorage>

export const COOKIE = { secrets: [SECRET], maxAge: 1000 }
/** In the future, so that engines with a clock of their own do not take the records for expired. */
export const START: number = Date.UTC(2100, 0, 1)

/** Commits what `use` does to the session of a cookie, and gives the next cookie. */
export async function request(
  storage: SessionStorage,
  cookie: string,
  use: (session: Session) => void,
): Promise<string> {
  const session = await storage.getSession(cookie)
  use(session)
  return toCookie(await storage.commitSession(session))
}
