import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Page } from 'playwright-core'

interface OtherSite {
  readonly url: string
  close(): void
}

/** A page on 127.0.0.1, which for browsers is another site than localhost. */
export async function openOtherSite(target: string): Promise<OtherSite> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(`<form method="post" action="${target}"><button>Win a teapot</button></form>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Follows the bait. */
export async function sendForm(page: Page, site: OtherSite): Promise<void> {
  await page.goto(site.url)
  await page.getByRole('button', { name: 'Win a teapot' }).click()
}
