import { serve } from '@hono/node-server'

import { createShopRouter } from './router.ts'
import { openShopStore } from './storage.ts'

const store = await openShopStore(process.env)
const router = createShopRouter(store)
const port = Number(process.env['PORT'] ?? 8788)

const server = serve({ fetch: (request) => router.fetch(request), port }, ({ port: actual }) => {
  console.log(`The shop is open at http://localhost:${actual}`)
})

// The store stays open until the last request has its answer. A second signal ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => server.close(() => store.close()))
}
