import { SessionError } from '../util/errors.ts'
import { assertJson, jsonOf } from './json-value.ts'

const FLASH_PREFIX = '__flash_'
const FLASH_KEY = /^__flash_(.*)__$/s

/** The key under which a flash value stands among the others; the one that Remix and React Router use. */
export function flashKey(name: string): string {
  return `${FLASH_PREFIX}${name}__`
}

export function isFlashKey(key: string): boolean {
  return nameOfFlash(key) !== undefined
}

/** What the application calls the flash value under this key; undefined if it is a plain key. */
export function nameOfFlash(key: string): string | undefined {
  return FLASH_KEY.exec(key)?.[1]
}

/** @throws SessionError `ERR_SESSION_VALUE` if `name` is the key of a flash value, which only `flash()` may write */
export function assertName(name: string): void {
  const flash = nameOfFlash(name)
  if (flash === undefined) return
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `"${name}" is the key of the flash value "${flash}": call flash("${flash}", …) instead.`,
  )
}

/** What one request did to the values it was given. */
interface ValueChanges {
  cleared: boolean
  set: Map<string, unknown>
  unset: string[]
}

/** Values by key, as own members of a plain object: `__proto__` and `constructor` are keys like others. */
export type StoredValues = Readonly<Record<string, unknown>>

const NONE: StoredValues = Object.freeze({})
/**
 * The values of a session, and what became of them since they were loaded.
 *
 * Nothing has to be told of a change, since the values are compared with those that were loaded: primitives as they are,
 * and an object by its JSON if it was handed out or replaced.
 */
export class SessionValues {
  /** What is stored; only what is nested in it may change, by those to whom it was handed out. */
  #loaded: StoredValues | undefined
  /** The same as JSON, if it has been stored since and nobody has asked for it. */
  #loadedText = ''
  /** What counts: the loaded values themselves until the first write, and then a copy. */
  #values: StoredValues
  /** JSON of the loaded objects that were handed out, taken before anybody could change them. */
  #handedOut: Map<string, string> | undefined
  #cleared = false
  /** What was serialized last, to be stored. */
  #text: string | undefined

  constructor(loaded: StoredValues = NONE) {
    this.#loaded = loaded
    this.#values = loaded
  }

  /** All of them, to be looked at only. */
  get all(): StoredValues {
    return this.#values
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key)
  }

  read(key: string): unknown {
    const value = valueOf(this.#values, key)
    if (typeof value !== 'object' || value === null) return value
    if (this.#loaded !== undefined && valueOf(this.#loaded, key) === value) {
      this.#handedOut ??= new Map()
      if (!this.#handedOut.has(key)) this.#handedOut.set(key, jsonOf(key, value))
    }
    return value
  }

  /** @param name what the caller calls the key, for the message */
  set(key: string, value: unknown, name: string = key): void {
    assertJson(name, value)
    const values = this.#writable()
    // Assigning would set the prototype for `__proto__`.
    if (key !== '__proto__') values[key] = value
    else Object.defineProperty(values, key, { ...OWN, value })
  }

  delete(key: string): void {
    if (this.has(key)) delete this.#writable()[key]
  }

  clear(): void {
    if (Object.keys(this.#values).length === 0) return
    this.#values = {}
    this.#cleared = true
  }

  toObject(): Record<string, unknown> {
    for (const key of Object.keys(this.#values)) this.read(key)
    return { ...this.#values }
  }

  /** The values as JSON text. Throws for what a nested change put there and JSON would lose. */
  serialize(): string {
    for (const [key, value] of Object.entries(this.#values)) {
      // A primitive was checked when it was set, and a loaded object cannot change before it is handed out.
      if (typeof value !== 'object' || value === null) continue
      if (value !== this.#loaded?.[key] || this.#handedOut?.has(key)) assertJson(key, value)
    }
    return (this.#text = JSON.stringify(this.#values))
  }

  /** The keys with the bytes of their JSON, largest first. */
  sizes(): [key: string, bytes: number][] {
    const encoder = new TextEncoder()
    return Object.entries(this.#values)
      .map(([key, value]): [string, number] => [key, encoder.encode(jsonOf(key, value)).length])
      .toSorted((a, b) => b[1] - a[1])
  }

  /** True if `clear()` has removed what was loaded. */
  get isCleared(): boolean {
    return this.#cleared
  }

  get changed(): boolean {
    return this.#changedKeys().length > 0
  }

  changes(): ValueChanges {
    const keys = this.#changedKeys()
    const set = keys.filter((key) => this.has(key)).map((key) => [key, this.#values[key]] as const)
    return {
      cleared: this.#cleared,
      set: new Map(set),
      unset: keys.filter((key) => !this.has(key)),
    }
  }

  /** Lays the changes over what another request has stored meanwhile. */
  rebase(stored: StoredValues): void {
    const { cleared, set, unset } = this.changes()
    const values: Record<string, unknown> = cleared ? {} : { ...stored }
    const kept = new Map<string, string>()
    // Objects that somebody holds stay in place, if they are still what is stored.
    for (const [key, before] of this.#handedOut ?? []) {
      if (!this.has(key) || jsonOf(key, valueOf(stored, key)) !== before) continue
      Object.defineProperty(values, key, { ...OWN, value: this.#values[key] })
      kept.set(key, before)
    }
    for (const [key, value] of set) Object.defineProperty(values, key, { ...OWN, value })
    for (const key of unset) {
      // A flash value that was consumed here, and set again elsewhere, is another message.
      const isNewFlash = isFlashKey(key) && !sameJson(stored, this.#stored, key)
      if (!isNewFlash) delete values[key]
    }
    this.#handedOut = kept
    this.#loaded = stored
    this.#values = values
    this.#text = undefined
  }

  /** What was serialized last is stored now. What was written since is still a change. */
  markSaved(): void {
    if (this.#text === undefined) return
    this.#values = { ...this.#values }
    this.#loaded = undefined
    this.#loadedText = this.#text
    this.#handedOut = undefined
    this.#text = undefined
    this.#cleared = false
  }

  get #stored(): StoredValues {
    return (this.#loaded ??= JSON.parse(this.#loadedText) as StoredValues)
  }

  #writable(): Record<string, unknown> {
    if (this.#values === this.#loaded) this.#values = { ...this.#values }
    return this.#values
  }

  /** The keys whose values are no longer those that are stored. */
  #changedKeys(): readonly string[] {
    const values = this.#values
    if (values === this.#loaded && this.#handedOut === undefined) return NO_KEYS
    const stored = this.#stored
    const changed: string[] = []
    for (const key of Object.keys(stored)) if (!Object.hasOwn(values, key)) changed.push(key)
    for (const key of Object.keys(values)) {
      if (!Object.hasOwn(stored, key) || this.#cleared) {
        changed.push(key)
        continue
      }
      const [before, value] = [this.#handedOut?.get(key), values[key]]
      if (before === undefined && Object.is(stored[key], value)) continue
      if (typeof value === 'object' && value !== null) {
        // The texts are equal even if somebody has added what JSON leaves out.
        assertJson(key, value)
        if ((before ?? jsonOf(key, stored[key])) === jsonOf(key, value)) continue
      }
      changed.push(key)
    }
    return changed
  }
}

const NO_KEYS: readonly string[] = []
/** How an own member is defined that may be named `__proto__`. */
const OWN = { enumerable: true, configurable: true, writable: true }

function valueOf(values: StoredValues, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

function sameJson(a: StoredValues, b: StoredValues, key: string): boolean {
  return JSON.stringify(valueOf(a, key)) === JSON.stringify(valueOf(b, key))
}
