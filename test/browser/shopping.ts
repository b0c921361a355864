import type { Locator, Page } from 'playwright-core'

/** What a visitor does in the shop, and what they see there. */

export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/')
}

export function signOutButton(page: Page): Locator {
  return page.getByRole('navigation').getByRole('button', { name: 'Sign out' })
}

export async function signOut(page: Page): Promise<void> {
  await signOutButton(page).click()
  await message(page, 'You are signed out.').waitFor()
}

export async function addToCart(page: Page, product: string): Promise<void> {
  await page.getByRole('button', { name: `Add to cart: ${product}` }).click()
  await message(page, `${product} is in your cart.`).waitFor()
}

export function message(page: Page, text: string): Locator {
  return page.getByRole('status').filter({ hasText: text })
}

/** All that the page has to say. */
export function messages(page: Page): Promise<string[]> {
  return page.getByRole('status').allInnerTexts()
}

/** Whom the page greets. */
export async function greeting(page: Page): Promise<string | undefined> {
  const [text] = await page.locator('.who').allInnerTexts()
  return text
}

/** The number beside "Cart". */
export async function itemCount(page: Page): Promise<number> {
  return Number(await page.locator('.count').getAttribute('data-count'))
}

/** The word for the session in the panel. */
export function origin(page: Page): Promise<string> {
  return page.locator('[data-origin]').innerText()
}
