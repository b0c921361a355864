import { createStoreSessionStorage } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it, vi } from 'vitest'

const COOKIE = { secrets: [SECRET] }

describe('timeout', () => {
  it('fails an operation that has no answer in time, with the cause', async () => {
    const store = createMemoryStore(10)
    const storage = createStoreSessionStorage(store, { cookie: COOKIE, timeout: 0.01 })
    const session = await storage.getSession()
    const cookie = toCookie(await storage.commitSession(session))
    const never = new Promise<never>(() => {})
    vi.spyOn(store, 'read').mockReturnValue(never)
    vi.spyOn(store, 'create').mockReturnValue(never)
    vi.spyOn(store, 'update').mockReturnValue(never)
    vi.spyOn(store, 'delete').mockReturnValue(never)
    const uses = [
      () => storage.getSession(cookie),
      async () => storage.commitSession(await storage.getSession()),
      () => storage.commitSession(session),
      () => storage.destroySession(session),
    ]
    for (const use of uses) {
      await expect(use()).rejects.toMatchObject({
        code: 'ERR_SESSION_STORAGE',
        cause: expect.objectContaining({ name: 'TimeoutError' }),
      })
    }
  })

  it.each([0, -1, Number.NaN, 1e10])('refuses %d seconds', (timeout) => {
    expect(() =>
      createStoreSessionStorage(createMemoryStore(1), { cookie: COOKIE, timeout }),
    ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})
