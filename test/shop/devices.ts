import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { maxSessionsPerUser } from '../../examples/shop/shop-session.ts'
import type { ShopStorage } from '../../examples/shop/shop-session.ts'
import type { StoreName } from '../../examples/shop/stores.ts'
import { secret } from './scenarios.ts'
import type { RunningShop } from './scenarios.ts'
import { traits } from './traits.ts'
import { createVisitor, formRequest } from './visitor.ts'
import type { SeenPage, Visitor } from './visitor.ts'

/** A shop whose sessions a test can make by itself. */
export interface OpenStore extends RunningShop {
  /** A storage over the same store. There is none where only the shop's process has the store. */
  readonly storage?: ShopStorage
}

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const phone =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36'
const curl = 'curl/8.14.1'

/** The cookie, `name=value`, of a visitor who signed in some time ago. */
export async function signedInSince(
  storage: ShopStorage,
  name: string,
  minutes: number,
): Promise<string> {
  // Storages of this process take it from here.
  vi.stubEnv('SESSION_SECRET', secret)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - minutes * 60_000 })
  try {
    const session = await storage.getSession()
    session.signIn(name)
    return (await storage.commitSession(session)).split(';', 1).join()
  } finally {
    vi.useRealTimers()
  }
}

/** Several browsers of one user, and what asks again for the name. */
export function describeDevices(store: StoreName, open: () => Promise<OpenStore>): void {
  describe('with several devices', () => {
    let shop: OpenStore
    beforeAll(async () => {
      shop = await open()
    })
    afterAll(() => shop?.stop())
    afterEach(() => vi.unstubAllEnvs())

    async function enterAs(name: string, userAgent: string): Promise<Visitor> {
      const visitor = createVisitor(shop.url, undefined, userAgent)
      expect((await visitor.post('/sign-in', { name })).message).toBe(`Welcome, ${name}.`)
      return visitor
    }

    it.each(['/devices', '/orders', '/confirm'])('shows %s to nobody signed out', async (path) => {
      const page = await createVisitor(shop.url).get(path)
      expect(page.status).toBe(303)
      expect(page.headers.get('location')).toBe('/sign-in')
    })

    it.each(['/devices/end', '/devices/end-others', '/confirm'])(
      'does nothing at %s for nobody signed out',
      async (path) => {
        const page = await createVisitor(shop.url).post(path, { handle: 'x', name: 'x' })
        expect(page.message).toBe('Please sign in first.')
        expect(page.html).toContain('<h1>Sign in</h1>')
      },
    )

    if (traits[store].lists) {
      it('lists two, ends one, and tells that one so, once', async () => {
        const here = await enterAs('Two Doors', firefox)
        const there = await enterAs('Two Doors', phone)
        const page = await here.get('/devices')
        expect(devicesOn(page)).toEqual(['Firefox on Linux, this one', 'Chrome on Android'])
        expect(page.html).toContain('last seen within the last hour')
        expect(devicesOn(await there.get('/devices'))).toEqual([
          'Chrome on Android, this one',
          'Firefox on Linux',
        ])

        const ended = await here.post('/devices/end', { handle: handlesOn(page)[0] ?? '' })
        expect(ended.message).toBe('1 device was signed out.')
        expect(devicesOn(ended)).toEqual(['Firefox on Linux, this one'])
        expect(ended.html).not.toContain('all other devices')

        const told = await there.get('/')
        expect(told.origin).toBe('revoked')
        expect(told.message).toBe('You were signed out from another device.')
        expect(told.html).not.toContain('Two Doors')
        expect((await there.get('/')).message).toBeUndefined()
        expect((await here.get('/')).html).toContain('Hello, <bdi>Two Doors</bdi>')
      })

      it.each(['/devices', '/orders', '/confirm'])(
        'tells it too on the way from %s to the sign-in, once',
        async (path) => {
          const here = await enterAs('Way Out', firefox)
          const there = await enterAs('Way Out', phone)
          await here.post('/devices/end-others')
          expect((await there.send(path)).headers.get('location')).toBe('/sign-in')
          expect((await there.get('/sign-in')).message).toBe(
            'You were signed out from another device.',
          )
          expect((await there.get('/')).message).toBeUndefined()
        },
      )

      it('tells it too where a form is the first to find out', async () => {
        const here = await enterAs('Late Form', firefox)
        const there = await enterAs('Late Form', phone)
        await here.post('/devices/end-others')
        const page = await there.post('/cart/add', { product: 'mug' })
        expect(page.message).toBe('You were signed out from another device.')
        expect(page.itemCount).toBe(1)
      })

      it('signs out all the others, and only those of this user', async () => {
        const here = await enterAs('Many Doors', firefox)
        const others = [await enterAs('Many Doors', phone), await enterAs('Many Doors', curl)]
        const stranger = await enterAs('Other Door', firefox)
        const before = await here.get('/devices')
        expect(devicesOn(before).toSorted()).toEqual([
          'Another browser',
          'Chrome on Android',
          'Firefox on Linux, this one',
        ])

        const page = await here.post('/devices/end-others')
        expect(page.message).toBe('2 devices were signed out.')
        expect(devicesOn(page)).toEqual(['Firefox on Linux, this one'])
        for (const other of others) expect((await other.get('/')).origin).toBe('revoked')
        expect((await stranger.get('/')).html).toContain('Hello, <bdi>Other Door</bdi>')
        expect((await here.post('/devices/end-others')).message).toBe(
          'No other device was signed in.',
        )
      })

      it('ends nothing for a handle of another user, or of nobody', async () => {
        const owner = await enterAs('Own Door', firefox)
        const second = await enterAs('Own Door', phone)
        const [handle = ''] = handlesOn(await owner.get('/devices'))
        const stranger = await enterAs('Strange Door', curl)
        for (const asked of [handle, 'A'.repeat(43), '../x', '']) {
          const page = await stranger.post('/devices/end', { handle: asked })
          expect(page.message, asked).toBe('That device is not in your list any more.')
        }
        expect((await second.get('/')).html).toContain('Hello, <bdi>Own Door</bdi>')
        // The handle was a right one.
        expect((await owner.post('/devices/end', { handle })).message).toMatch(/^1 device/)
      })

      it('refuses to end a device for another site', async () => {
        const here = await enterAs('Bait Door', firefox)
        const there = await enterAs('Bait Door', phone)
        const form = {
          ...formRequest(shop.url, {}),
          headers: { Origin: 'https://elsewhere.example' },
        }
        expect((await here.send('/devices/end-others', form)).status).toBe(403)
        expect((await there.get('/')).origin).toBe('resumed')
      })

      it(`signs out the one that was idle for longest beyond ${maxSessionsPerUser}`, async () => {
        const devices: Visitor[] = []
        for (let count = 0; count <= maxSessionsPerUser; count++) {
          devices.push(await enterAs('Full House', firefox))
        }
        const [first, ...kept] = devices
        expect((await first?.get('/'))?.origin).toBe('revoked')
        for (const device of kept) expect((await device.get('/')).origin).toBe('resumed')
        expect(devicesOn((await kept[0]?.get('/devices')) as SeenPage)).toHaveLength(
          maxSessionsPerUser,
        )
      })
    } else {
      it('says that it has no list, and ends nothing', async () => {
        const here = await enterAs('Two Doors', firefox)
        const there = await enterAs('Two Doors', phone)
        const page = await here.get('/devices')
        expect(page.html).toContain('There is no list of them here.')
        expect(devicesOn(page)).toEqual([])
        expect((await here.post('/devices/end-others')).message).toBe(
          'This shop has no list of your devices.',
        )
        expect((await here.post('/devices/end', { handle: 'x' })).message).toBe(
          'This shop has no list of your devices.',
        )
        expect((await there.get('/')).html).toContain('Hello, <bdi>Two Doors</bdi>')
      })
    }

    it('shows the orders right after the sign-in', async () => {
      const visitor = await enterAs('Buyer', firefox)
      expect((await visitor.get('/orders')).html).toContain('There are none yet.')
      await visitor.post('/cart/change', { product: 'mug', quantity: '3' })
      await visitor.post('/cart/add', { product: 'vase' })
      await visitor.post('/cart/check-out')
      const page = await visitor.get('/orders')
      expect(page.status).toBe(200)
      expect(page.html).toContain('4 items')
      expect(page.html).toContain('€106.00') // 3 mugs at 24, a vase at 34
    })

    it('keeps the last twenty orders', async () => {
      const visitor = await enterAs('Collector', firefox)
      for (let count = 1; count <= 21; count++) {
        await visitor.post('/cart/change', { product: 'mug', quantity: count === 1 ? '7' : '1' })
        expect((await visitor.post('/cart/check-out')).message).toMatch(/^Thank you!/)
      }
      const { html } = await visitor.get('/orders')
      expect(html.match(/class="price"/g)).toHaveLength(20)
      expect(html).not.toContain('7 items')
    })

    // No other process can put a session into the memory of the shop's.
    if (store === 'memory') return

    it('asks for the name again before the orders, ten minutes after the sign-in', async () => {
      const { storage } = shop
      if (storage === undefined) throw new Error('The test cannot reach the store.')
      const early = createVisitor(shop.url, await signedInSince(storage, 'Nine Minutes', 9))
      expect((await early.get('/orders')).status).toBe(200)

      const visitor = createVisitor(shop.url, await signedInSince(storage, 'Old Door', 11))
      expect((await visitor.get('/')).html).toContain('Hello, <bdi>Old Door</bdi>')
      expect((await visitor.send('/orders')).headers.get('location')).toBe('/confirm')
      expect((await visitor.get('/confirm')).html).toContain('Is it still you?')

      const refused = await visitor.post('/confirm', { name: 'New Door' })
      expect(refused.message).toBe('That is not the name you signed in with.')
      expect((await visitor.send('/orders')).headers.get('location')).toBe('/confirm')

      const before = visitor.cookie
      const confirmed = await visitor.post('/confirm', { name: 'Old Door' })
      expect(confirmed.html).toContain('Your orders')
      expect(confirmed.status).toBe(200)
      expect(visitor.cookie).not.toBe(before)
      expect((await visitor.get('/orders')).status).toBe(200)
    })
  })
}

/** The labels in the list, and which one is marked. */
function devicesOn({ html }: SeenPage): string[] {
  const [, list = ''] = /<ul class="devices">(.*?)<\/ul>/s.exec(html) ?? []
  return [...list.matchAll(/<h2>([^<]*)(<span[^>]*>This device<\/span>)?<\/h2>/g)].map(
    ([, label = '', mark]) => label.trim() + (mark === undefined ? '' : ', this one'),
  )
}

/** What the buttons of the other devices send. */
function handlesOn({ html }: SeenPage): string[] {
  return [...html.matchAll(/name="handle"\s+value="([\w-]+)"/g)].map(([, handle = '']) => handle)
}
