import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'

import { withElysia } from '../elysia.ts'
import { withFetch } from '../fetch.ts'
import { withHono } from '../hono.ts'
import { revalidating } from '../revalidation.ts'
import { createSite } from '../site.ts'

const site = createSite()
const fetch = {
  elysia: () => {
    const app = withElysia(site)
    return revalidating((request) => app.fetch(request))
  },
  fetch: () => withFetch(site),
  hono: () => withHono(site),
}[process.argv[2] as 'elysia' | 'fetch' | 'hono']()

serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
  console.log(`port ${port}`)
})
