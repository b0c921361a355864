interface Made {
  readonly storage: object
  /** What the factory read of the environment when it made the storage. */
  readonly reads: ReadonlyMap<PropertyKey, unknown>
}

/** Old environments are forgotten beyond this many; production has one. */
const MAX_ENVIRONMENTS = 16

/**
 * Calls a factory once per environment and not per request.
 *
 * Workers hand the same bindings to every request; Node servers hand over a new object each time, which holds that
 * request's socket. So what counts is what the factory has read: while those bindings are the same, the storage is.
 */
export function oncePerEnvironment<Context>(
  make: (environment: object, context: Context) => object,
): (environment: unknown, context: Context) => object {
  const byIdentity = new WeakMap<object, object>()
  const made: Made[] = []

  return (environment, context) => {
    const key = typeof environment === 'object' && environment !== null ? environment : nothing
    const known = byIdentity.get(key) ?? made.find(({ reads }) => holds(key, reads))?.storage
    if (known !== undefined) {
      byIdentity.set(key, known)
      return known
    }
    const reads = new Map<PropertyKey, unknown>()
    const storage = make(recording(key, reads), context)
    made.unshift({ storage, reads })
    made.length = Math.min(made.length, MAX_ENVIRONMENTS)
    byIdentity.set(key, storage)
    return storage
  }
}

const nothing = {}

function holds(environment: object, reads: ReadonlyMap<PropertyKey, unknown>): boolean {
  for (const [name, value] of reads) if (Reflect.get(environment, name) !== value) return false
  return true
}

function recording(environment: object, reads: Map<PropertyKey, unknown>): object {
  return new Proxy(environment, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      reads.set(name, value)
      return value
    },
  })
}
