import { join } from 'node:path'

import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { maxNameLength } from '../../examples/shop/form.ts'
import { root } from '../shop/build.ts'
import { expiredCookie } from '../shop/expired-cookie.ts'
import { secret } from '../shop/scenarios.ts'
import type { RunningShop } from '../shop/scenarios.ts'
import { createVisitor } from '../shop/visitor.ts'
import { launchChromium, patience } from './chromium.ts'
import { openOtherSite, sendForm } from './other-site.ts'
import { addToCart, message, signIn } from './shopping.ts'

export interface ShopsToLookAt {
  /** Keeps its sessions in the cookie. */
  readonly shop: RunningShop
  /** Lists the sessions of a user. */
  readonly listing: RunningShop
  /** Cannot store anything. */
  readonly broken: RunningShop
}

const androidPhone =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36'

/** As long as may be, and nowhere to break the line. */
const longName = 'W'.repeat(maxNameLength)

/**
 * Every page of the shop, in every state that looks different: a picture in `screenshots/`, what axe-core finds, and
 * whether it fits the width.
 */
export function describeAppearance(
  folder: string,
  views: readonly (readonly [width: number, colorScheme: 'light' | 'dark'])[],
  open: () => Promise<ShopsToLookAt>,
): void {
  describe('looks like a shop', { timeout: 6 * patience }, () => {
    let shops: ShopsToLookAt
    let browser: Browser

    beforeAll(async () => {
      shops = await open()
      browser = await launchChromium()
    })
    afterAll(async () => {
      await browser?.close()
      await shops?.shop.stop()
      await shops?.listing.stop()
      await shops?.broken.stop()
    })

    it.each(views)('at %i px, %s', async (width, colorScheme) => {
      const context = await browser.newContext({
        baseURL: shops.shop.url,
        viewport: { width, height: 800 },
        colorScheme,
      })
      context.setDefaultTimeout(patience)
      const findings: string[] = []
      const look = async (page: Page, name: string): Promise<void> => {
        const path = join(root, 'screenshots', folder, `${name}-${width}-${colorScheme}.png`)
        // Where the address points to a part of the page, that is what a visitor sees.
        await page.screenshot({ path, fullPage: !page.url().includes('#') })
        findings.push(...(await overflow(page, name)), ...(await violations(page, name)))
      }
      await walk(context, shops, look)
      await walkAccount(context, shops, look)
      expect(findings).toEqual([])
      await context.close()
    })
  })
}

/** The pages of whoever is signed in. */
async function walkAccount(
  context: BrowserContext,
  { shop, listing }: ShopsToLookAt,
  look: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  // Cookies know no ports, so the one of the shop before would go to this one.
  await context.clearCookies()
  const page = await context.newPage()
  await page.goto(listing.url)
  await signIn(page, longName)
  await page.goto(`${listing.url}/orders`)
  await look(page, 'orders-empty')
  await page.goto(listing.url)
  await addToCart(page, 'Morning mug')
  await page.goto(`${listing.url}/cart`)
  await page.getByRole('button', { name: 'Place order' }).click()
  await message(page, 'Thank you!').waitFor()
  await page.goto(`${listing.url}/orders`)
  await look(page, 'orders')

  await page.goto(`${listing.url}/confirm`)
  await page.getByLabel('Your name').fill('Somebody')
  await page.getByRole('button', { name: 'Show my orders' }).click()
  await message(page, 'That is not the name').waitFor()
  await look(page, 'confirm-refused')

  for (const device of [androidPhone, 'curl/8.14.1']) {
    await createVisitor(listing.url, undefined, device).post('/sign-in', { name: longName })
  }
  await page.goto(`${listing.url}/devices`)
  await look(page, 'devices')
  await page.getByRole('button', { name: 'Sign out all other devices' }).click()
  await message(page, 'signed out').waitFor()
  await look(page, 'devices-ended')

  await context.clearCookies()
  await page.goto(`${shop.url}/devices`)
  await look(page, 'devices-signed-out')
  await page.goto(shop.url)
  await signIn(page, 'Blue Door')
  await page.goto(`${shop.url}/devices`)
  await look(page, 'devices-no-list')
}

/** Goes through the shop, and looks wherever there is something new to see. */
async function walk(
  context: BrowserContext,
  { shop, broken }: ShopsToLookAt,
  look: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const page = await context.newPage()
  await page.goto('/')
  await look(page, 'home')
  await page.goto('/cart')
  await look(page, 'cart-empty')
  await page.goto('/nowhere')
  await look(page, 'not-found')

  await page.goto('/sign-in')
  await page.getByLabel('Your name').fill(' ')
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
  await message(page, 'Enter a name').waitFor()
  await look(page, 'sign-in-refused')

  await signIn(page, longName)
  await look(page, 'signed-in')
  await addToCart(page, 'Morning mug')
  await addToCart(page, 'Round teapot')
  await look(page, 'added')
  await page.goto('/cart')
  await page.getByText('What it holds').click()
  await look(page, 'cart')

  const elsewhere = await openOtherSite(`${shop.url}/sign-out`)
  await sendForm(page, elsewhere)
  await page.getByRole('heading', { name: 'That did not come from here' }).waitFor()
  await look(page, 'forbidden')
  elsewhere.close()

  const [name = '', value = ''] = (await expiredCookie('cookie', secret)).split('=')
  await context.addCookies([{ name, value, url: shop.url }])
  await page.goto('/sign-in')
  await look(page, 'sign-in-expired')

  await page.goto(broken.url)
  await page.getByRole('button', { name: 'Add to cart: Morning mug' }).click()
  await page.getByRole('heading', { name: 'Something broke on our side' }).waitFor()
  await look(page, 'broken')
}

async function overflow(page: Page, name: string): Promise<string[]> {
  const beyond = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
  return beyond > 0 ? [`${name}: ${beyond} px wider than the window`] : []
}

async function violations(page: Page, name: string): Promise<string[]> {
  const rules = { 'target-size': { enabled: true } }
  const { violations: found } = await new AxeBuilder({ page }).options({ rules }).analyze()
  return found.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target }) => `${name}: ${id} (${impact}), ${help}: ${target.join(' ')}`),
  )
}
