import { createStoreSessionStorage } from 'fetch-sessions'
import type {
  IndexedSessionStorage,
  IndexedSessionStorageOptions,
  IndexedSessionStore,
  Session,
  SessionStorage,
} from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { createHash } from 'node:crypto'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const START = Date.UTC(2026, 0, 1)
/** As many writes in a row may be faster. */
const MOST = 100
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
const at = (seconds: number): unknown => vi.setSystemTime(START + seconds * 1000)
const storageOver = (
  store: IndexedSessionStore,
  options: IndexedSessionStorageOptions = {},
): IndexedSessionStorage =>
  createStoreSessionStorage(store, { cookie: { secrets: [SECRET] }, ...options })

async function signIn(storage: SessionStorage, cookie?: string): Promise<string> {
  const session = await storage.getSession(cookie)
  session.signIn('ada')
  return toCookie(await storage.commitSession(session))
}

const handleOf = async (storage: SessionStorage, cookie: string): Promise<string> =>
  (await storage.getSession(cookie)).handle

const handlesOf = async (storage: IndexedSessionStorage): Promise<string[]> =>
  (await storage.sessionsOf('ada')).map(({ handle }) => handle)

/** Creates a record of ada under a key, as an earlier release wrote it. */
async function putRecord(
  store: IndexedSessionStore,
  key: string,
  data = `{"createdAt":${START},"user":{"id":"ada","authenticatedAt":${START}},"data":{}}`,
): Promise<void> {
  await store.create(key, { data, expires: new Date(START + 3600_000), user: hash('ada') })
}

/** Runs something once, between the two writes that give a session a new id. */
async function whileItGetsANewId(
  store: IndexedSessionStore,
  storage: SessionStorage,
  session: Session,
  run: () => Promise<void>,
): Promise<string> {
  const update = store.update.bind(store)
  vi.spyOn(store, 'update').mockImplementationOnce(async (...args) => {
    await run()
    return update(...args)
  })
  session.regenerate()
  return toCookie(await storage.commitSession(session))
}

/** Other writes are faster, a number of times. */
function meetsOthers(store: IndexedSessionStore, times: number): void {
  const update = vi.spyOn(store, 'update')
  for (let i = 0; i < times; i++) update.mockResolvedValueOnce(null)
  // No pauses between the attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
}

const metTooMany = (what: string): object => ({
  code: 'ERR_SESSION_STORAGE',
  message: `The session could not be stored: ${what} met another write ${MOST} times in a row.`,
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the list of a user', () => {
  it('leaves out what was deleted after the index was read', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const kept = await handleOf(storage, await signIn(storage))
    const deleted = await handleOf(storage, await signIn(storage))
    const keysOf = store.keysOf.bind(store)
    vi.spyOn(store, 'keysOf').mockImplementationOnce(async (...args) => {
      const page = await keysOf(...args)
      await store.delete(deleted)
      return page
    })
    expect(await handlesOf(storage)).toEqual([kept])
  })

  it('leaves out, and nothing ends, a record that cannot be read', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const key = 'k'.repeat(43)
    await putRecord(store, key, '{')
    const handle = await handleOf(storage, await signIn(storage))
    expect(await handlesOf(storage)).toEqual([handle])
    expect(await storage.endSession('ada', key)).toBe(false)
    expect(await storage.endSessions('ada')).toBe(1)
  })

  it('has the handles without the prefix, so that each of them ends its session', async () => {
    const storage = storageOver(createMemoryStore(10), { prefix: 'shop:' })
    const handle = await handleOf(storage, await signIn(storage))
    expect(await handlesOf(storage)).toEqual([handle])
    expect(await storage.endSession('ada', handle)).toBe(true)
  })

  it('has a session once while it gets a new id: under the id that its holder has', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const session = await storage.getSession(await signIn(storage))
    const { handle } = session
    let meanwhile: string[] = []
    const cookie = await whileItGetsANewId(store, storage, session, async () => {
      meanwhile = await handlesOf(storage)
    })
    expect(meanwhile).toEqual([handle])
    expect(await handlesOf(storage)).toEqual([await handleOf(storage, cookie)])
  })
})

