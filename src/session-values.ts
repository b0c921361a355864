import { assertJson, jsonOf } from './json-value.ts'

const FLASH_PREFIX = '__flash_'

/** The key under which a flash value stands among the others; the one that Remix and React Router use. */
export function flashKey(name: string): string {
  return `${FLASH_PREFIX}${name}__`
}

export function isFlashKey(key: string): boolean {
  return nameOfFlash(key) !== undefined
}

/** What the application calls the flash value under this key; undefined where it is none. */
export function nameOfFlash(key: string): string | undefined {
  const isFlash = key.startsWith(FLASH_PREFIX) && key.endsWith('__')
  return isFlash ? key.slice(FLASH_PREFIX.length, -2) : undefined
}

/** What one request did to the values it was given. */
export interface ValueChanges {
  cleared: boolean
  set: Map<string, unknown>
  unset: string[]
}

/**
 * The values of a session, and what became of them since they were loaded.
 *
 * What changed is derived by comparing with what was loaded, so nothing has to be told: primitives
 * are compared as they are, an object only where it was handed out or replaced.
 */
export class SessionValues {
  #base: ReadonlyMap<string, unknown>
  /** The base as JSON, where it has been stored since and nobody has asked for it. */
  #storedText: string | undefined
  #values: Map<string, unknown> | undefined
  /** JSON of the loaded objects that were handed out, taken before anybody could change them. */
  #handedOut: Map<string, string> | undefined
  #cleared = false
  /** What was serialized last, to be stored. */
  #written: string | undefined

  constructor(loaded: ReadonlyMap<string, unknown>) {
    this.#base = loaded
  }

  /** What is stored, which changes are compared with. */
  get #loaded(): ReadonlyMap<string, unknown> {
    if (this.#storedText !== undefined) {
      this.#base = new Map(Object.entries(JSON.parse(this.#storedText) as object))
      this.#storedText = undefined
    }
    return this.#base
  }

  get #current(): ReadonlyMap<string, unknown> {
    return this.#values ?? this.#loaded
  }

  get #writable(): Map<string, unknown> {
    return (this.#values ??= new Map(this.#loaded))
  }

  /** All of them, to be looked at only. */
  get all(): ReadonlyMap<string, unknown> {
    return this.#current
  }

  has(key: string): boolean {
    return this.#current.has(key)
  }

  read(key: string): unknown {
    const value = this.#current.get(key)
    if (typeof value === 'object' && value !== null) this.#handOut(key)
    return value
  }

  /** @param name what the caller calls the key, for the message */
  set(key: string, value: unknown, name: string = key): void {
    assertJson(name, value)
    this.#writable.set(key, value)
  }

  delete(key: string): void {
    if (this.has(key)) this.#writable.delete(key)
  }

  clear(): void {
    if (this.#current.size === 0) return
    this.#values = new Map()
    this.#cleared = true
  }

  toObject(): Record<string, unknown> {
    for (const key of this.#current.keys()) this.read(key)
    return Object.fromEntries(this.#current)
  }

  /** The values as JSON text. Throws where a nested change put something there that JSON cannot carry. */
  serialize(): string {
    for (const [key, value] of this.#current) {
      if (this.#isChange(key, value)) assertJson(key, value)
    }
    return (this.#written = JSON.stringify(Object.fromEntries(this.#current)))
  }

  /** The keys with the bytes of their JSON, largest first. */
  sizes(): [key: string, bytes: number][] {
    const encoder = new TextEncoder()
    return [...this.#current]
      .map(([key, value]): [string, number] => [key, encoder.encode(jsonOf(key, value)).length])
      .toSorted((a, b) => b[1] - a[1])
  }

  get changed(): boolean {
    if (this.#values === undefined && this.#handedOut === undefined) return false
    for (const [key, value] of this.#current) if (this.#isChange(key, value)) return true
    for (const key of this.#loaded.keys()) if (!this.#current.has(key)) return true
    return false
  }

  changes(): ValueChanges {
    const set = new Map<string, unknown>()
    for (const [key, value] of this.#current) if (this.#isChange(key, value)) set.set(key, value)
    const unset = [...this.#loaded.keys()].filter((key) => !this.#current.has(key))
    return { cleared: this.#cleared, set, unset }
  }

  /** Lays the changes over what another request has stored meanwhile. */
  rebase(stored: ReadonlyMap<string, unknown>): void {
    const { cleared, set, unset } = this.changes()
    const values = new Map(cleared ? [] : stored)
    for (const key of unset) {
      // A flash value that was consumed here, and set again elsewhere, is another message.
      const isNewFlash = key.startsWith(FLASH_PREFIX) && !sameJson(stored, this.#loaded, key)
      if (!isNewFlash) values.delete(key)
    }
    for (const [key, value] of set) values.set(key, value)
    this.#handedOut = this.#keptObjects(stored, values)
    this.#base = stored
    this.#storedText = undefined
    this.#values = values
    this.#written = undefined
  }

  /** Leaves the objects in place that somebody holds, where they are still what is stored. */
  #keptObjects(
    stored: ReadonlyMap<string, unknown>,
    values: Map<string, unknown>,
  ): Map<string, string> {
    const kept = new Map<string, string>()
    for (const [key, before] of this.#handedOut ?? []) {
      if (!values.has(key) || !this.#current.has(key)) continue
      if (jsonOf(key, stored.get(key)) !== before) continue
      values.set(key, this.#current.get(key))
      kept.set(key, before)
    }
    return kept
  }

  /** What was serialized last is stored now. What was written since is still a change. */
  settle(): void {
    if (this.#written === undefined) return
    this.#values = this.#writable
    this.#storedText = this.#written
    this.#handedOut = undefined
    this.#written = undefined
    this.#cleared = false
  }

  #handOut(key: string): void {
    const loaded = this.#loaded.get(key)
    this.#handedOut ??= new Map()
    if (!this.#handedOut.has(key)) this.#handedOut.set(key, jsonOf(key, loaded))
  }

  #isChange(key: string, value: unknown): boolean {
    if (this.#cleared || !this.#loaded.has(key)) return true
    const loaded = this.#loaded.get(key)
    const before = this.#handedOut?.get(key)
    if (before === undefined && Object.is(loaded, value)) return false
    if (typeof value !== 'object' || value === null) return !Object.is(loaded, value)
    return (before ?? jsonOf(key, loaded)) !== jsonOf(key, value)
  }
}

function sameJson(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
  key: string,
): boolean {
  return JSON.stringify(a.get(key)) === JSON.stringify(b.get(key))
}
