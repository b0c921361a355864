/** What is known of objects that are somebody else's. */
export interface SideTable<Value> {
  get(object: object): Value | undefined
  set(object: object, value: Value): void
}

/**
 * Keeps a value for objects as a WeakMap does: the object does not show it, no copy or heir of it has it, and it goes
 * with the object. It stands in a private field that the object is given, because a WeakMap is the dearest part of a
 * request without a session, and fills up until V8's next full collection.
 */
export function createSideTable<Value>(): SideTable<Value> {
  // Engines are about to refuse new private fields, too, to objects that are not extensible.
  const ofFixed = new WeakMap<object, Value>()

  class Entry extends Given {
    #value: Value | undefined

    static get(object: object): Value | undefined {
      if (#value in object) return object.#value
      return Object.isExtensible(object) ? undefined : ofFixed.get(object)
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value
      else if (Object.isExtensible(object)) new Entry(object).#value = value
      else ofFixed.set(object, value)
    }
  }

  return Entry
}

/** Gives a subclass the object that its private fields are for, in the place of a new one. */
const Given = function (object: object): object {
  return object
} as unknown as new (object: object) => object
