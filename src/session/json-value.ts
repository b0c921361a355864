import { SessionError } from '../util/errors.ts'

/** `T` if JSON gives it back as it is; otherwise `T` with `never` in each place that JSON would lose. */
export type Storable<T> = [T] extends [JsonOf<T>] ? T : JsonOf<T>

type JsonOf<T> = T extends string | number | boolean | null
  ? T
  : T extends Unstorable
    ? never
    : T extends readonly unknown[]
      ? readonly JsonOf<T[number]>[]
      : T extends object
        ? { [K in keyof T]: K extends symbol ? T[K] : JsonOf<T[K]> | Extract<T[K], undefined> }
        : T

/** Built-in classes are here for the sake of a short message; others are known by their methods. */
type Unstorable =
  | void
  | bigint
  | symbol
  | ((...args: never) => unknown)
  | (abstract new (...args: never) => unknown)
  | Date
  | RegExp
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBufferView
  | ArrayBuffer
  | Promise<unknown>

/** JSON and its readers have their limits, and a client may choose how deep its input is. */
const MAX_DEPTH = 200

/**
 * Makes sure that JSON gives `value` back as it is, but for `undefined` members of objects, which
 * read the same when they are missing.
 *
 * @param name the session key, for the message
 * @throws SessionError `ERR_SESSION_VALUE`, with the path to what JSON cannot carry
 */
export function assertJson(name: string, value: unknown): void {
  visit(value, name, [])
}

/** `value` as JSON text. Throws as {@link assertJson} does, where JSON itself cannot write it. */
export function jsonOf(name: string, value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    assertJson(name, value)
    throw error
  }
}

function visit(value: unknown, path: string, ancestors: object[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `${value}`, 'JSON has no such number')
      return
    case 'object':
      if (value !== null) visitObject(value, path, ancestors)
      return
    case 'undefined':
      refuse(path, 'undefined', 'call unset() to remove a value, or use null')
      return
    default:
      refuse(path, `a ${typeof value}`, 'store a string, number, boolean, null, array or object')
  }
}

function visitObject(value: object, path: string, ancestors: object[]): void {
  if (ancestors.length > MAX_DEPTH) refuse(path, 'nested too deep', 'store flatter data')
  if (ancestors.includes(value)) refuse(path, 'circular', 'store an id instead of the reference')
  ancestors.push(value)
  if (!isPlain(value)) refuseInstance(value, path)
  if (Array.isArray(value)) {
    // By index, so that the holes of a sparse array are seen.
    for (let i = 0; i < value.length; i++) visit(value[i], `${path}[${i}]`, ancestors)
  } else {
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) visit(member, `${path}.${key}`, ancestors)
    }
  }
  ancestors.pop()
}

function isPlain(value: object): boolean {
  let prototype: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value)) prototype = Object.getPrototypeOf(prototype)
  // Object.prototype is known by having no prototype itself: objects of another realm pass too.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null
  return plain && typeof (value as { toJSON?: unknown }).toJSON !== 'function'
}

function refuseInstance(value: object, path: string): never {
  if (value instanceof Date) {
    refuse(path, 'a Date', 'it would come back as a string; store getTime() or toISOString()')
  }
  const type = (value.constructor as { name?: string } | undefined)?.name ?? 'object'
  refuse(path, `an instance of ${type}`, 'it would come back as something else; store plain data')
}

function refuse(path: string, what: string, advice: string): never {
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `The session cannot hold "${path}": it is ${what}, ${advice}.`,
  )
}