describe('endSession', () => {
  it('ends a session that has a new id since the list was shown', async () => {
    const storage = storageOver(createMemoryStore(10))
    const session = await storage.getSession(await signIn(storage))
    const { handle } = session
    session.regenerate()
    const cookie = toCookie(await storage.commitSession(session))
    expect(await storage.endSession('ada', handle)).toBe(true)
    expect((await storage.getSession(cookie)).origin).toBe('revoked')
    expect(await storage.endSession('ada', handle)).toBe(false)
  })

  it('asks the store for nothing if a handle is none, nor reaches another application with it', async () => {
    const store = createMemoryStore(10)
    const [plain, shop] = [storageOver(store), storageOver(store, { prefix: 'shop:' })]
    const cookie = await signIn(shop)
    const handle = await handleOf(shop, cookie)
    const read = vi.spyOn(store, 'read')
    for (const wrong of [`shop:${handle}`, `x${handle}`, `${handle}x`, handle.slice(1), '']) {
      expect(await plain.endSession('ada', wrong)).toBe(false)
    }
    expect(read).not.toHaveBeenCalled()
    expect((await shop.getSession(cookie)).userId).toBe('ada')
  })

  it('holds though other writes are faster, up to a limit', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store)
    const handle = await handleOf(storage, await signIn(storage))
    meetsOthers(store, MOST)
    await expect(storage.endSession('ada', handle)).rejects.toMatchObject(metTooMany('endSession'))
    meetsOthers(store, MOST - 1)
    expect(await storage.endSession('ada', handle)).toBe(true)
  })
})

describe('endSessions', () => {
  it('reads one page until it finds nothing to end, and several pages once more', async () => {
    const store = createMemoryStore(200)
    const storage = storageOver(store)
    const keysOf = vi.spyOn(store, 'keysOf')
    await signIn(storage)
    expect(await storage.endSessions('ada')).toBe(1)
    expect(keysOf).toHaveBeenCalledTimes(2)
    keysOf.mockClear().mockImplementation(async (_, cursor) => ({
      keys: [],
      cursor: cursor === undefined ? 'next' : undefined,
    }))
    expect(await storage.endSessions('ada')).toBe(0)
    expect(keysOf).toHaveBeenCalledTimes(4)
  })

  it.each([MOST - 1, MOST])('goes on while the user signs in %d times', async (times) => {
    const store = createMemoryStore(200)
    const storage = storageOver(store)
    const keysOf = store.keysOf.bind(store)
    const asked = vi.spyOn(store, 'keysOf')
    for (let i = 0; i < times; i++) {
      asked.mockImplementationOnce(async (...args) => {
        await signIn(storage)
        return keysOf(...args)
      })
    }
    const ended = storage.endSessions('ada')
    if (times < MOST) expect(await ended).toBe(times)
    else await expect(ended).rejects.toMatchObject(metTooMany('endSessions'))
  })
})

describe('maxSessionsPerUser', () => {
  it('tells the holder of a session that it ended, as long as it would have lasted', async () => {
    const storage = storageOver(createMemoryStore(10), { maxSessionsPerUser: 1 })
    const cookie = await signIn(storage)
    await signIn(storage)
    at(3600)
    expect((await storage.getSession(cookie)).origin).toBe('revoked')
  })

  it('counts a session once while it gets a new id', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store, { maxSessionsPerUser: 3 })
    const idle = await signIn(storage)
    at(1)
    const session = await storage.getSession(await signIn(storage))
    at(2)
    const cookies = [idle]
    const next = await whileItGetsANewId(store, storage, session, async () => {
      cookies.push(await signIn(storage))
    })
    for (const cookie of [...cookies, next]) {
      expect((await storage.getSession(cookie)).origin).toBe('resumed')
    }
  })

  it('lets a sign-in pass that is ended before the sessions are counted', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store, { maxSessionsPerUser: 1 })
    const keysOf = store.keysOf.bind(store)
    vi.spyOn(store, 'keysOf').mockImplementationOnce(async (...args) => {
      await storage.endSessions('ada')
      return keysOf(...args)
    })
    expect((await storage.getSession(await signIn(storage))).origin).toBe('revoked')
  })

  it.each([false, true])(
    'keeps the same one of two that were seen at the same moment: index reversed %s',
    async (isReversed) => {
      const store = createMemoryStore(10)
      const keys = ['a'.repeat(43), 'b'.repeat(43)]
      for (const key of isReversed ? keys.toReversed() : keys) await putRecord(store, key)
      at(1)
      const storage = storageOver(store, { maxSessionsPerUser: 2 })
      const handle = await handleOf(storage, await signIn(storage))
      expect(await handlesOf(storage)).toEqual([handle, keys[1]])
    },
  )

  it('holds though other writes are faster, up to a limit', async () => {
    const store = createMemoryStore(10)
    const storage = storageOver(store, { maxSessionsPerUser: 1 })
    await signIn(storage)
    meetsOthers(store, MOST)
    await expect(signIn(storage)).rejects.toMatchObject(metTooMany('signIn'))
    await storage.endSessions('ada')
    await signIn(storage)
    meetsOthers(store, MOST - 1)
    const handle = await handleOf(storage, await signIn(storage))
    expect(await handlesOf(storage)).toEqual([handle])
  })
})
