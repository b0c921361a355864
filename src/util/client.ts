import { SessionError } from './errors.ts'

/** The methods that a back end calls, and the text of the error if they are missing. */
interface ClientShape {
  /** The name of the option. */
  readonly option: string
  /** What to pass, such as "a connected client of `redis`". */
  readonly expected: string
  /** Sets of methods; the client has all of one set. */
  readonly methods: readonly (readonly string[])[]
  /** For a binding of Workers: its section in wrangler.toml, such as `kv_namespaces`. */
  readonly binding?: string
}

/**
 * Checks the methods of a back end's client. Call it where the back end is made, so that no request has to fail first.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` with what was given and what to write instead
 */
export function assertClient(
  client: unknown,
  { option, expected, methods, binding }: ClientShape,
): void {
  const has = (name: string): boolean => {
    const method: unknown = Reflect.get(Object(client), name)
    // Every function inherits a `call`; that of ioredis is another.
    return typeof method === 'function' && method !== Reflect.get(Function.prototype, name)
  }
  const isObject = (typeof client === 'object' && client !== null) || typeof client === 'function'
  if (isObject && methods.some((names) => names.every(has))) return

  const isMissing = client === undefined || client === null
  const remedy =
    isMissing && binding !== undefined
      ? `The binding is missing in the environment: declare it under \`${binding}\` in wrangler.toml, and write`
      : isObject && has('then')
        ? 'Await it first, and write'
        : 'Write'
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `\`${option}\` is ${shownClient(client)}. ${remedy} \`${option}: …\` with ${expected}.`,
  )

  // Never the value itself: a URL may hold a password.
  function shownClient(given: unknown): string {
    if (given === undefined || given === null) return String(given)
    if (!isObject) return `a ${typeof given}`
    if (has('then')) return 'a promise'
    const closest = methods.find((names) => names.some(has))
    const missing = (closest?.filter((name) => !has(name)) ?? methods.map(([name]) => name))
      .map((name) => `\`${name}()\``)
      .join(closest === undefined ? ' or ' : ' and ')
    return `${typeof given === 'function' ? 'a function' : 'an object'} without ${missing}`
  }
}
