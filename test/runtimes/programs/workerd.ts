import { upgradeWebSocket } from 'hono/cloudflare-workers'
import { createVisits } from './visits.ts'

export default createVisits(upgradeWebSocket)
