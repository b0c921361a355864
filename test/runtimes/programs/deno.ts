import { upgradeWebSocket } from 'hono/deno'
import { createVisits } from './visits.ts'

declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen: (address: { port: number }) => void },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown
}

const { fetch } = createVisits(upgradeWebSocket)
const onListen = ({ port }: { port: number }): void => console.log(`port ${port}`)
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, (request) => fetch(request))
