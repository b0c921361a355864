import type { FlashSessionData, SessionData } from '../session/session.ts'
import type { SessionUser } from '../session/session-state.ts'
import { parseArray } from '../token/plain.ts'
import { isMoment } from '../token/token.ts'
import type { SessionBackend } from './session-backend.ts'
import { storageOver } from './session-storage.ts'
import type { SessionStorage, SessionStorageOptions } from './session-storage.ts'

/**
 * A back end that chooses its own ids. A method throws only if the back end cannot answer. The request then fails with
 * `ERR_SESSION_STORAGE`.
 *
 * @example
 * import type { SessionIdStorageStrategy } from 'fetch-sessions'
 *
 * interface Table {
 *   insert(json: string, expires?: Date): Promise<string>
 *   find(id: string): Promise<string | null>
 *   update(id: string, json: string, expires?: Date): Promise<boolean>
 *   remove(id: string): Promise<void>
 * }
 *
 * export function strategyOver(table: Table): SessionIdStorageStrategy<{ cart: string[] }> {
 *   return {
 *     cookie: { secrets: ['32 random characters in real life'] },
 *     createData: (data, expires) => table.insert(JSON.stringify(data), expires),
 *     readData: async (id) => JSON.parse((await table.find(id)) ?? 'null'),
 *     updateData: (id, data, expires) => table.update(id, JSON.stringify(data), expires),
 *     deleteData: (id) => table.remove(id),
 *   }
 * }
 */
export interface SessionIdStorageStrategy<
  Data extends object = SessionData,
  FlashData extends object = Data,
> extends SessionStorageOptions<Data> {
  /** Stores new data until `expires` and returns its id. The id must be impossible to guess. */
  createData(data: FlashSessionData<Data, FlashData>, expires?: Date): Promise<string>
  /** Returns the data under the id, or null if there is none or it has expired. */
  readData(id: string): Promise<FlashSessionData<Data, FlashData> | null>
  /** Replaces the data under the id. Returns `false` if the record is gone: no cookie is sent then. */
  updateData(
    id: string,
    data: FlashSessionData<Data, FlashData>,
    expires?: Date,
  ): Promise<void | boolean>
  /** Deletes the data under the id. Deleting missing data is valid. */
  deleteData(id: string): Promise<void>
}

/**
 * Makes a storage over a back end that chooses its own ids.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid option
 *
 * @example
 * import { createSessionStorage } from 'fetch-sessions'
 *
 * const rows = new Map<string, { json: string; expires: Date }>()
 *
 * export const storage = createSessionStorage<{ cart: string[] }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 *   async createData(data, expires = new Date()) {
 *     const id = crypto.randomUUID()
 *     rows.set(id, { json: JSON.stringify(data), expires })
 *     return id
 *   },
 *   async readData(id) {
 *     const row = rows.get(id)
 *     return row !== undefined && row.expires > new Date() ? JSON.parse(row.json) : null
 *   },
 *   async updateData(id, data, expires = new Date()) {
 *     if (!rows.has(id)) return false
 *     rows.set(id, { json: JSON.stringify(data), expires })
 *     return true
 *   },
 *   async deleteData(id) {
 *     rows.delete(id)
 *   },
 * })
 */
export function createSessionStorage<
  Data extends object = SessionData,
  FlashData extends object = Data,
>(strategy: SessionIdStorageStrategy<Data, FlashData>): SessionStorage<Data, FlashData> {
  const backend = strategyBackend(strategy)
  return storageOver<Data, FlashData>(() => backend, strategy)
}

function strategyBackend<Data extends object, FlashData extends object>(
  strategy: SessionIdStorageStrategy<Data, FlashData>,
): SessionBackend {
  type Stored = FlashSessionData<Data, FlashData>
  return {
    kind: 'id',
    merges: false,
    immediate: false,
    keepsTimes: false,
    async load(body) {
      const { id, user } = parseBody(body)
      const data = await strategy.readData(id)
      if (data === null || data === undefined) return 'unknown'
      if (typeof data !== 'object' || Array.isArray(data)) return 'invalid'
      return { id, values: { ...data }, user }
    },
    async save({ id, values }, { regenerate, expiresAt, user }) {
      const data = JSON.parse(values.serialize()) as Stored
      const expires = new Date(expiresAt)
      if (id !== '' && !regenerate) {
        const answer = await strategy.updateData(id, data, expires)
        return answer === false ? 'retired' : { body: bodyOf(id, user), id }
      }
      // A new id, because somebody else may know the old one.
      const newId = await strategy.createData(data, expires)
      if (id !== '') await strategy.deleteData(id)
      return { body: bodyOf(newId, user), id: newId }
    },
    async end({ id }) {
      if (id !== '') await strategy.deleteData(id)
    },
    endBody: (body) => strategy.deleteData(parseBody(body).id),
    idOf: (body) => parseBody(body).id,
  }
}

/*
 * The body of a token is the id, or a JSON array if a user is signed in: ["id","user id",authenticatedAt]. The user can be
 * in the token, since it changes only together with the id. An id that starts like an array is put into one.
 */

function bodyOf(id: string, user: SessionUser | undefined): string {
  if (user !== undefined) return JSON.stringify([id, user.id, user.authenticatedAt])
  return id.startsWith('[') ? JSON.stringify([id]) : id
}

function parseBody(body: string): { id: string; user?: SessionUser } {
  if (!body.startsWith('[')) return { id: body }
  const [id, userId, authenticatedAt] = parseArray(body)
  if (typeof id !== 'string') return { id: body }
  if (typeof userId !== 'string' || !isMoment(authenticatedAt)) return { id }
  return { id, user: { id: userId, authenticatedAt } }
}
