import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A reverse proxy in front of a shop that keeps a request waiting until the test lets it through. */
export interface Gate {
  readonly url: string
  /** Stops the next request to a path, with the cookie that it has by then. */
  hold(path: string): HeldRequest
  close(): void
}

export interface HeldRequest {
  /** The browser has sent the request. */
  readonly arrived: Promise<void>
  release(): void
}

interface Barrier {
  readonly path: string
  arrive(): void
  readonly released: Promise<void>
}

export async function openGate(shop: string): Promise<Gate> {
  const barriers: Barrier[] = []

  const server = createServer(async (incoming, outgoing) => {
    const index = barriers.findIndex(({ path }) => path === incoming.url)
    const [barrier] = index === -1 ? [] : barriers.splice(index, 1)
    barrier?.arrive()
    await barrier?.released
    forward(shop, incoming, outgoing)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://localhost:${port}`,
    hold(path) {
      const arrival = signal()
      const permission = signal()
      barriers.push({ path, arrive: arrival.give, released: permission.given })
      return { arrived: arrival.given, release: permission.give }
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function forward(shop: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = 'GET', headers, url = '/' } = incoming
  const onward = request(new URL(url, shop), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', (error) => outgoing.destroy(error))
  incoming.pipe(onward)
}

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give }
}
