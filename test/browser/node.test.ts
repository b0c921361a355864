import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, beforeAll, describe } from 'vitest'

import { buildPackage } from '../shop/build.ts'
import { killServers, openServer } from '../shop/node-server.ts'
import { secret } from '../shop/scenarios.ts'
import { skipLoudly } from '../support/engine.ts'
import { describeAppearance } from './appearance.ts'
import { chromiumProgram, chromiumRemedy } from './chromium.ts'
import { describeDevicesInBrowser } from './devices.ts'
import { describeKeyboard } from './keyboard.ts'
import { describeShopInBrowser } from './scenarios.ts'
import type { BrowserShop } from './scenarios.ts'

const isMissing = chromiumProgram === undefined
if (isMissing) skipLoudly('the shop on Node in a browser', chromiumRemedy)

let folder: string
beforeAll(() => {
  buildPackage()
  folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-browser-'))
})
afterAll(() => {
  killServers()
  rmSync(folder, { recursive: true, force: true })
})

async function open(store: 'cookie' | 'sqlite', file = 'shop.db'): Promise<BrowserShop> {
  const server = await openServer({
    SESSION_STORAGE: store,
    SESSION_SECRET: secret,
    SQLITE_FILE: join(folder, file),
  })
  // openServer runs it in production, where a loopback host may be a proxy's last hop.
  return { ...server, secure: true }
}

for (const store of ['cookie', 'sqlite'] as const) {
  describe.skipIf(isMissing)(`the shop on Node, SESSION_STORAGE=${store}`, () => {
    describeShopInBrowser(store, () => open(store))
    describeDevicesInBrowser(store, () => open(store))
  })
}

/** Somebody has deleted the table. */
async function openBroken(): Promise<BrowserShop> {
  const shop = await open('sqlite', 'broken.db')
  const database = new DatabaseSync(join(folder, 'broken.db'))
  database.exec('DROP TABLE sessions')
  database.close()
  return shop
}

describe.skipIf(isMissing)('the shop on Node', () => {
  describeKeyboard(() => open('cookie'))
  // The other two views are the Worker's: the pages are the same.
  const views = [
    [360, 'dark'],
    [1280, 'light'],
  ] as const
  describeAppearance('node', views, async () => ({
    shop: await open('cookie'),
    listing: await open('sqlite', 'listing.db'),
    broken: await openBroken(),
  }))
})
