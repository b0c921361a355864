import { readFileSync } from 'node:fs'

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll } from 'vitest'

import { buildPackage, bundleWorker } from './build.ts'
import { describeShop } from './scenarios.ts'
import type { OpenShop } from './scenarios.ts'

let bundle: ReturnType<typeof bundleWorker>

beforeAll(() => {
  buildPackage()
  bundle = bundleWorker()
})

afterAll(() => bundle.remove())

const openWorker: OpenShop = async (secret) => {
  const options = convertV4MiniflareOptions({
    modules: true,
    script: readFileSync(bundle.script, 'utf8'),
    compatibilityDate: '2026-10-20',
    bindings: secret === undefined ? {} : { SESSION_SECRET: secret },
    cf: false,
    handleStructuredLogs: () => undefined, // the error that one scenario provokes
  })
  const miniflare = new Miniflare(options)
  const url = await miniflare.ready
  return { url: url.origin, stop: () => miniflare.dispose() }
}

describeShop('the shop as a Worker', openWorker)
