import { beforeAll, describe } from 'vitest'

import { buildPackage } from '../shop/build.ts'
import { secret } from '../shop/scenarios.ts'
import { skipLoudly } from '../support/engine.ts'
import { chromiumProgram, chromiumRemedy } from './chromium.ts'
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
  })
}
