import { SessionError } from '../util/errors.ts'
import { assertJson, jsonOf } from './json-value.ts'

const FLASH_PREFIX = '__flash_'
const FLASH_KEY = /^__flash_(.*)__$/s

/** The key of a flash value among the others, as in Remix and React Router. */
export function flashKey(name: string): string {
  return `${FLASH_PREFIX}${name}__`
}

export function isFlashKey(key: string): boolean {
  return nameOfFlash(key) !== undefined
}

/** The name of the flash value under this key; undefined if the key is a plain one. */
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

/** The changes of one request. */
interface ValueChanges {
  cleared: boolean
  set: Map<string, unknown>
  unset: string[]
}

/** Values by key, as own members of a plain object, so that `__proto__` and `constructor` are keys like others. */
export type StoredValues = Readonly<Record<string, unknown>>

/** Computes a value from the current one. */
export type ValueUpdate = (current: unknown) => unknown

const NONE: StoredValues = Object.freeze({})
/**
 * The values of a session, and their changes since they were loaded.
 *
 * Changes are found by comparison: primitives by value, objects by JSON if they were read or replaced.
 */
export class SessionValues {
  /** The stored values. The application may change only what is nested in them, after reading it. */
  #loaded: StoredValues | undefined
  /** The stored values as JSON after a commit, until they are needed. */
  #loadedText = ''
  /** The current values: the loaded object until the first write, then a copy. */
  #values: StoredValues
  /** JSON of the loaded objects that were returned to the application, from before it could change them. */
  #readTexts: Map<string, string> | undefined
  /** The updates of keys that were not written otherwise; they run again on a newer value. */
  #updates: Map<string, readonly ValueUpdate[]> | undefined
  /** What was set, also to the value that it had. */
  #assigned: Map<string, unknown> | undefined
  #cleared = false
  /** The text of the last serialize(), which is about to be stored. */
  #text: string | undefined

  constructor(loaded: StoredValues = NONE) {
    this.#loaded = loaded
    this.#values = loaded
  }

