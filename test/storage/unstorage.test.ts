import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import memoryDriver from 'unstorage/drivers/memory'
import { createUnstorageSessionStorage } from 'fetch-sessions/storage/unstorage'
import { createUnstorageStore } from '../../src/storage/unstorage.ts'
import { clientConformance } from '../conformance/client.ts'
import { storeConformance } from '../conformance/store.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, describe, expect, it, vi } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-unstorage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let folders = 0
const drivers = {
  memory: () => memoryDriver(),
  fs: () => fsDriver({ base: join(folder, `${++folders}`) }),
}

describe.each(Object.entries(drivers))('unstorage with the %s driver', (name, driver) => {
  storeConformance(
    `unstorage ${name}`,
    () => createUnstorageStore(createStorage({ driver: driver() })),
    { compares: false },
  )
})

describe('createUnstorageSessionStorage', () => {
  it('refuses a prefix at which unstorage would cut off the key', () => {
    const storage = createStorage({ driver: memoryDriver() })
    expect(() =>
      createUnstorageSessionStorage({ storage, prefix: 'a?b:', cookie: { secrets: [SECRET] } }),
    ).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('hands the driver the seconds that are left, for those that expire by themselves', async () => {
    const storage = createStorage({ driver: memoryDriver() })
    const setItem = vi.spyOn(storage, 'setItem')
    const sessions = createUnstorageSessionStorage({
      storage,
      cookie: { secrets: [SECRET], maxAge: 100 },
    })
    await sessions.commitSession(await sessions.getSession())
    expect(setItem).toHaveBeenCalledWith(
      expect.stringMatching(/^session:[\w-]{43}$/),
      expect.objectContaining({ data: expect.any(String) }),
      { ttl: 100 },
    )
  })
})

clientConformance('createUnstorageStore', 'storage', createUnstorageStore)
