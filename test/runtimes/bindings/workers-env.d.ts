declare module 'cloudflare:workers' {
  export const env: {
    readonly D1: import('fetch-sessions/storage/d1').D1DatabaseLike
    readonly SESSIONS: import('fetch-sessions/storage/durable-object').DurableObjectNamespaceLike
  }
}

declare module 'cloudflare:test' {
  /** Takes every object out of memory; what they have stored stays. */
  export function evictAllDurableObjects(): Promise<void>
}
