import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A TCP proxy that can go deaf: what the client sends arrives, and the answer is cut off with the connection. */
export interface DeafProxy {
  readonly port: number
  /** The next answer of the server is lost. */
  loseNextAnswer(): void
  /** Nothing gets through until {@link resume}, and no connection is closed. */
  pause(): void
  resume(): void
  /**
   * A black hole: connections are accepted, never answered and never closed, until {@link recover}. Those of that time stay
   * dead afterwards, as with a firewall that has forgotten them.
   */
  swallow(): void
  /** New connections get through again. */
  recover(): void
  close(): void
}

export async function startDeafProxy(port: number): Promise<DeafProxy> {
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  let isDeaf = false
  let isBlackHole = false
  const server = createServer((client) => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    client.on('error', () => {})
    if (isBlackHole) return void client.resume()
    const upstream = connect(port, '127.0.0.1')
    sockets.add(upstream)
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (!isDeaf) return void client.write(data)
      isDeaf = false
      client.destroy()
      upstream.destroy()
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(upstream)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    loseNextAnswer() {
      isDeaf = true
    },
    pause() {
      for (const socket of sockets) socket.pause()
    },
    resume() {
      for (const socket of sockets) socket.resume()
    },
    swallow() {
      isBlackHole = true
      for (const client of clients) client.removeAllListeners('data').resume()
      for (const upstream of sockets) upstream.removeAllListeners('data').resume()
    },
    recover() {
      isBlackHole = false
    },
    close() {
      for (const socket of [...sockets, ...clients]) socket.destroy()
      server.close()
    },
  }
}
