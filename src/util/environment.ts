declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Whether NODE_ENV is `production`. */
export function isProduction(): boolean {
  try {
    // In these very words, because bundlers (wrangler's too) replace them where there is no `process`.
    return process.env.NODE_ENV === 'production'
  } catch {
    return false // no `process`, or Deno without --allow-env
  }
}

/** Whether this is the Workers runtime, where each isolate would make up another random secret. */
export function isWorkers(): boolean {
  return (globalThis as { navigator?: Navigator }).navigator?.userAgent === 'Cloudflare-Workers'
}

/** A variable of the router's own environment (Workers' bindings), or else of the process. */
export function readVariable(environment: unknown, name: string): string | undefined {
  const own = isObject(environment) ? environment[name] : undefined
  if (typeof own === 'string') return own
  const { process: runtime } = globalThis as { process?: { env?: Record<string, string> } }
  try {
    return runtime?.env?.[name]
  } catch {
    return undefined // Deno without --allow-env
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

const warned = new Set<string>()

/** Says something once, however often it happens. */
export function warnOnce(message: string): void {
  if (warned.has(message) || warned.size >= 100) return
  warned.add(message)
  console.warn(`fetch-sessions: ${message}`)
}
