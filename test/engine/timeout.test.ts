import { createStoreSessionStorage } from 'fetch-sessions'
import { limited } from '../../src/engine/timeout.ts'
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
        cause: expect.objectContaining({
          name: 'TimeoutError',
          message: 'no answer within 0.01 seconds',
        }),
      })
    }
  })

  const withTimeout = (timeout: number) =>
    createStoreSessionStorage(createMemoryStore(10), { cookie: COOKIE, timeout })

  // The longest delay of a timer is 2^31 - 1 milliseconds. A longer one fires at once.
  it.each([0, -1, Number.NaN, 2_147_483.648, 1e10])('refuses %d seconds', (timeout) => {
    expect(() => withTimeout(timeout)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(`\`timeout\` is ${timeout}: write`),
      }),
    )
  })

  it('takes the longest delay of a timer, and leaves no timer behind', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const storage = withTimeout(2_147_483.647)
    await storage.commitSession(await storage.getSession())
    const made = set.mock.calls.findIndex(([, milliseconds]) => milliseconds === 2_147_483_647)
    expect(made).not.toBe(-1)
    // A timer that is left keeps a script from ending.
    const timer: unknown = set.mock.results[made]?.value
    expect(clear.mock.calls.some(([cleared]) => cleared === timer)).toBe(true)
  })

  it('makes no index of a store that has none', () => {
    const { keysOf: _keysOf, ...plain } = createMemoryStore(10)
    expect(limited(plain, 5)).not.toHaveProperty('keysOf')
    expect(limited(createMemoryStore(10), 5)).toHaveProperty('keysOf')
  })
})
