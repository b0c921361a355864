import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { StoreName } from '../../examples/shop/stores.ts'
import { expiredCookie } from '../shop/expired-cookie.ts'
import { secret } from '../shop/scenarios.ts'
import type { RunningShop } from '../shop/scenarios.ts'
import { launchChromium, patience } from './chromium.ts'
import { openGate } from './gate.ts'
import { openOtherSite, sendForm } from './other-site.ts'
import {
  addToCart,
  greeting,
  itemCount,
  message,
  messages,
  origin,
  signIn,
  signOut,
  signOutButton,
} from './shopping.ts'

/** What depends on where the sessions are kept. */
interface BrowserTraits {
  /** In the cart after two tabs have added something at once. */
  readonly bothAdded: number
  /** Whether a request that was on its way at the sign-out brings the session back with its cookie. */
  readonly lateRequestSignsIn: boolean
}

export const cookieTraits: BrowserTraits = { bothAdded: 1, lateRequestSignsIn: true }
export const backEndTraits: BrowserTraits = { bothAdded: 2, lateRequestSignsIn: false }

export interface BrowserShop extends RunningShop {
  /** Whether its cookies are Secure, though it is on http://localhost. */
  readonly secure: boolean
}

/** What visitors of the shop see in Chromium, whichever server it is open on. */
export function describeShopInBrowser(store: StoreName, open: () => Promise<BrowserShop>): void {
  describe('in Chromium', { timeout: 2 * patience }, () => {
    const traits = store === 'cookie' ? cookieTraits : backEndTraits
    let shop: BrowserShop
    let browser: Browser
    let visitor: BrowserContext
    let page: Page

    beforeAll(async () => {
      shop = await open()
      browser = await launchChromium()
    })
    afterAll(async () => {
      await browser?.close()
      await shop?.stop()
    })

    beforeEach(async () => {
      visitor = await browser.newContext({ baseURL: shop.url })
      visitor.setDefaultTimeout(patience)
      page = await visitor.newPage()
      await page.goto('/')
    })
    afterEach(() => visitor?.close())

    /** The session's cookie, as the browser stores it. */
    async function storedCookie() {
      const cookies = await visitor.cookies()
      expect(cookies.length).toBeLessThanOrEqual(1)
      return cookies[0]
    }

    async function storeCookie(value: string): Promise<void> {
      await visitor.addCookies([{ name: '__session', value, url: shop.url }])
    }

    it('signs in, fills the cart, takes the order', async () => {
      await addToCart(page, 'Bud vase')
      await signIn(page, 'Blue Door')
      expect(await messages(page)).toEqual(['Welcome, Blue Door.'])
      expect(await greeting(page)).toBe('Hello, Blue Door')

      await addToCart(page, 'Morning mug')
      await page.getByRole('link', { name: /^Cart/ }).click()
      await page.getByRole('spinbutton', { name: 'Quantity of Morning mug' }).fill('3')
      await page.getByRole('button', { name: 'Update quantity of Morning mug' }).click()
      await message(page, 'Morning mug: 3 in your cart.').waitFor()
      expect(await page.locator('.total').innerText()).toContain('€106.00') // 3 mugs at 24, a vase at 34

      await page.getByRole('button', { name: 'Place order' }).click()
      await message(page, 'Thank you!').waitFor()
      expect(await itemCount(page)).toBe(0)
      expect(await greeting(page)).toBe('Hello, Blue Door')
    })

    it('says something once: after the redirect, and no more after a reload', async () => {
      await addToCart(page, 'Morning mug')
      expect(await messages(page)).toEqual(['Morning mug is in your cart.'])
      await page.reload()
      expect(await messages(page)).toEqual([])
      expect(await itemCount(page)).toBe(1)
    })

    it('neither says it again nor sends the form again on the way back', async () => {
      await addToCart(page, 'Morning mug')
      await page.getByRole('link', { name: /^Cart/ }).click()
      await page.waitForURL('**/cart')
      await back(page, '/')
      expect(await messages(page)).toEqual([])
      expect(await itemCount(page)).toBe(1)
    })

    it('shows nothing of a visitor on the way back once they have signed out', async () => {
      const keeper = await launchChromium({ keepsPages: true })
      try {
        const tab = await keeper.newPage({ baseURL: shop.url })
        tab.setDefaultTimeout(patience)
        await tab.goto('/')
        await signIn(tab, 'Blue Door')
        await addToCart(tab, 'Morning mug')
        await tab.goto('/cart')
        await signOut(tab)
        for (const path of ['/cart', '/']) {
          await back(tab, path)
          expect(await tab.locator('body').innerText()).not.toContain('Blue Door')
          expect(await itemCount(tab)).toBe(0)
        }
      } finally {
        await keeper.close()
      }
    })

    it('shows in a second tab what the first has done', async () => {
      await signIn(page, 'Blue Door')
      const second = await visitor.newPage()
      await second.goto('/')
      expect(await greeting(second)).toBe('Hello, Blue Door')
      await addToCart(page, 'Morning mug')
      await addToCart(second, 'Noodle bowl')
      expect(await itemCount(second)).toBe(2)
    })

    it(`has ${traits.bothAdded} in the cart when two tabs add one thing each at once`, async () => {
      await signIn(page, 'Blue Door')
      await inTwoTabs(async (first, second, gate) => {
        const held = gate.hold('/cart/add')
        const adding = addToCart(second, 'Noodle bowl')
        await held.arrived
        await addToCart(first, 'Morning mug')
        held.release()
        await adding
        await first.goto('/cart')
        expect(await itemCount(first)).toBe(traits.bothAdded)
        expect(await greeting(first)).toBe('Hello, Blue Door')
      })
    })

    it(`is ${traits.lateRequestSignsIn ? 'signed in again' : 'still signed out'} when one tab signs out while the other adds to the cart`, async () => {
      await signIn(page, 'Blue Door')
      await inTwoTabs(async (first, second, gate) => {
        const held = gate.hold('/cart/add')
        const loaded = second.waitForEvent('load')
        const adding = second.getByRole('button', { name: 'Add to cart: Noodle bowl' }).click()
        await held.arrived
        await signOut(first)
        held.release()
        await Promise.all([adding, loaded])
        if (traits.lateRequestSignsIn) {
          // No server knows that a sealed cookie was signed out: see "Cookie storage" in docs/guide/users.md.
          expect(await messages(second)).toEqual(['Noodle bowl is in your cart.'])
          expect(await greeting(second)).toBe('Hello, Blue Door')
        } else {
          // The request came with an id that the sign-out had retired, so its changes are dropped.
          expect(await messages(second)).toEqual([])
          for (const tab of [first, second]) {
            await tab.goto('/cart')
            expect(await greeting(tab)).toBeUndefined()
            expect(await itemCount(tab)).toBe(0)
          }
        }
      })
    })

    it('lets a tab that was left open at the sign-out go on without the name', async () => {
      await signIn(page, 'Blue Door')
      const second = await visitor.newPage()
      await second.goto('/')
      await signOut(page)
      expect(await greeting(second)).toBe('Hello, Blue Door')
      await addToCart(second, 'Noodle bowl')
      expect(await greeting(second)).toBeUndefined()
      expect(await itemCount(second)).toBe(1)
    })

    it('stores one cookie: HttpOnly, SameSite=Lax, Path=/, until the browser is closed', async () => {
      expect(await storedCookie()).toBeUndefined()
      await signIn(page, 'Blue Door')
      expect(await storedCookie()).toEqual({
        name: '__session',
        value: expect.stringMatching(/^[\w-]+$/),
        domain: 'localhost',
        path: '/',
        expires: -1,
        httpOnly: true,
        secure: shop.secure,
        sameSite: 'Lax',
      })
      expect(await page.evaluate(() => document.cookie)).toBe('')
    })

    it('stores another cookie at the sign-in, and none once the session has ended', async () => {
      await addToCart(page, 'Morning mug')
      const before = await storedCookie()
      await signIn(page, 'Blue Door')
      expect((await storedCookie())?.value).not.toBe(before?.value)
      await page.getByRole('button', { name: 'End session' }).click()
      await page.locator('[data-origin=new]').waitFor()
      expect(await storedCookie()).toBeUndefined()
    })

    it('stays calm over a cookie that was edited by hand, and says so once', async () => {
      await signIn(page, 'Blue Door')
      const value = (await storedCookie())?.value ?? ''
      const edited = {
        'one letter changed': swapLetter(value, value.length - 20),
        'the time changed': swapLetter(value, 10),
        'cut off': value.slice(0, -5),
        'made longer': `${value}AAAA`,
        'something else': 'name=Blue%20Door',
      }
      for (const [edit, text] of Object.entries(edited)) {
        await storeCookie(text)
        const response = await page.reload()
        expect(response?.status(), edit).toBe(200)
        expect(await messages(page), edit).toEqual([
          'We did not recognise your session. Please sign in again.',
        ])
        expect(await greeting(page), edit).toBeUndefined()
        expect(await origin(page), edit).toBe('tampered')
        expect(await storedCookie(), edit).toBeUndefined()
      }
      await page.reload()
      expect(await messages(page)).toEqual([])
      await signIn(page, 'Blue Door')
      expect(await greeting(page)).toBe('Hello, Blue Door')
    })

    it('says once that a session has expired, and signs in anew', async () => {
      await storeCookie(await expiredValue())
      await page.goto('/cart')
      expect(await messages(page)).toEqual(['Your session has expired. Please sign in again.'])
      expect(await greeting(page)).toBeUndefined()
      expect(await origin(page)).toBe('expired')

      await page.reload()
      expect(await messages(page)).toEqual([])
      await signIn(page, 'Blue Door')
      expect(await messages(page)).toEqual(['Welcome, Blue Door.'])
    })

    it('says so too in a tab that was left open until its session had expired', async () => {
      await addToCart(page, 'Morning mug')
      await storeCookie(await expiredValue())
      await addToCart(page, 'Noodle bowl')
      expect(await messages(page)).toEqual([
        'Your session has expired. Please sign in again.',
        'Noodle bowl is in your cart.',
      ])
      expect(await itemCount(page)).toBe(1)
    })

    it('refuses a form of another site, which the cookie does not go with', async () => {
      await signIn(page, 'Blue Door')
      const elsewhere = await openOtherSite(`${shop.url}/sign-out`)
      try {
        const sending = page.waitForRequest(`${shop.url}/sign-out`)
        await sendForm(page, elsewhere)
        const request = await sending
        expect((await request.response())?.status()).toBe(403)
        expect(await request.headerValue('cookie')).toBeNull()
        await page.getByRole('heading', { name: 'That did not come from here' }).waitFor()
        await page.getByRole('link', { name: 'Back to the shop' }).click()
        await signOutButton(page).waitFor()
        expect(await greeting(page)).toBe('Hello, Blue Door')
      } finally {
        elsewhere.close()
      }
    })

    it('breaks none of its own rules about what a page may load', async () => {
      const complaints: string[] = []
      page.on('console', (line) => complaints.push(line.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.reload()
      await signIn(page, 'Blue Door')
      await addToCart(page, 'Morning mug')
      await page.goto('/cart')
      expect(complaints).toEqual([])
    })

    async function expiredValue(): Promise<string> {
      const cookie = await expiredCookie(store, secret)
      return cookie.slice(cookie.indexOf('=') + 1)
    }

    async function inTwoTabs(
      use: (first: Page, second: Page, gate: Awaited<ReturnType<typeof openGate>>) => Promise<void>,
    ): Promise<void> {
      const gate = await openGate(shop.url)
      try {
        // Cookies know no ports, so the visitor is signed in behind the gate as well.
        const [first, second] = [await visitor.newPage(), await visitor.newPage()]
        for (const tab of [first, second]) await tab.goto(gate.url)
        await use(first, second, gate)
      } finally {
        gate.close()
      }
    }
  })
}

/** Goes back like the button does. A page that comes out of the back-forward cache never loads. */
async function back(page: Page, path: string): Promise<void> {
  await page.goBack({ waitUntil: 'commit' })
  await page.getByRole('contentinfo').waitFor()
  expect(new URL(page.url()).pathname).toBe(path)
}

function swapLetter(text: string, place: number): string {
  return text.slice(0, place) + (text[place] === 'A' ? 'B' : 'A') + text.slice(place + 1)
}
