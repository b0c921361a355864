import { serve } from '@hono/node-server'

import { router } from './router.ts'

const port = Number(process.env['PORT'] ?? 8788)

const server = serve({ fetch: (request) => router.fetch(request), port }, ({ port: actual }) => {
  console.log(`The shop is open at http://localhost:${actual}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => server.close())
}
