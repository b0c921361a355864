import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { StoreName } from '../../examples/shop/stores.ts'
import { expiredCookie } from './expired-cookie.ts'
import { traits } from './traits.ts'
import { createVisitor, formRequest } from './visitor.ts'
import type { Visitor } from './visitor.ts'

/** A shop that is open at an address. */
export interface RunningShop {
  readonly url: string
  stop(): Promise<unknown>
}

export const secret = 'a secret that only these tests know'

/** What the shop does, on whichever runtime it is open and wherever it keeps its sessions. */
export function describeShop(store: StoreName, open: () => Promise<RunningShop>): void {
  describe('open', () => {
    const expected = traits[store]
    let shop: RunningShop
    beforeAll(async () => {
      shop = await open()
    })
    afterAll(() => shop?.stop())

    const enter = (cookie?: string): Visitor => createVisitor(shop.url, cookie)

    it('gives no cookie to who only looks around', async () => {
      const visitor = enter()
      const page = await visitor.get('/')
      expect(page.status).toBe(200)
      expect(page.origin).toBe('new')
      expect(page.html).toContain('0 of 4096 bytes')
      expect(visitor.cookie).toBeUndefined()
    })

    it('answers a form with a redirect and flashes once', async () => {
      const visitor = enter()
      const response = await visitor.send('/cart/add', formRequest(shop.url, { product: 'mug' }))
      expect(response.status).toBe(303)
      expect(response.headers.get('location')).toBe('/#mug')
      expect(response.headers.get('cache-control')).toBe('private')

      expect((await visitor.get('/')).message).toBe('Morning mug is in your cart.')
      expect((await visitor.get('/')).message).toBeUndefined()
    })

    it('signs in by name, and the cart comes along', async () => {
      const visitor = enter()
      await visitor.post('/cart/add', { product: 'vase' })
      const before = visitor.cookie
      const page = await visitor.post('/sign-in', { name: '  Blue   Door ' })
      expect(page.message).toBe('Welcome, Blue Door.')
      expect(page.html).toContain('Hello, <bdi>Blue Door</bdi>')
      expect(page.itemCount).toBe(1)
      expect(visitor.cookie).not.toBe(before)
    })

    it('keeps the cart over ten requests', async () => {
      const visitor = enter()
      for (let count = 1; count <= 10; count++) {
        const page = await visitor.post('/cart/add', { product: count % 2 === 0 ? 'mug' : 'bowl' })
        expect(page.itemCount).toBe(count)
      }
      const page = await visitor.get('/cart')
      expect(page.html).toContain('€265.00') // 5 mugs at 24, 5 bowls at 29
    })

    it('changes quantities, removes lines and takes the order', async () => {
      const visitor = enter()
      await visitor.post('/cart/add', { product: 'mug' })
      await visitor.post('/cart/add', { product: 'jar' })
      const changed = await visitor.post('/cart/change', { product: 'mug', quantity: '4' })
      expect(changed.message).toBe('Morning mug: 4 in your cart.')
      expect(changed.itemCount).toBe(5)
      expect(
        (await visitor.post('/cart/change', { product: 'mug', quantity: '0' })).itemCount,
      ).toBe(1)
      expect((await visitor.post('/cart/remove', { product: 'jar' })).itemCount).toBe(0)
      expect((await visitor.post('/cart/check-out')).message).toBe('Your cart is empty.')
      await visitor.post('/cart/add', { product: 'jug' })
      const ordered = await visitor.post('/cart/check-out')
      expect(ordered.message).toMatch(/^Thank you!/)
      expect(ordered.itemCount).toBe(0)
    })

    it('signs out: name and cart are gone, the message still comes', async () => {
      const visitor = enter()
      await visitor.post('/cart/add', { product: 'mug' })
      await visitor.post('/sign-in', { name: 'Blue Door' })
      const page = await visitor.post('/sign-out')
      expect(page.message).toBe('You are signed out.')
      expect(page.html).not.toContain('Blue Door')
      expect(page.itemCount).toBe(0)
    })

    it('ends the session: the cookie goes', async () => {
      const visitor = enter()
      await visitor.post('/sign-in', { name: 'Blue Door' })
      const page = await visitor.post('/session/end')
      expect(visitor.cookie).toBeUndefined()
      expect(page.status).toBe(200)
      expect(page.origin).toBe('new')
    })

    it('shows when the session was made, when it ends and what its cookie weighs', async () => {
      const visitor = enter()
      await visitor.post('/cart/add', { product: 'mug' })
      const page = await visitor.get('/')
      expect(page.origin).toBe('resumed')
      expect(page.html).toContain('in 14 days')
      expect(page.html).toContain(`${visitor.cookie?.length} of 4096 bytes`)
    })

    it('says where the session is kept', async () => {
      expect((await enter().get('/')).html).toContain(`data-store="${store}"`)
    })

    it.each([
      ['ended', '/session/end', {}],
      ['signed out', '/sign-out', {}],
      ['signed in anew', '/sign-in', { name: 'Red Door' }],
    ])(`finds a copied cookie ${expected.copied} once its owner has %s`, async (_, path, form) => {
      const visitor = enter()
      await visitor.post('/sign-in', { name: 'Blue Door' })
      const copy = enter(visitor.cookie)
      await visitor.post(path, { ...form })
      const page = await copy.get('/')
      expect(page.status).toBe(200)
      expect(page.origin).toBe(expected.copied)
      expect(page.html.includes('Blue Door')).toBe(expected.copied === 'resumed')
      expect(page.html).not.toContain('Red Door')
    })

    it('starts anew where the cookie was tampered with, and says so once', async () => {
      const visitor = enter()
      await visitor.post('/sign-in', { name: 'Blue Door' })
      const cookie = visitor.cookie ?? ''
      const place = cookie.length - 20
      const other = cookie[place] === 'A' ? 'B' : 'A'
      visitor.cookie = cookie.slice(0, place) + other + cookie.slice(place + 1)
      const page = await visitor.get('/')
      expect(page.status).toBe(200)
      expect(page.origin).toBe('tampered')
      expect(page.html).not.toContain('Blue Door')
      expect(page.message).toBe('We did not recognise your session. Please sign in again.')
      expect(visitor.cookie).toBeUndefined()
      expect((await visitor.get('/')).message).toBeUndefined()
    })

    it('says once that a session has expired', async () => {
      const visitor = enter(await expiredCookie(store, secret))
      const page = await visitor.get('/cart')
      expect(page.status).toBe(200)
      expect(page.origin).toBe('expired')
      expect(page.html).not.toContain('Blue Door')
      expect(page.message).toBe('Your session has expired. Please sign in again.')
      expect(visitor.cookie).toBeUndefined()
      expect((await visitor.get('/cart')).message).toBeUndefined()
    })

    it('says so too where a form on an old page is the first to find out', async () => {
      const visitor = enter(await expiredCookie(store, secret))
      const page = await visitor.post('/cart/add', { product: 'mug' })
      expect(page.message).toBe('Your session has expired. Please sign in again.')
      expect(page.html).toContain('Morning mug is in your cart.')
      expect(page.itemCount).toBe(1)
      expect((await visitor.get('/')).message).toBeUndefined()
    })

    it('does not ask to sign in whoever just does', async () => {
      const visitor = enter(await expiredCookie(store, secret))
      const page = await visitor.post('/sign-in', { name: 'Blue Door' })
      expect(page.message).toBe('Welcome, Blue Door.')
    })

    it('lets no cache keep a page, not even the one of the back button', async () => {
      for (const path of ['/', '/cart', '/sign-in', '/unicorn']) {
        const { headers } = await enter().get(path)
        expect(headers.get('cache-control'), path).toBe('no-store')
      }
    })

    it.each([
      ['another origin', { Origin: 'https://elsewhere.example' }],
      ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example' }],
      ['a sandbox', { Origin: 'null' }],
      ['nowhere', {}],
    ])('refuses a form from %s', async (_whence, headers) => {
      const visitor = enter()
      const form = { ...formRequest(shop.url, { product: 'mug' }), headers }
      const response = await visitor.send('/cart/add', form)
      expect(response.status).toBe(403)
      expect(visitor.cookie).toBeUndefined()
      expect((await visitor.get('/')).itemCount).toBe(0)
    })

    it('answers 200 requests at once on one session', async () => {
      const visitor = enter()
      await visitor.post('/sign-in', { name: 'Blue Door' })
      const responses = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const one = enter(visitor.cookie)
          return index % 2 === 0 ? one.get('/cart') : one.post('/cart/add', { product: 'mug' })
        }),
      )
      expect(responses.map(({ status }) => status)).toEqual(Array(200).fill(200))
      expect(responses.every(({ html }) => html.includes('Hello, <bdi>Blue Door</bdi>'))).toBe(true)
      for (const [index, { itemCount }] of responses.entries()) {
        const own = index % 2
        expect(itemCount).toBeGreaterThanOrEqual(own)
        expect(itemCount).toBeLessThanOrEqual(expected.most(own))
      }
    })

    it('puts a thing into the cart while other requests take the message away', async () => {
      const visitor = enter()
      await visitor.send('/cart/add', formRequest(shop.url, { product: 'mug' }))
      const { cookie } = visitor
      const adding = enter(cookie).send('/cart/add', formRequest(shop.url, { product: 'bowl' }))
      const looking = Array.from({ length: 10 }, () => enter(cookie).get('/'))
      expect((await adding).status).toBe(303)
      for (const page of await Promise.all(looking)) expect(page.status).toBe(200)
      expect(expected.raced).toContain((await enter(cookie).get('/cart')).itemCount)
    })

    it('escapes a hostile name wherever it stands', async () => {
      const visitor = enter()
      const page = await visitor.post('/sign-in', { name: '<script>alert("1")</script>' })
      expect(page.message).toContain('&lt;script&gt;')
      expect(page.html).not.toMatch(/<script/i)
      expect((await visitor.get('/cart')).html).not.toMatch(/<script/i)
    })

    it.each([
      ['/cart/add', { product: 'unicorn' }, 'We do not have that product.'],
      ['/cart/add', { product: '__proto__' }, 'We do not have that product.'],
      ['/cart/add', {}, 'We do not have that product.'],
      ['/cart/change', { product: 'mug', quantity: '9'.repeat(400) }, /^Choose between/],
      ['/cart/change', { product: 'mug', quantity: '-1' }, /^Choose between/],
      ['/cart/change', { product: 'mug', quantity: '1e1' }, /^Choose between/],
      ['/cart/change', { product: 'mug' }, /^Choose between/],
      ['/cart/remove', { product: '' }, 'We do not have that product.'],
      ['/sign-in', { name: ' \t\r\n ' }, /^Enter a name/],
      ['/sign-in', { name: 'x'.repeat(41) }, /^Enter a name/],
      ['/sign-in', {}, /^Enter a name/],
    ])('says kindly what is wrong: %s %o', async (path, fields, message) => {
      const page = await enter().post(path, { ...fields })
      expect(page.status).toBe(200)
      expect(page.message).toMatch(message)
    })

    it('sells no more than twenty of a thing', async () => {
      const visitor = enter()
      await visitor.post('/cart/change', { product: 'mug', quantity: '20' })
      const page = await visitor.post('/cart/add', { product: 'mug' })
      expect(page.message).toMatch(/^Choose between/)
      expect(page.itemCount).toBe(20)
    })

    it('reads a body that is no form as an empty one', async () => {
      const response = await enter().send('/sign-in', {
        method: 'POST',
        body: '{"name":',
        headers: { Origin: new URL(shop.url).origin, 'Content-Type': 'application/json' },
      })
      expect(response.status).toBe(303)
    })

    it('has a page for addresses that do not exist', async () => {
      const page = await enter().get('/cart/unicorn')
      expect(page.status).toBe(404)
      expect(page.html).toContain('Nothing on this shelf')
    })

    it('serves a stylesheet that may be kept, and allows no script', async () => {
      const page = await enter().get('/')
      const path = /href="(\/style\.css\?v=\w+)"/.exec(page.html)?.[1] ?? ''
      const response = await enter().send(path)
      expect(response.headers.get('content-type')).toMatch('text/css')
      expect(response.headers.get('cache-control')).toMatch('immutable')
      expect(response.headers.has('vary')).toBe(false)
      expect(page.headers.get('content-security-policy')).toMatch("default-src 'none'")
      expect(page.headers.get('content-security-policy')).not.toMatch('script-src')
    })
  })
}
