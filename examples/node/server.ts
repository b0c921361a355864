import { randomBytes } from 'node:crypto'

import { serve } from '@hono/node-server'

import { createShopRouter } from './router.ts'
import { openShopStore } from './storage.ts'

// Every storage finds its secrets in SESSION_SECRET. In development a random one will do, until the process ends.
if (!process.env['SESSION_SECRET'] && process.env['NODE_ENV'] !== 'production') {
  console.warn('SESSION_SECRET is not set, so nobody gets their session back after a restart.')
  process.env['SESSION_SECRET'] = randomBytes(32).toString('base64url')
}

const store = await openShopStore(process.env)
// Throws now, and not at the first request, if the secret is missing or weak.
await store.storage.getSession()

const router = createShopRouter(store)
const port = Number(process.env['PORT'] ?? 8788)

const server = serve({ fetch: (request) => router.fetch(request), port }, ({ port: actual }) => {
  console.log(`The shop is open at http://localhost:${actual}`)
})

// The store stays open until the last request has its answer. A second signal ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => server.close(() => store.close()))
}
