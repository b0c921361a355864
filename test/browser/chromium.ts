import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

import { findProgram } from '../support/engine.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome']

export const chromiumProgram = names.map((name) => findProgram(name)).find((path) => path)
export const chromiumRemedy = '`apt-get install chromium`, or put chromium on the PATH'

/** Milliseconds in which whatever a page is asked to do is done, on a machine with much else to do. */
export const patience = 60_000

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a browser.
 *
 * @param keepsPages goes back as a visitor's browser does, to a page that it has kept whole, where it may. It then makes
 * a process for every page, which is slow.
 */
export function launchChromium({ keepsPages = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumProgram ?? 'chromium',
    args: flags,
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
  })
}
