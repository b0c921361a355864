import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe } from 'vitest'

import { buildPackage } from '../shop/build.ts'
import { killServers, openServer } from '../shop/node-server.ts'
import { secret } from '../shop/scenarios.ts'
import { skipLoudly } from '../support/engine.ts'
import { chromiumProgram, chromiumRemedy } from './chromium.ts'
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

async function open(store: 'cookie' | 'sqlite'): Promise<BrowserShop> {
  const server = await openServer({
    SESSION_STORAGE: store,
    SESSION_SECRET: secret,
    SQLITE_FILE: join(folder, 'shop.db'),
  })
  // openServer runs it in production, where a loopback host may be a proxy's last hop.
  return { ...server, secure: true }
}

for (const store of ['cookie', 'sqlite'] as const) {
  describe.skipIf(isMissing)(`the shop on Node, SESSION_STORAGE=${store}`, () => {
    describeShopInBrowser(store, () => open(store))
  })
}
