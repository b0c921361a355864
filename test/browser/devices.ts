import { createCookieSessionStorage } from 'fetch-sessions/storage/cookie'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import type { StoreName } from '../../examples/shop/stores.ts'
import { signedInSince } from '../shop/devices.ts'
import type { RunningShop } from '../shop/scenarios.ts'
import { traits } from '../shop/traits.ts'
import { launchChromium, patience } from './chromium.ts'
import { greeting, message, messages, origin, signIn } from './shopping.ts'

/** One user in two browsers at once. */
export function describeDevicesInBrowser(store: StoreName, open: () => Promise<RunningShop>): void {
  describe('in two browsers', { timeout: 2 * patience }, () => {
    let shop: RunningShop
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
    afterEach(async () => {
      vi.unstubAllEnvs()
      await visitor?.close()
    })

    if (traits[store].lists) {
      it('ends one of two browsers from the other, and tells its visitor so, once', async () => {
        await signIn(page, 'Two Doors')
        await inAnotherBrowser(async (elsewhere) => {
          await signIn(elsewhere, 'Two Doors')
          await page.getByRole('link', { name: 'Devices' }).click()
          await page.getByRole('heading', { name: 'Your devices' }).waitFor()
          const devices = page.locator('.devices > li')
          expect(await devices.count()).toBe(2)
          expect(await devices.first().innerText()).toMatch(/^Chrome on Linux This device/)
          expect(await devices.last().innerText()).toMatch(/^Chrome on Linux\n/)

          await page.getByRole('button', { name: 'Sign out: Chrome on Linux' }).click()
          await message(page, '1 device was signed out.').waitFor()
          expect(await devices.count()).toBe(1)
          expect(await greeting(page)).toBe('Hello, Two Doors')

          await elsewhere.goto('/cart')
          expect(await messages(elsewhere)).toEqual(['You were signed out from another device.'])
          expect(await greeting(elsewhere)).toBeUndefined()
          expect(await origin(elsewhere)).toBe('revoked')
          await elsewhere.reload()
          expect(await messages(elsewhere)).toEqual([])
        })
      })

      it('signs out all other devices, and the visitor of one may sign in again', async () => {
        await signIn(page, 'All Doors')
        await inAnotherBrowser(async (elsewhere) => {
          await signIn(elsewhere, 'All Doors')
          await page.goto('/devices')
          await page.getByRole('button', { name: 'Sign out all other devices' }).click()
          await message(page, '1 device was signed out.').waitFor()
          await elsewhere.goto('/devices')
          await elsewhere.waitForURL('**/sign-in')
          expect(await messages(elsewhere)).toEqual(['You were signed out from another device.'])
          await signIn(elsewhere, 'All Doors')
          await page.reload()
          expect(await page.locator('.devices > li').count()).toBe(2)
        })
      })
    } else {
      it('says that there is no list of devices', async () => {
        await signIn(page, 'Blue Door')
        await page.getByRole('link', { name: 'Devices' }).click()
        await page.getByText('There is no list of them here.').waitFor()
        expect(await page.locator('.devices').count()).toBe(0)
      })

      it('asks for the name again before the orders, ten minutes after the sign-in', async () => {
        const cookie = await signedInSince(createCookieSessionStorage(), 'Blue Door', 11)
        const value = cookie.slice(cookie.indexOf('=') + 1)
        await visitor.addCookies([{ name: '__session', value, url: shop.url }])
        await page.goto('/')
        await page.getByRole('link', { name: 'Orders' }).click()
        await page.getByRole('heading', { name: 'Is it still you?' }).waitFor()
        const answer = async (name: string): Promise<void> => {
          await page.getByLabel('Your name').fill(name)
          await page.getByRole('button', { name: 'Show my orders' }).click()
        }
        await answer('Red Door')
        await message(page, 'That is not the name you signed in with.').waitFor()
        await answer('Blue Door')
        await page.getByRole('heading', { name: 'Your orders' }).waitFor()
        await page.reload()
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Your orders')
      })
    }

    /** Beside the visitor's own, and with cookies of its own. */
    async function inAnotherBrowser(use: (elsewhere: Page) => Promise<void>): Promise<void> {
      const other = await browser.newContext({ baseURL: shop.url })
      other.setDefaultTimeout(patience)
      try {
        const elsewhere = await other.newPage()
        await elsewhere.goto('/')
        await use(elsewhere)
      } finally {
        await other.close()
      }
    }
  })
}
