import { upgradeWebSocket, websocket } from 'hono/bun'
import { createVisits } from './visits.ts'

declare const Bun: {
  serve(options: {
    fetch: (request: Request, server: object) => Response | Promise<Response>
    websocket: typeof websocket
    hostname: string
    port: number
  }): { readonly port: number }
}

const { fetch } = createVisits(upgradeWebSocket)
const { port } = Bun.serve({ fetch, websocket, hostname: '127.0.0.1', port: 0 })
console.log(`port ${port}`)
