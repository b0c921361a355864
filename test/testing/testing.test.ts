import { Hono } from 'hono'

import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionStorage,
  SessionError,
} from 'fetch-sessions'
import type { SessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { readSession, sessionCookie } from 'fetch-sessions/testing'
import { SECRET } from '../support/secrets.ts'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as z from 'zod'

interface Data {
  userId: string
  cart: string[]
}
interface Flash {
  notice: string
}
type Storage = SessionStorage<Data, Flash>

const cookie = { name: 'shop', secrets: [SECRET], maxAge: 1000 }
const storages: Record<string, () => Storage> = {
  'cookie storage': () => createCookieSessionStorage<Data, Flash>({ cookie }),
  'memory storage': () => createMemorySessionStorage<Data, Flash>({ cookie }),
}

/** A small shop, as somebody would test it. */
function createShop(storage: Storage) {
  const app = new Hono().use(session({ storage }))
  app.post('/cart/:product', (c) => {
    c.var.session.get('cart')?.push(c.req.param('product'))
    return c.redirect('/cart', 303)
  })
  app.post('/save', (c) => {
    c.var.session.flash('notice', 'Saved')
    return c.redirect('/', 303)
  })
  app.post('/logout', (c) => {
    c.var.session.destroy()
    return c.redirect('/', 303)
  })
  app.get('/', (c) => c.text(`${c.var.session.get('userId')}, ${c.var.session.get('notice')}`))
  app.get('/static', (c) => c.text('for all'))
  return app
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each(Object.entries(storages))('sessionCookie, %s', (_, create) => {
  it('signs a user in', async () => {
    const storage = create()
    const sent = await sessionCookie(storage, { userId: 'data' }, { userId: 'ada' })
    const opened = await storage.getSession(sent)
    expect([opened.userId, opened.get('userId')]).toEqual(['ada', 'data'])
  })

  it('signs a visitor in to the application', async () => {
    const storage = create()
    const sent = await sessionCookie(storage, { userId: 'ada' }, { flash: { notice: 'Hello' } })
    expect(sent).toMatch(/^shop=[\w-]+$/)
    const response = await createShop(storage).request('/', { headers: { cookie: sent } })
    expect(await response.text()).toBe('ada, Hello')
  })

  it('makes an empty session of no data, which is resumed', async () => {
    const storage = create()
    const resumed = await storage.getSession(await sessionCookie(storage, {}))
    expect([resumed.origin, resumed.data]).toEqual(['resumed', {}])
  })

  it('lives as long as other sessions of the storage', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = create()
    const sent = await sessionCookie(storage, { userId: 'ada' })
    vi.setSystemTime(Date.now() + 1000_000 - 1)
    expect((await storage.getSession(sent)).origin).toBe('resumed')
    vi.setSystemTime(Date.now() + 1)
    expect((await storage.getSession(sent)).origin).toBe('expired')
  })
})

describe('sessionCookie', () => {
  it('refuses what the application could not set either', async () => {
    const schema = z.object({ userId: z.string() })
    const storage = createCookieSessionStorage({ cookie, schema })
    await expect(sessionCookie(storage, { userId: 1 as never })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_VALUE' }),
    )
  })

  it('refuses a storage that is not of this package', async () => {
    const { getSession, commitSession, destroySession } = createCookieSessionStorage({ cookie })
    const foreign = { getSession, commitSession, destroySession }
    await expect(sessionCookie(foreign, {})).rejects.toThrow(SessionError)
    expect(() => readSession(foreign, new Response())).toThrow(SessionError)
  })

  it('is typed by the storage', () => {
    const storage = createCookieSessionStorage<Data, Flash>({ cookie })
    const wrong = (): unknown[] => [
      // @ts-expect-error a number is no user id
      sessionCookie(storage, { userId: 1 }),
      // @ts-expect-error no value of that name
      sessionCookie(storage, { name: 'ada' }),
      // @ts-expect-error the notice is a flash value
      sessionCookie(storage, { notice: 'Saved' }),
      // @ts-expect-error the user id is none
      sessionCookie(storage, {}, { flash: { userId: 'ada' } }),
    ]
    expect(wrong).toBeTypeOf('function')
  })
})

describe.each(Object.entries(storages))('readSession, %s', (_, create) => {
  it('gives what a response has left, flash values unconsumed', async () => {
    const storage = create()
    const response = await createShop(storage).request('/save', { method: 'POST' })
    for (const time of ['once', 'again']) {
      const left = await readSession(storage, response)
      expect(left.get('notice'), time).toBe('Saved')
    }
  })

  it('goes on from the cookie that was sent', async () => {
    const storage = create()
    const sent = await sessionCookie(storage, { cart: ['milk'] })
    const response = await createShop(storage).request('/cart/tea', {
      method: 'POST',
      headers: { cookie: sent },
    })
    expect((await readSession(storage, response, sent)).get('cart')).toEqual(['milk', 'tea'])
  })

  it('gives the session that was sent where the response has left it alone', async () => {
    const storage = create()
    const sent = `theme=dark; ${await sessionCookie(storage, { userId: 'ada' })}`
    const response = await createShop(storage).request('/static', { headers: { cookie: sent } })
    expect((await readSession(storage, response, sent)).get('userId')).toBe('ada')
  })

  it('gives an empty session where neither set a cookie', async () => {
    const storage = create()
    const response = await createShop(storage).request('/static')
    const left = await readSession(storage, response)
    expect([left.origin, left.data]).toEqual(['new', {}])
  })

  it('gives an empty session after a logout, whatever was sent', async () => {
    const storage = create()
    const sent = await sessionCookie(storage, { userId: 'ada' })
    const response = await createShop(storage).request('/logout', {
      method: 'POST',
      headers: { cookie: sent },
    })
    const left = await readSession(storage, response, sent)
    expect([left.origin, left.data]).toEqual(['new', {}])
  })
})

describe('readSession', () => {
  const storage = createCookieSessionStorage<Data, Flash>({ cookie })

  function responseWith(...setCookies: string[]): Response {
    return new Response(null, { headers: setCookies.map((text) => ['set-cookie', text]) })
  }

  it('tells the cookie from others, and takes the last of its name', async () => {
    const [ada = '', eve = ''] = await Promise.all(
      ['ada', 'eve'].map((userId) => sessionCookie(storage, { userId })),
    )
    const response = responseWith(`${ada}; Path=/`, `${eve}; Path=/`, 'shop2=1', 'a=shop=2')
    expect((await readSession(storage, response)).get('userId')).toBe('eve')
  })

  it.each([
    'shop=; Path=/',
    'shop=gone; Max-Age=0',
    'shop=gone; Max-Age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT',
    'shop=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ])('takes for cleared what browsers do: %s', async (setCookie) => {
    const sent = await sessionCookie(storage, { userId: 'ada' })
    expect((await readSession(storage, responseWith(setCookie), sent)).origin).toBe('new')
  })

  it('shows a cookie that the next request would be refused with', async () => {
    const left = await readSession(storage, responseWith('shop=made-up; Max-Age=9'))
    expect(left.origin).toBe('tampered')
  })

  it('leaves a value as it was sent, percent signs and all', async () => {
    const signed = createCookieSessionStorage({
      cookie: { name: 'shop', secrets: [SECRET], protection: 'signed' },
    })
    const sent = await sessionCookie(signed, { text: 'ü?>' })
    expect(sent).toMatch(/%2F/)
    expect((await readSession(signed, responseWith(sent))).data).toEqual({ text: 'ü?>' })
  })

  it('reads what a back end with ids of its own has stored', async () => {
    const rows = new Map<string, object>()
    const own = createSessionStorage<Data, Flash>({
      cookie,
      async createData(data) {
        rows.set('id1', data)
        return 'id1'
      },
      readData: async (id) => rows.get(id) ?? null,
      async updateData(id, data) {
        rows.set(id, data)
      },
      async deleteData(id) {
        rows.delete(id)
      },
    })
    const sent = await sessionCookie(own, { userId: 'ada' })
    const left = await readSession(own, new Response(), sent)
    expect([left.id, left.get('userId')]).toEqual(['id1', 'ada'])
  })

  it('is typed by the storage', async () => {
    const left = await readSession(storage, new Response())
    expectTypeOf(left.get('cart')).toEqualTypeOf<string[] | undefined>()
    expect(left.get('cart')).toBeUndefined()
  })
})
