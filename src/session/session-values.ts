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
export interface ValueChanges {
  cleared: boolean
  set: Map<string, unknown>
  unset: string[]
}

/** Values by key, as own members of a plain object: `__proto__` and `constructor` are keys like others. */
export type StoredValues = Readonly<Record<string, unknown>>

const NONE: StoredValues = Object.freeze({})
/** Stands for a value that was removed. */
const REMOVED = Symbol('removed')

/**
 * The values of a session, and what became of them since they were loaded.
 *
 * What changed is derived by comparing with what was loaded, so nothing has to be told: primitives
 * are compared as they are, an object only where it was handed out or replaced.
 */
export class SessionValues {
  /** What is stored, which changes are compared with. */
  #loaded: StoredValues | undefined
  /** The same as JSON, where it has been stored since and nobody has asked for it. */
  #loadedText = ''
  /** What counts where nothing else was written. Never changed, but for what is nested in it. */
  #base: StoredValues
  /** What was set and removed over the base. */
  #written: Map<string, unknown> | undefined
  /** JSON of the loaded objects that were handed out, taken before anybody could change them. */
  #handedOut: Map<string, string> | undefined
  #cleared = false
  /** What was serialized last, to be stored. */
  #text: string | undefined

  constructor(loaded: StoredValues = NONE) {
    this.#loaded = loaded
    this.#base = loaded
  }

  /** All of them, to be looked at only. */
  get all(): StoredValues {
    if (this.#written === undefined) return this.#base
    const all = { ...this.#base }
    for (const [key, value] of this.#written) {
      if (value === REMOVED) delete all[key]
      else define(all, key, value)
    }
    return all
  }

  has(key: string): boolean {
    const written = this.#written?.get(key)
    return written === undefined ? Object.hasOwn(this.#base, key) : written !== REMOVED
  }

  read(key: string): unknown {
    const value = this.#value(key)
    if (typeof value === 'object' && value !== null) this.#handOut(key)
    return value
  }

  /** @param name what the caller calls the key, for the message */
  set(key: string, value: unknown, name: string = key): void {
    assertJson(name, value)
    this.#written ??= new Map()
    this.#written.set(key, value)
  }

  delete(key: string): void {
    if (!this.has(key)) return
    this.#written ??= new Map()
    this.#written.set(key, REMOVED)
  }

  clear(): void {
    if (Object.keys(this.all).length === 0) return
    this.#base = NONE
    this.#written = undefined
    this.#cleared = true
  }

  toObject(): Record<string, unknown> {
    const all = { ...this.all }
    for (const key of Object.keys(all)) this.read(key)
    return all
  }

  /** The values as JSON text. Throws where a nested change put something there that JSON cannot carry. */
  serialize(): string {
    for (const key of this.#changedKeys()) if (this.has(key)) assertJson(key, this.#value(key))
    return (this.#text = JSON.stringify(this.all))
  }

  /** The keys with the bytes of their JSON, largest first. */
  sizes(): [key: string, bytes: number][] {
    const encoder = new TextEncoder()
    return Object.entries(this.all)
      .map(([key, value]): [string, number] => [key, encoder.encode(jsonOf(key, value)).length])
      .toSorted((a, b) => b[1] - a[1])
  }

  get changed(): boolean {
    return this.#changedKeys().length > 0
  }

  changes(): ValueChanges {
    const keys = this.#changedKeys()
    const set = keys.filter((key) => this.has(key)).map((key) => [key, this.#value(key)] as const)
    return {
      cleared: this.#cleared,
      set: new Map(set),
      unset: keys.filter((key) => !this.has(key)),
    }
  }

  /** Lays the changes over what another request has stored meanwhile. */
  rebase(stored: StoredValues): void {
    const { cleared, set, unset } = this.changes()
    const written = new Map<string, unknown>(set)
    for (const key of unset) {
      // A flash value that was consumed here, and set again elsewhere, is another message.
      const isNewFlash = key.startsWith(FLASH_PREFIX) && !sameJson(stored, this.#stored, key)
      if (Object.hasOwn(stored, key) && !isNewFlash) written.set(key, REMOVED)
    }
    this.#handedOut = this.#keepObjects(stored, written)
    this.#loaded = stored
    this.#base = cleared ? NONE : stored
    this.#written = written
    this.#text = undefined
  }

  /** Leaves the objects in place that somebody holds, where they are still what is stored. */
  #keepObjects(stored: StoredValues, written: Map<string, unknown>): Map<string, string> {
    const kept = new Map<string, string>()
    for (const [key, before] of this.#handedOut ?? []) {
      if (!this.has(key) || jsonOf(key, valueOf(stored, key)) !== before) continue
      written.set(key, this.#value(key))
      kept.set(key, before)
    }
    return kept
  }

  /** What was serialized last is stored now. What was written since is still a change. */
  settle(): void {
    if (this.#text === undefined) return
    this.#loaded = undefined
    this.#loadedText = this.#text
    this.#handedOut = undefined
    this.#text = undefined
    this.#cleared = false
  }

  get #stored(): StoredValues {
    return (this.#loaded ??= JSON.parse(this.#loadedText) as StoredValues)
  }

  #value(key: string): unknown {
    const written = this.#written?.get(key)
    if (written === undefined) return valueOf(this.#base, key)
    return written === REMOVED ? undefined : written
  }

  #handOut(key: string): void {
    this.#handedOut ??= new Map()
    if (!this.#handedOut.has(key)) {
      this.#handedOut.set(key, jsonOf(key, valueOf(this.#stored, key)))
    }
  }

  #changedKeys(): string[] {
    return this.#suspects().filter((key) => this.#isChanged(key))
  }

  /** The keys whose values may be others than those that are stored. */
  #suspects(): string[] {
    const written = this.#written === undefined ? [] : [...this.#written.keys()]
    const isStored = this.#base === this.#loaded
    if (isStored && this.#handedOut === undefined) return written
    const others = isStored
      ? (this.#handedOut?.keys() ?? [])
      : [...Object.keys(this.#stored), ...Object.keys(this.#base)]
    return [...new Set([...written, ...others])]
  }

  #isChanged(key: string): boolean {
    const isStored = Object.hasOwn(this.#stored, key)
    if (!isStored || !this.has(key)) return isStored !== this.has(key)
    if (this.#cleared) return true
    const [loaded, value] = [this.#stored[key], this.#value(key)]
    const before = this.#handedOut?.get(key)
    if (before === undefined && Object.is(loaded, value)) return false
    if (typeof value !== 'object' || value === null) return !Object.is(loaded, value)
    // The texts are equal even if somebody has added what JSON leaves out.
    assertJson(key, value)
    return (before ?? jsonOf(key, loaded)) !== jsonOf(key, value)
  }
}

function valueOf(values: StoredValues, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** Assigning would set the prototype for `__proto__`. */
function define(values: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') values[key] = value
  else Object.defineProperty(values, key, { value, enumerable: true, configurable: true })
}

function sameJson(a: StoredValues, b: StoredValues, key: string): boolean {
  return JSON.stringify(valueOf(a, key)) === JSON.stringify(valueOf(b, key))
}
