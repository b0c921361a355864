import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
import { vi } from 'vitest'

import type { ShopData } from '../../examples/shop/shop-session.ts'
import type { StoreName } from '../../examples/shop/stores.ts'

const day = 24 * 60 * 60_000

/** The cookie, `name=value`, of a visitor who signed in fifteen days ago: a day more than sessions live unused. */
export async function expiredCookie(store: StoreName, secret: string): Promise<string> {
  const options = { cookie: { secrets: [secret] } }
  const storage =
    store === 'cookie'
      ? createCookieSessionStorage<ShopData>(options)
      : createMemorySessionStorage<ShopData>(options)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 15 * day })
  try {
    const session = await storage.getSession()
    session.signIn('Blue Door')
    const setCookie = await storage.commitSession(session)
    return setCookie.split(';', 1).join()
  } finally {
    vi.useRealTimers()
  }
}
