import { withElysia } from '../elysia.ts'
import { withFetch } from '../fetch.ts'
import { withHono } from '../hono.ts'
import { createSite } from '../site.ts'

declare const Bun: {
  serve(options: {
    fetch: (request: Request) => Response | Promise<Response>
    hostname: string
    port: number
  }): { readonly port: number }
}

const site = createSite()
const hostname = '127.0.0.1'
const { port } = {
  elysia: () => withElysia(site).listen({ hostname, port: 0 }).server as { port: number },
  fetch: () => Bun.serve({ fetch: withFetch(site), hostname, port: 0 }),
  hono: () => Bun.serve({ fetch: withHono(site), hostname, port: 0 }),
}[process.argv[2] as 'elysia' | 'fetch' | 'hono']()
console.log(`port ${port}`)
