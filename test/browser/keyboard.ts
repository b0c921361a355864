import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { RunningShop } from '../shop/scenarios.ts'
import { launchChromium, patience } from './chromium.ts'
import { greeting, itemCount, message } from './shopping.ts'

/** The shop without a mouse. */
export function describeKeyboard(open: () => Promise<RunningShop>): void {
  describe('with the keyboard only', { timeout: 4 * patience }, () => {
    let shop: RunningShop
    let browser: Browser
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
      page = await browser.newPage({ baseURL: shop.url })
      page.setDefaultTimeout(patience)
      await page.goto('/')
    })
    afterEach(() => page?.close())

    it('skips to the content first', async () => {
      await page.keyboard.press('Tab')
      expect(await focus(page)).toEqual({ name: 'Skip to content', ringed: true, inSight: true })
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      expect((await focus(page)).name).toBe('Add to cart: Morning mug')
    })

    it('buys a mug, from the first visit to the sign-out', async () => {
      await tabTo(page, 'Add to cart: Morning mug')
      await page.keyboard.press('Enter')
      await message(page, 'Morning mug is in your cart.').waitFor()
      // Whoever has added something goes on where they were.
      await page.keyboard.press('Tab')
      expect((await focus(page)).name).toBe('Add to cart: Morning mug')

      await tabTo(page, 'Sign in', 'Shift+Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/sign-in')
      await tabTo(page, 'Your name')
      await page.keyboard.type('Blue Door')
      await page.keyboard.press('Enter')
      await message(page, 'Welcome, Blue Door.').waitFor()

      await tabTo(page, 'Cart 1 item')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/cart')
      await tabTo(page, 'Quantity of Morning mug')
      await page.keyboard.type('3')
      await page.keyboard.press('Enter')
      await message(page, 'Morning mug: 3 in your cart.').waitFor()
      expect(await itemCount(page)).toBe(3)

      await tabTo(page, 'What it holds')
      await page.keyboard.press('Space')
      await tabTo(page, 'Session data')
      expect(await page.locator(':focus').innerText()).toContain('"quantity": 3')

      await tabTo(page, 'Place order', 'Shift+Tab')
      await page.keyboard.press('Space')
      await message(page, 'Thank you!').waitFor()
      await tabTo(page, 'Sign out')
      await page.keyboard.press('Enter')
      await message(page, 'You are signed out.').waitFor()
      expect(await greeting(page)).toBeUndefined()
    })

    it.each([360, 1280])('shows at %i px where the focus is, at every stop', async (width) => {
      await page.setViewportSize({ width, height: 640 })
      await tabTo(page, 'Add to cart: Candle dish')
      await page.keyboard.press('Enter')
      // The message sticks to the top of this page, and may not cover what has the focus.
      await message(page, 'Candle dish is in your cart.').waitFor()
      await page.keyboard.press('Shift+Tab')
      const stops = await allStops(page)
      expect(stops.map(({ name }) => name)).toContain('Sign in')
      expect(stops.filter(({ ringed, inSight }) => !ringed || !inSight)).toEqual([])
    })
  })
}

/** What has the focus. */
interface FocusStop {
  readonly name: string
  /** An outline of two pixels or more is drawn around it. */
  readonly ringed: boolean
  /** Its middle is in the window, and nothing lies over it. */
  readonly inSight: boolean
}

async function focus(page: Page): Promise<FocusStop> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const [label] = (element as HTMLInputElement).labels ?? []
    const text = element.ariaLabel ?? label?.textContent ?? element.textContent
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { x, y, width, height } = element.getBoundingClientRect()
    const top = document.elementFromPoint(x + width / 2, y + height / 2)
    return {
      name: text.replaceAll(/\s+/g, ' ').trim(),
      ringed: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
      inSight: top !== null && element.contains(top),
    }
  })
}

/** More than any page of the shop has. */
const most = 40

async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  const passed: string[] = []
  for (let count = 0; count < most; count++) {
    await page.keyboard.press(key)
    const stop = await focus(page)
    if (stop.name === name) {
      expect(stop).toEqual({ name, ringed: true, inSight: true })
      return
    }
    passed.push(stop.name)
  }
  throw new Error(`${key} never comes to "${name}", only to ${passed.join(', ')}`)
}

/** All that Shift+Tab comes to, once around the page. */
async function allStops(page: Page): Promise<FocusStop[]> {
  const stops: FocusStop[] = []
  for (let count = 0; count < most; count++) {
    const stop = await focus(page)
    if (stop.name === stops[0]?.name) return stops
    if (await page.evaluate(() => document.activeElement !== document.body)) stops.push(stop)
    await page.keyboard.press('Shift+Tab')
  }
  throw new Error(`the focus does not come around: ${stops.map(({ name }) => name).join(', ')}`)
}
