import { beforeAll, describe } from 'vitest'

import { buildPackage } from '../shop/build.ts'
import { secret } from '../shop/scenarios.ts'
import type { RunningShop } from '../shop/scenarios.ts'
import { skipLoudly } from '../support/engine.ts'
import { describeAppearance } from './appearance.ts'
import { chromiumProgram, chromiumRemedy } from './chromium.ts'
import { describeDevicesInBrowser } from './devices.ts'
import { describeKeyboard } from './keyboard.ts'
import { describeShopInBrowser } from './scenarios.ts'
import type { BrowserShop } from './scenarios.ts'
import { openWranglerDev } from './wrangler-dev.ts'

const isMissing = chromiumProgram === undefined
if (isMissing) skipLoudly('the shop under wrangler dev in a browser', chromiumRemedy)

beforeAll(() => buildPackage())

async function open(store: 'cookie' | 'durable-object'): Promise<BrowserShop> {
  const shop = await openWranglerDev({ SESSION_STORAGE: store, SESSION_SECRET: secret })
  return { ...shop, secure: false }
}

for (const store of ['cookie', 'durable-object'] as const) {
  describe.skipIf(isMissing)(`the shop under wrangler dev, SESSION_STORAGE:${store}`, () => {
    describeShopInBrowser(store, () => open(store))
    describeDevicesInBrowser(store, () => open(store))
  })
}

/** D1 has no table until the migration is applied. */
function openBroken(): Promise<RunningShop> {
  return openWranglerDev({ SESSION_STORAGE: 'd1', SESSION_SECRET: secret })
}

describe.skipIf(isMissing)('the shop under wrangler dev', () => {
  describeKeyboard(() => open('cookie'))
  // The other two views are Node's: the pages are the same.
  const views = [
    [360, 'light'],
    [1280, 'dark'],
  ] as const
  describeAppearance('worker', views, async () => ({
    shop: await open('cookie'),
    listing: await open('durable-object'),
    broken: await openBroken(),
  }))
})
