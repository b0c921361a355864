import { SessionError } from '../util/errors.ts'

interface Made<T> {
  readonly made: T
  /** What the factory read of the environment when it made the storage; null where it looked at all of it. */
  readonly reads: ReadonlyMap<PropertyKey, unknown> | null
}

/** Old environments are forgotten beyond this many; production has one. */
const MAX_ENVIRONMENTS = 16

/**
 * Calls a factory once per environment and not per request.
 *
 * Workers hand the same bindings to every request; Node servers hand over a new object each time, which holds that
 * request's socket. So what counts is what the factory has read: while those bindings are the same, the storage is.
 */
export function oncePerEnvironment<Context, T extends object = object>(
  make: (environment: object, context: Context) => T,
): (environment: unknown, context: Context) => T {
  const byIdentity = new WeakMap<object, T>()
  const all: Made<T>[] = []

  return (environment, context) => {
    const key = typeof environment === 'object' && environment !== null ? environment : nothing
    const known = byIdentity.get(key) ?? all.find(({ reads }) => holds(key, reads))?.made
    if (known !== undefined) {
      byIdentity.set(key, known)
      return known
    }
    const recorder = recording(key)
    const made = make(recorder.proxy, context)
    all.unshift({ made, reads: recorder.stop() })
    all.length = Math.min(all.length, MAX_ENVIRONMENTS)
    byIdentity.set(key, made)
    return made
  }
}

const nothing = {}

function holds(environment: object, reads: ReadonlyMap<PropertyKey, unknown> | null): boolean {
  if (reads === null) return false
  for (const [name, value] of reads) if (Reflect.get(environment, name) !== value) return false
  return true
}

/** The environment, with a record of what was read of it until `stop`. */
function recording(environment: object): { proxy: object; stop(): Made<object>['reads'] } {
  const reads = new Map<PropertyKey, unknown>()
  let isEnumerated = false
  let isStopped = false

  function note(name: PropertyKey): unknown {
    if (isStopped) {
      throw new SessionError(
        'ERR_SESSION_CONFIG',
        `The storage read \`env.${String(name)}\` after it was made, when another environment may be meant: read all bindings in the function that makes it.`,
      )
    }
    const value: unknown = Reflect.get(environment, name)
    reads.set(name, value)
    return value
  }

  const proxy = new Proxy(environment, {
    get: (_, name) => note(name),
    has(target, name) {
      note(name)
      return Reflect.has(target, name)
    },
    ownKeys(target) {
      isEnumerated = true
      return Reflect.ownKeys(target)
    },
  })
  return {
    proxy,
    stop() {
      isStopped = true
      return isEnumerated ? null : reads
    },
  }
}
