import type { AddressInfo } from 'node:net'

import { serve, upgradeWebSocket } from '@hono/node-server'
import type { WebSocketServerLike } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { createVisits } from './visits.ts'

const { fetch } = createVisits(upgradeWebSocket)
const server = new WebSocketServer({ noServer: true }) as WebSocketServerLike

serve({ fetch, websocket: { server }, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
  console.log(`port ${port}`)
})