  /** All values, read-only. */
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
      this.#readTexts ??= new Map()
      if (!this.#readTexts.has(key)) this.#readTexts.set(key, jsonOf(key, value))
    }
    return value
  }

  /** @param name the caller's name for the key, for the message */
  set(key: string, value: unknown, name: string = key): void {
    assertJson(name, value)
    this.#updates?.delete(key)
    this.#assigned ??= new Map()
    this.#assigned.set(key, value)
    const values = this.#writable()
    // Assigning to `__proto__` would set the prototype.
    if (key !== '__proto__') values[key] = value
    else Object.defineProperty(values, key, { ...OWN, value })
  }

  /** Sets what `update` gives for the current value, and for a newer one if another request has stored one meanwhile. */
  update(key: string, update: ValueUpdate): void {
    const earlier = this.#updates?.get(key)
    // If this request has replaced the stored value, then no newer one counts. An update may change it in place, so ask
    // before.
    const isFirst = earlier === undefined && !this.#changedKeys().includes(key)
    this.set(key, update(copyOf(key, this.#values)))
    if (earlier === undefined && !isFirst) return
    this.#updates ??= new Map()
    this.#updates.set(key, [...(earlier ?? []), update])
  }

  delete(key: string): void {
    this.#updates?.delete(key)
    this.#assigned?.delete(key)
    if (this.has(key)) delete this.#writable()[key]
  }

  clear(): void {
    this.#cleared = true
    this.#updates = undefined
    this.#assigned = undefined
    if (Object.keys(this.#values).length > 0) this.#values = {}
  }

  toObject(): Record<string, unknown> {
    for (const key of Object.keys(this.#values)) this.read(key)
    return { ...this.#values }
  }

  /** The values as JSON text. Throws if a nested change holds something that JSON would lose. */
  serialize(): string {
    for (const [key, value] of Object.entries(this.#values)) {
      // set() has checked primitives, and a loaded object cannot change before it is read.
      if (typeof value !== 'object' || value === null) continue
      if (value !== this.#loaded?.[key] || this.#readTexts?.has(key)) assertJson(key, value)
    }
    return (this.#text = JSON.stringify(this.#values))
  }

  /** The keys with the size of their JSON in bytes, largest first. */
  sizes(): [key: string, bytes: number][] {
    const encoder = new TextEncoder()
    return Object.entries(this.#values)
      .map(([key, value]): [string, number] => [key, encoder.encode(jsonOf(key, value)).length])
      .toSorted((a, b) => b[1] - a[1])
  }

  /** True after `clear()`, even if there was nothing to remove: another request may write something meanwhile. */
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

  /** Merges the changes into the values that another request has stored meanwhile. */
  rebase(stored: StoredValues): void {
    const { cleared, set, unset } = this.changes()
    const values: Record<string, unknown> = cleared ? {} : { ...stored }
    const kept = new Map<string, string>()
    // Objects that the application holds stay in place, if the stored value is still the same.
    for (const [key, before] of this.#readTexts ?? []) {
      if (!this.has(key) || jsonOf(key, valueOf(stored, key)) !== before) continue
      Object.defineProperty(values, key, { ...OWN, value: this.#values[key] })
      kept.set(key, before)
    }
    for (const [key, value] of set) Object.defineProperty(values, key, { ...OWN, value })
    // What was set to the value that it had is no change, but it is gone if another request has ended the session meanwhile.
    for (const [key, value] of this.#assigned ?? []) {
      if (!Object.hasOwn(values, key)) Object.defineProperty(values, key, { ...OWN, value })
    }
    for (const [key, updates] of this.#updates ?? []) {
      let value = cleared ? undefined : copyOf(key, stored)
      for (const update of updates) value = update(value)
      assertJson(key, value)
      Object.defineProperty(values, key, { ...OWN, value })
    }
    for (const key of unset) {
      // If another request has set a consumed flash value again, that is a new message.
      const isNewFlash = isFlashKey(key) && !sameJson(stored, this.#stored, key)
      if (!isNewFlash) delete values[key]
    }
    this.#readTexts = kept
    this.#loaded = stored
    this.#values = values
    this.#text = undefined
  }

  /** Call it when the text of the last serialize() is stored. Later writes are still changes. */
  markSaved(): void {
    if (this.#text === undefined) return
    this.#values = { ...this.#values }
    this.#loaded = undefined
    this.#loadedText = this.#text
    this.#readTexts = undefined
    this.#updates = undefined
    this.#assigned = undefined
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

  /** The keys whose values differ from the stored ones. */
  #changedKeys(): readonly string[] {
    const values = this.#values
    if (values === this.#loaded && this.#readTexts === undefined) return NO_KEYS
    const stored = this.#stored
    const changed: string[] = []
    for (const key of Object.keys(stored)) if (!Object.hasOwn(values, key)) changed.push(key)
    for (const key of Object.keys(values)) {
      if (!Object.hasOwn(stored, key) || this.#cleared) {
        changed.push(key)
        continue
      }
      const [before, value] = [this.#readTexts?.get(key), values[key]]
      if (before === undefined && Object.is(stored[key], value)) continue
      if (typeof value === 'object' && value !== null) {
        // First, since comparing texts misses additions that JSON leaves out.
        assertJson(key, value)
        if ((before ?? jsonOf(key, stored[key])) === jsonOf(key, value)) continue
      }
      changed.push(key)
    }
    return changed
  }
}

const NO_KEYS: readonly string[] = []
/** For defining an own member that may be named `__proto__`. */
const OWN = { enumerable: true, configurable: true, writable: true }

function valueOf(values: StoredValues, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** A copy, because an update may change the object it is given, and that must not look like the stored value. */
function copyOf(key: string, values: StoredValues): unknown {
  const value = valueOf(values, key)
  if (typeof value !== 'object' || value === null) return value
  return JSON.parse(jsonOf(key, value)) as unknown
}

function sameJson(a: StoredValues, b: StoredValues, key: string): boolean {
  return JSON.stringify(valueOf(a, key)) === JSON.stringify(valueOf(b, key))
}
