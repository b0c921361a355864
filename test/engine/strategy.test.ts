import { createSessionStorage } from 'fetch-sessions'
import type { Session, SessionData, SessionStorage } from 'fetch-sessions'
import { storageConformance } from '../conformance/storage.ts'
import { COOKIE, request } from '../conformance/storage/back-end.ts'
import type { MakeStorage } from '../conformance/storage/back-end.ts'
import { visit } from '../support/visit.ts'
import { describe, expect, it } from 'vitest'

interface Row {
  readonly data: SessionData
  readonly expires: Date | undefined
}

/** Storages over a back end that makes up its own ids. */
function openRows(rows = new Map<string, Row>(), calls: string[] = []): MakeStorage {
  return (options) =>
    createSessionStorage({
      ...options,
      async createData(data, expires) {
        calls.push('create')
        const id = crypto.randomUUID()
        rows.set(id, { data, expires })
        return id
      },
      async readData(id) {
        const { data, expires } = rows.get(id) ?? {}
        return data !== undefined && (expires?.getTime() ?? 0) > Date.now() ? data : null
      },
      async updateData(id, data, expires) {
        calls.push('update')
        if (!rows.has(id)) return false
        rows.set(id, { data, expires })
        return true
      },
      async deleteData(id) {
        calls.push('delete')
        rows.delete(id)
      },
    })
}

storageConformance('a strategy', () => openRows())

describe('createSessionStorage', () => {
  it('never writes what a login has set under the old id', async () => {
    const calls: string[] = []
    const storage = openRows(undefined, calls)({ cookie: COOKIE })
    const cookie = await request(storage, '', () => {})
    const next = await request(storage, cookie, (session) => {
      session.regenerate()
      session.set('user', 'ada')
    })
    expect(calls).toEqual(['create', 'create', 'delete'])
    expect((await storage.getSession(cookie)).origin).toBe('unknown')
    expect((await storage.getSession(next)).get('user')).toBe('ada')
  })

  it.each<[string, (storage: SessionStorage, cookie: string) => Promise<unknown>]>([
    ['login', (storage, cookie) => request(storage, cookie, (session) => session.regenerate())],
    ['logout', (storage, cookie) => request(storage, cookie, (session) => session.destroy())],
  ])('sends no cookie if a %s has overtaken a write, and revives nothing', async (_, end) => {
    const storage = openRows()({ cookie: COOKIE })
    const cookie = await request(storage, '', () => {})
    const late: Session = await storage.getSession(cookie)
    const response = await visit({ storage, cookie }, async (session) => {
      await end(storage, cookie)
      late.set('n', 1)
      session.set('n', 2)
    })
    expect(await storage.commitSession(late)).toBe('')
    expect(response.headers.getSetCookie()).toEqual([])
    expect((await storage.getSession(cookie)).origin).toBe('unknown')
  })

  it('ends the session of every authentic cookie', async () => {
    const rows = new Map<string, Row>()
    const storage = openRows(rows)({ cookie: COOKIE })
    const cookies = [await request(storage, '', () => {}), await request(storage, '', () => {})]
    await storage.destroySession(await storage.getSession(cookies.join('; ')))
    expect(rows.size).toBe(0)
  })
})
