import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStore } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { Buffer } from 'node:buffer'
import { toCookie } from '../support/client.ts'
import { OLD_SECRET, SECRET } from '../support/secrets.ts'
import { visit } from '../support/visit.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }

describe('encryptAtRest', () => {
  const sealing = (store: SessionStore, secrets = [SECRET], acceptPlain = false) =>
    createStoreSessionStorage(store, { cookie: { secrets }, encryptAtRest: true, acceptPlain })

  async function stored(store: SessionStore, storage = sealing(store)) {
    const create = vi.spyOn(store, 'create')
    const session = await storage.getSession()
    session.set('user', 'ada lovelace')
    const cookie = toCookie(await storage.commitSession(session))
    const [key = '', record] = create.mock.calls.at(-1) ?? []
    return { cookie, key, data: record?.data ?? '' }
  }

  it('shows the store nothing, and gives the values back', async () => {
    const store = createMemoryStore(10)
    const { cookie, data } = await stored(store)
    expect(data).toMatch(/^sealed:[\w-]+$/)
    expect(Buffer.from(data.slice(7), 'base64url').toString('latin1')).not.toMatch(/ada|user/)
    expect((await sealing(store).getSession(cookie)).get('user')).toBe('ada lovelace')
  })

  it('refuses a record that was copied to another row, or changed', async () => {
    const store = createMemoryStore(10)
    const [one, two] = [await stored(store), await stored(store)]
    const version = (await store.read(one.key))?.version ?? ''
    await store.update(one.key, version, { data: two.data })
    expect((await sealing(store).getSession(one.cookie)).origin).toBe('invalid')
  })

  it('refuses what somebody who can write to the back end has made up', async () => {
    const store = createMemoryStore(10)
    const { cookie, key } = await stored(store)
    const found = await store.read(key)
    const data = '{"createdAt":1,"user":{"id":"admin","authenticatedAt":1},"data":{"role":"admin"}}'
    await store.update(key, found?.version ?? '', { data })
    const session = await sealing(store).getSession(cookie)
    expect(session.origin).toBe('invalid')
    expect([session.userId, session.get('role')]).toEqual([undefined, undefined])
  })

  it('reads with `acceptPlain` what was written before it was set, and seals it at the next write', async () => {
    const store = createMemoryStore(10)
    const plain = createStoreSessionStorage(store, { cookie: COOKIE })
    const { cookie, key } = await stored(store, plain)
    expect((await sealing(store).getSession(cookie)).origin).toBe('invalid')
    const storage = sealing(store, [SECRET], true)
    const session = await storage.getSession(cookie)
    session.set('more', 1)
    await storage.commitSession(session)
    expect((await store.read(key))?.data).toMatch(/^sealed:/)
  })

  it('seals with `acceptPlain` what was written before it was set with the next response, though nobody changes it', async () => {
    const store = createMemoryStore(10)
    const { cookie, key } = await stored(
      store,
      createStoreSessionStorage(store, { cookie: COOKIE }),
    )
    await visit({ storage: sealing(store, [SECRET], true), cookie })
    expect((await store.read(key))?.data).toMatch(/^sealed:/)
  })

  it('reads what an older secret has sealed', async () => {
    const store = createMemoryStore(10)
    const { cookie } = await stored(store, sealing(store, [OLD_SECRET]))
    const session = await sealing(store, [SECRET, OLD_SECRET]).getSession(cookie)
    expect(session.get('user')).toBe('ada lovelace')
  })

  it('is written anew, though nobody changes it, with the newest secret', async () => {
    const store = createMemoryStore(10)
    const { cookie, key } = await stored(store, sealing(store, [OLD_SECRET]))
    const rotated = sealing(store, [SECRET, OLD_SECRET])
    const next = async (sent: string): Promise<string> =>
      toCookie((await visit({ storage: rotated, cookie: sent })).headers.getSetCookie()[0])
    const before = (await store.read(key))?.data
    const renewed = await next(cookie)
    expect((await store.read(key))?.data).not.toBe(before)
    expect(await next(renewed)).toBe('')
    const later = await sealing(store, [SECRET]).getSession(renewed)
    expect(later.get('user')).toBe('ada lovelace')
  })

  it('is what `acceptPlain` needs', () => {
    expect(() =>
      createStoreSessionStorage(createMemoryStore(1), { cookie: COOKIE, acceptPlain: true }),
    ).toThrow('`acceptPlain` is for `encryptAtRest: true`: write both, or leave it out.')
  })

  it('refuses to run without secrets', async () => {
    await expect(sealing(createMemoryStore(1), []).getSession()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('`encryptAtRest` needs secrets: set SESSION_SECRET'),
    })
  })

  it('keeps the marker of an old id readable, which has hashes alone', async () => {
    const store = createMemoryStore(10)
    const storage = sealing(store)
    const { cookie, key } = await stored(store, storage)
    const session = await storage.getSession(cookie)
    session.regenerate()
    const next = toCookie(await storage.commitSession(session))
    expect((await store.read(key))?.data).toMatch(
      /^retired:\{"logouts":0,"begun":\["[\w-]{43}"\]\}$/,
    )
    await storage.destroySession(await storage.getSession(cookie))
    expect((await storage.getSession(next)).origin).toBe('unknown')
  })
})
