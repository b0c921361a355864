import { SessionError } from './errors.ts'
import { SessionControl, unstoredRecord } from './session-control.ts'
import type { SessionOrigin, SessionRecord } from './session-control.ts'
import { flashKey } from './session-values.ts'
import type { SessionValues } from './session-values.ts'

/** What a session holds where no types are given: any JSON value under any name. */
export interface SessionData {
  [name: string]: unknown
}

/** The values as they are stored: a flash value stands under `__flash_<name>__`. */
export type FlashSessionData<Data extends object, FlashData extends object> = Partial<
  Data & { [Name in keyof FlashData & string as `__flash_${Name}__`]: FlashData[Name] }
>

type KeyOf<Data> = keyof Data & string

type Value<Data, FlashData, Key> =
  | (Key extends keyof Data ? Data[Key] : undefined)
  | (Key extends keyof FlashData ? FlashData[Key] : undefined)
  | undefined

let wrap: <Data extends object, FlashData extends object>(
  control: SessionControl,
) => Session<Data, FlashData>
let unwrap: (session: object) => SessionControl | undefined

/**
 * The values that one visitor's requests share.
 *
 * `Data` types the values, `FlashData` the flash values, which are read once. The class doubles as the key
 * under which routers find the session: `context.get(Session)`.
 *
 * Every member that reads or writes throws a {@link SessionError} with `ERR_SESSION_DESTROYED` after
 * `destroy()`; every write throws `ERR_SESSION_CLOSED` once the response is committed.
 */
export class Session<Data extends object = SessionData, FlashData extends object = Data> {
  readonly #control: SessionControl

  private constructor(control: SessionControl) {
    this.#control = control
  }

  static {
    wrap = (control) => new Session(control)
    unwrap = (session) => (#control in session ? session.#control : undefined)
  }

  /** The id in the store; empty while nothing is stored, and always for cookie sessions. */
  get id(): string {
    return this.#touch().id
  }

  /** All values as one object, flash values as `__flash_<name>__`. Changes of nested values are saved. */
  get data(): FlashSessionData<Data, FlashData> {
    return this.#read().toObject() as FlashSessionData<Data, FlashData>
  }

  /** Why the session is as it is: resumed, new, or the reason for which a cookie was refused. */
  get origin(): SessionOrigin {
    return this.#touch().origin
  }

  /** When the session was first stored; `undefined` while it is new. */
  get createdAt(): Date | undefined {
    return toDate(this.#touch().createdAt)
  }

  /** When the server forgets the session unless it is renewed; `undefined` while it is new. */
  get expiresAt(): Date | undefined {
    return toDate(this.#touch().expiresAt)
  }

  /** True where a commit has something to write. */
  get changed(): boolean {
    return this.#control.changed
  }

  /** Waits until the values are there. Only sessions of a middleware with `lazy: true` need it. */
  async load(): Promise<this> {
    this.#control.touched = true
    await this.#control.open()
    return this
  }

  /** Whether there is a value or a flash value of that name. */
  has(name: string): boolean {
    const values = this.#read()
    return values.has(name) || values.has(flashKey(name))
  }

  /**
   * Gives a value; a flash value is given once and then gone. A nested change of what is returned
   * (`session.get('cart').push(x)`) is saved.
   */
  get<Key extends KeyOf<Data> | KeyOf<FlashData>>(name: Key): Value<Data, FlashData, Key> {
    const values = this.#read()
    const flash = flashKey(name)
    if (values.has(name) || !values.has(flash)) return values.read(name) as never
    const value = values.read(flash)
    if (!this.#control.keepsFlash()) this.#write(`get("${name}") of a flash value`).delete(flash)
    return value as never
  }

  /** Gives a value, a flash value too, and consumes nothing. */
  peek<Key extends KeyOf<Data> | KeyOf<FlashData>>(name: Key): Value<Data, FlashData, Key> {
    const values = this.#read()
    return values.read(values.has(name) ? name : flashKey(name)) as never
  }

  /**
   * Sets a value.
   * @throws SessionError `ERR_SESSION_VALUE` where JSON cannot carry the value or, outside of production, the storage's
   * `schema` does not take it
   */
  set<Key extends KeyOf<Data>>(name: Key, value: Data[Key]): void {
    const values = this.#write(`set("${name}")`)
    this.#control.schema?.assertValue(name, value, values.all)
    values.set(name, value)
  }

  /**
   * Sets a value that is read once, usually by the page after a redirect.
   * @throws SessionError `ERR_SESSION_VALUE` where JSON cannot carry the value
   */
  flash<Key extends KeyOf<FlashData>>(name: Key, value: FlashData[Key]): void {
    this.#write(`flash("${name}")`).set(flashKey(name), value, name)
  }

  /** Removes the value and the flash value of that name. */
  unset(name: string): void {
    const values = this.#write(`unset("${name}")`)
    values.delete(name)
    values.delete(flashKey(name))
  }

  /** Removes every value. The session itself stays. */
  clear(): void {
    this.#write('clear()').clear()
  }

  /**
   * Gives the session a new id at the next commit and deletes the old record. Call it wherever the
   * visitor gains rights, such as at login (OWASP Session Management: renew the id after any
   * privilege change). Values stay.
   */
  regenerate(): void {
    this.#write('regenerate()')
    this.#control.regenerated = true
  }

  /** Ends the session at commit: the record is deleted and the cookie cleared. */
  destroy(): void {
    if (this.#control.destroyed) return
    this.#write('destroy()')
    this.#control.destroyed = true
  }

  #touch(): SessionRecord {
    this.#control.touched = true
    return this.#control.record
  }

  #read(): SessionValues {
    if (this.#control.destroyed) {
      throw new SessionError(
        'ERR_SESSION_DESTROYED',
        'This session was destroyed. To go on with an empty one, call clear() and regenerate() instead of destroy().',
      )
    }
    return this.#touch().values
  }

  #write(what: string): SessionValues {
    const values = this.#read()
    if (this.#control.closed) {
      throw new SessionError(
        'ERR_SESSION_CLOSED',
        `${what} came after the session was committed with the response, so it cannot be saved. Write before the handler returns.`,
      )
    }
    return values
  }
}

function toDate(moment: number | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment)
}

/** A session over its inner side. */
export function sessionOf<Data extends object, FlashData extends object>(
  control: SessionControl,
): Session<Data, FlashData> {
  return wrap<Data, FlashData>(control)
}

/** The inner side of a session. */
export function controlOf(session: object): SessionControl {
  const control = unwrap(session)
  if (control !== undefined) return control
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    'This is not a session of this package: take it from getSession() or createSession().',
  )
}

/**
 * Makes a session by hand, as storages do.
 *
 * @param initialData the values it starts with; flash values as `__flash_<name>__`
 * @param id the id under which they are stored already; without one, a commit stores them
 * @throws SessionError `ERR_SESSION_VALUE` where JSON cannot carry a value
 */
export function createSession<Data extends object = SessionData, FlashData extends object = Data>(
  initialData: FlashSessionData<Data, FlashData> = {},
  id = '',
): Session<Data, FlashData> {
  const entries = Object.entries(initialData)
  const record =
    id === '' ? unstoredRecord('new') : { ...unstoredRecord('new', new Map(entries)), id }
  if (id === '') for (const [name, value] of entries) record.values.set(name, value)
  const control = new SessionControl(() => record, true)
  return wrap<Data, FlashData>(control)
}

/** Whether `object` is a session of this package. */
export function isSession(object: unknown): object is Session {
  return typeof object === 'object' && object !== null && unwrap(object) !== undefined
}
