import { withFetch } from '../fetch.ts'
import { withHono } from '../hono.ts'
import { createSite } from '../site.ts'

declare const Deno: {
  readonly args: readonly string[]
  serve(
    options: { hostname: string; port: number; onListen: (address: { port: number }) => void },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown
}

const site = createSite()
const fetch = Deno.args[0] === 'hono' ? withHono(site) : withFetch(site)
const onListen = ({ port }: { port: number }): void => console.log(`port ${port}`)
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, (request) => fetch(request))
