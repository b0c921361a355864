import { createStoreSessionStorage } from 'fetch-sessions'
import type { SessionData, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'

import { createMemoryStore } from '../../../src/storage/memory.ts'
import { createClient } from '../../support/client.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import type { App } from './app.ts'
import { bodies, COOKIE, readOrSet } from './helpers.ts'
import type { Setup } from './helpers.ts'

/** Sessions that an older secret has sealed, or that an older schema describes. */
export function testRotation({ kind, storageWith, createApp }: Setup): void {
  it('seals anew what an older secret has sealed, and reads both meanwhile', async () => {
    const store = createMemoryStore(10)
    const rotating = (...secrets: string[]): SessionStorage =>
      kind === 'memory storage'
        ? createStoreSessionStorage(store, { cookie: { secrets } })
        : storageWith({ cookie: { secrets } })
    const app = (storage: SessionStorage): App => createApp([{ storage }], readOrSet)
    const old = createClient(app(rotating(OLD_SECRET)).fetch)
    await old.get('/set')
    const rotated = createClient(app(rotating(SECRET, OLD_SECRET)).fetch)
    rotated.cookies.set('__session', old.cookies.get('__session') ?? '')
    expect((await rotated.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
    expect((await rotated.get('/untouched')).headers.getSetCookie()).toEqual([])
    const later = createClient(app(rotating(SECRET)).fetch)
    later.cookies.set('__session', rotated.cookies.get('__session') ?? '')
    expect(await bodies(later, '/')).toEqual(['1'])
  })

  it('is migrated by the first request, whatever that one looks at', async () => {
    const store = createMemoryStore(10)
    const storageOf = (options: SessionStorageOptions): SessionStorage =>
      kind === 'memory storage'
        ? createStoreSessionStorage(store, { cookie: COOKIE, ...options })
        : storageWith(options)
    const before = createClient(createApp([{ storage: storageOf({}) }], readOrSet).fetch)
    await before.get('/set')
    const migrate = vi.fn<(data: SessionData) => unknown>(() => ({ n: 'one' }))
    const schema = z.object({ n: z.string() })
    const { fetch } = createApp([{ storage: storageOf({ schema, migrate }) }], readOrSet)
    const after = createClient(fetch)
    after.cookies.set('__session', before.cookies.get('__session') ?? '')
    expect((await after.get('/untouched')).headers.getSetCookie()).toHaveLength(1)
    expect(await bodies(after, '/', '/')).toEqual(['one', 'one'])
    expect(migrate).toHaveBeenCalledTimes(1)
  })
}
