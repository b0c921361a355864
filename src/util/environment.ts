declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Whether NODE_ENV is `production`. */
export function isProduction(): boolean {
  try {
    // Bundlers, wrangler's too, replace exactly this expression.
    return process.env.NODE_ENV === 'production'
  } catch {
    return false // no `process`, or Deno without --allow-env
  }
}

/** Whether this is the Workers runtime. Each isolate there would make its own random secret. */
export function isWorkers(): boolean {
  return (globalThis as { navigator?: Navigator }).navigator?.userAgent === 'Cloudflare-Workers'
}

/** A variable of the router's environment, such as Workers' bindings; otherwise of the process. */
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

/** Prints a warning once per process. */
export function warnOnce(message: string): void {
  if (warned.has(message) || warned.size >= 100) return
  warned.add(message)
  console.warn(`fetch-sessions: ${message}`)
}
