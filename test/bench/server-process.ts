import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'

import { prove } from './proofs.ts'
import { loadSubject } from './subjects.ts'

/** What this process is asked for: to serve a subject, or its floor. It answers with the port. */
export interface ServerTask {
  readonly id: string
  readonly side: 'subject' | 'floor'
}

process.once('message', async ({ id, side }: ServerTask) => {
  const subject = await loadSubject(id)
  console.error = () => {}
  if (id !== 'json-cookie') await prove(subject)
  const app = side === 'floor' ? subject.createFloor() : subject.create()
  const fetch = (request: Request): Response | Promise<Response> => app.fetch(request)
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' })
  server.once('listening', () => process.send?.((server.address() as AddressInfo).port))
})
// The benchmark ends it by ending the channel.
process.once('disconnect', () => process.exit())
