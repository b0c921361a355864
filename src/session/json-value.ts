import { SessionError } from '../util/errors.ts'

/** `T` if JSON keeps all of it; otherwise `T` with `never` in each place that JSON would lose. */
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

/** Built-in classes are listed for a shorter compiler message. Others are recognized by their methods. */
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

/** A client may choose how deep its input is, and JSON readers have a limit. */
const MAX_DEPTH = 200

/**
 * Checks that JSON keeps all of `value`. Members of objects may be `undefined`: they read the same if they are missing.
 *
 * @param name the session key, for the message
 * @throws SessionError `ERR_SESSION_VALUE`, with the path of the part that JSON would lose
 */
export function assertJson(name: string, value: unknown): void {
  assertMember(value, name, [])
}

/** `value` as JSON text. Throws as {@link assertJson} does if JSON itself cannot write it. */
export function jsonOf(name: string, value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    assertJson(name, value)
    throw error
  }
}

function assertMember(value: unknown, path: string, ancestors: object[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value))
        throw valueError(path, `${value}`, 'JSON has no such number; store null')
      if (Object.is(value, -0)) throw valueError(path, '-0', 'JSON would make it 0; store 0')
      return
    case 'object':
      if (value !== null) assertObject(value, path, ancestors)
      return
    case 'undefined':
      throw valueError(path, 'undefined', 'call unset() to remove a value, or use null')
    default:
      throw valueError(
        path,
        `a ${typeof value}`,
        'store a string, number, boolean, null, array or object',
      )
  }
}

function assertObject(value: object, path: string, ancestors: object[]): void {
  if (ancestors.length > MAX_DEPTH) throw valueError(path, 'nested too deep', 'store flatter data')
  if (ancestors.includes(value))
    throw valueError(path, 'circular', 'store an id instead of the reference')
  if (!isPlain(value)) throw instanceError(value, path)
  ancestors.push(value)
  if (Array.isArray(value)) assertElements(value, path, ancestors)
  else {
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'symbol') throw symbolKeyError(key, path)
      const member = memberOf(value, key, `${path}.${key}`)
      if (member !== undefined) assertMember(member, `${path}.${key}`, ancestors)
    }
  }
  ancestors.pop()
}

function assertElements(value: readonly unknown[], path: string, ancestors: object[]): void {
  // By index, to find the holes of a sparse array.
  for (let i = 0; i < value.length; i++) {
    assertMember(memberOf(value, i, `${path}[${i}]`), `${path}[${i}]`, ancestors)
  }
  // The order of own keys: the elements, `length`, other names, symbols.
  const extra = Reflect.ownKeys(value)[value.length + 1]
  if (typeof extra === 'symbol') throw symbolKeyError(extra, path)
  if (extra !== undefined) {
    const advice = 'JSON keeps only elements; store a copy without it ([...array]), or an object'
    throw valueError(`${path}.${extra}`, 'a named member of an array', advice)
  }
}

/** A member of an object or array; undefined if there is none. */
function memberOf(value: object, key: PropertyKey, path: string): unknown {
  const member = Object.getOwnPropertyDescriptor(value, key)
  if (member === undefined) return undefined
  if (!('value' in member)) {
    throw valueError(
      path,
      'a getter or setter',
      'JSON would keep at most its value; store that value',
    )
  }
  if (!member.enumerable)
    throw valueError(path, 'not enumerable', 'JSON would leave it out; assign it plainly')
  return member.value
}

function isPlain(value: object): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value)) return prototype === null || isObjectPrototype(prototype)
  // Array.prototype is an array; the prototype of a subclass is not.
  return Array.isArray(prototype) && isObjectPrototype(Object.getPrototypeOf(prototype))
}

/** Recognizes also the prototype of another realm, such as a Jest sandbox or an iframe, by its members. */
function isObjectPrototype(prototype: unknown): boolean {
  if (prototype === Object.prototype) return true
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}

function instanceError(value: object, path: string): SessionError {
  if (value instanceof Date) {
    return valueError(
      path,
      'a Date',
      'it would come back as a string; store getTime() or toISOString()',
    )
  }
  const type = (value.constructor as { name?: string } | undefined)?.name ?? 'object'
  return valueError(
    path,
    `an instance of ${type}`,
    'it would come back as something else; store plain data',
  )
}

function symbolKeyError(key: symbol, path: string): SessionError {
  const advice = 'JSON would leave it out; use a string as its key'
  return valueError(`${path}[${String(key)}]`, 'under a symbol', advice)
}

function valueError(path: string, what: string, advice: string): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `The session cannot hold "${path}": it is ${what}, ${advice}.`,
  )
}
