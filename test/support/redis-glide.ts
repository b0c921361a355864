import type { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'

interface GlideClients {
  connect(port: number): Promise<GlideClient>
  connectCluster(ports: readonly number[]): Promise<GlideClusterClient>
}

/** The clients of Valkey GLIDE, or why their native module does not load here. */
export async function glideClients(): Promise<GlideClients | Error> {
  const at = (port: number) => ({ host: '127.0.0.1', port })
  try {
    const glide = await import('@valkey/valkey-glide')
    return {
      connect: (port) => glide.GlideClient.createClient({ addresses: [at(port)] }),
      connectCluster: (ports) =>
        glide.GlideClusterClient.createClient({ addresses: ports.map(at) }),
    }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
