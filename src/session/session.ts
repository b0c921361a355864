import { warnOnce } from '../util/environment.ts'
import { SessionError, shown } from '../util/errors.ts'
import { isPeek } from '../util/request-traits.ts'
import { assertSeconds, MAX_COOKIE_AGE } from '../util/seconds.ts'
import { assertJson } from './json-value.ts'
import type { Storable } from './json-value.ts'
import { SessionState, unstoredRecord } from './session-state.ts'
import type { SessionOrigin, SessionRecord, SessionUser } from './session-state.ts'
import { assertName, flashKey } from './session-values.ts'
import type { SessionValues } from './session-values.ts'

/**
 * The data of an untyped session: any JSON value under any name.
 *
 * @example
 * import type { SessionData } from 'fetch-sessions'
 *
 * // For `migrate`: the data of an earlier version may be anything.
 * export function renameUser({ user, ...data }: SessionData): SessionData {
 *   return user === undefined ? data : { ...data, userId: user }
 * }
 */
export interface SessionData {
  // The contract: `let cart = session.get('cart') || []; cart.push(id)` compiles without types.
  // oxlint-disable-next-line typescript/no-explicit-any
  [name: string]: any
}

/**
 * The values as they are stored: a flash value has the key `__flash_<name>__`.
 *
 * @example
 * import type { FlashSessionData } from 'fetch-sessions'
 *
 * export const stored: FlashSessionData<{ userId: string }, { notice: string }> = {
 *   userId: 'u1',
 *   __flash_notice__: 'Saved',
 * }
 */
export type FlashSessionData<Data extends object, FlashData extends object> = Partial<
  Data & { [Name in keyof FlashData & string as `__flash_${Name}__`]: FlashData[Name] }
>

type KeyOf<Data> = keyof Data & string

// Conditions outside, unions inside: editors then show `string | undefined` and not the name of this type.
type Value<Data, FlashData, Key> = Key extends keyof Data
  ? Key extends keyof FlashData
    ? Data[Key] | FlashData[Key] | undefined
    : Data[Key] | undefined
  : Key extends keyof FlashData
    ? FlashData[Key] | undefined
    : undefined

/**
 * Options of {@link Session.signIn}.
 *
 * @example
 * import type { Session, SignInOptions } from 'fetch-sessions'
 *
 * // "Keep me signed in on this device" for 90 days; otherwise until the browser is closed.
 * export function signIn(session: Session, userId: string, form: FormData, request: Request): void {
 *   const options: SignInOptions = {
 *     device: request.headers.get('User-Agent') ?? undefined,
 *     maxAge: form.has('keep') ? 60 * 60 * 24 * 90 : undefined,
 *   }
 *   session.signIn(userId, options)
 * }
 */
export interface SignInOptions {
  /** A label for the user's list of sessions. Cut off after 200 characters, since clients often choose it. */
  device?: string | undefined
  /**
   * The lifetime of this session in seconds, at most 400 days. Renewals do not move it. An explicit `undefined` makes a
   * cookie that ends with the browser. Default: the lifetime of the storage.
   */
  maxAge?: number | undefined
}

const MAX_DEVICE = 200

/** The type that may be set: the declared one, or that of the given value if `any` or `unknown` is declared. */
type Settable<Declared, Given> = unknown extends Declared ? Storable<Given> : Storable<Declared>

let wrap: <Data extends object, FlashData extends object>(
  state: SessionState,
) => Session<Data, FlashData>
let unwrap: (session: object) => SessionState | undefined

/**
 * The values that the requests of one visitor share.
 *
 * `Data` types the values, `FlashData` the flash values, which are read once. The class is also the key
 * under which routers find the session: `context.get(Session)`.
 *
 * Every member that reads or writes throws a {@link SessionError} with `ERR_SESSION_DESTROYED` after
 * `destroy()`; every write throws `ERR_SESSION_CLOSED` once the response is committed. With `lazy: true` and
 * a back end, every member but `load()` and `changed` throws `ERR_SESSION_CONFIG` until `load()` has answered.
 *
 * @example
 * import type { Session } from 'fetch-sessions'
 *
 * interface Data {
 *   cart: string[]
 * }
 * interface Flash {
 *   notice: string
 * }
 *
 * export function addToCart(session: Session<Data, Flash>, product: string): void {
 *   session.set('cart', [...(session.get('cart') ?? []), product])
 *   session.flash('notice', `${product} is in your cart`)
 * }
 */
export class Session<Data extends object = SessionData, FlashData extends object = Data> {
  readonly #state: SessionState

  private constructor(state: SessionState) {
    this.#state = state
  }

  static {
    wrap = (state) => new Session(state)
    unwrap = (session) => (#state in session ? session.#state : undefined)
  }

  /** The id in the store; empty while nothing is stored, and always for cookie sessions. */
  get id(): string {
    return this.#touch().id
  }

  /**
   * All values as one read-only object, flash values as `__flash_<name>__`. Assigning to a key throws a TypeError: call
   * `set()`. Changes of nested values are saved.
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  get data(): Readonly<FlashSessionData<Data, FlashData>> {
    return Object.freeze(this.#read().toObject()) as Readonly<FlashSessionData<Data, FlashData>>
  }

  /** Whether the session is new or resumed, or why its cookie was refused. */
  get origin(): SessionOrigin {
    return this.#touch().origin
  }

  /**
   * Names the session in lists and logs. It is not a credential: nobody can make a cookie from it. Stable until the id
   * changes. Empty while nothing is stored, and for storages without an index.
   */
  get handle(): string {
    return this.#touch().handle
  }

  /**
   * The user who is signed in; `undefined` if nobody is.
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  get userId(): string | undefined {
    return this.#user()?.id
  }

  /**
   * When the user last proved their identity, at `signIn()` or `reauthenticate()`; `undefined` if nobody is signed in.
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  get authenticatedAt(): Date | undefined {
    return toDate(this.#user()?.authenticatedAt)
  }

  /** When the session was first stored, or its user signed in; `undefined` while it is new. */
  get createdAt(): Date | undefined {
    return toDate(this.#touch().createdAt)
  }

  /** When the server forgets the session unless it is renewed; `undefined` while it is new. */
  get expiresAt(): Date | undefined {
    return toDate(this.#touch().expiresAt)
  }

  /** True if a commit has something to write. */
  get changed(): boolean {
    return this.#state.changed
  }

  /**
   * Loads the values. Necessary only with a middleware that has `lazy: true`.
   * @throws SessionError `ERR_SESSION_STORAGE` if the back end cannot answer
   */
  async load(): Promise<this> {
    if (this.#state.closed && !this.#state.touched) warnLateRead()
    this.#state.touched = true
    await this.#state.open()
    return this
  }

  /**
   * Whether there is a value or a flash value of that name.
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  has(name: string): boolean {
    const values = this.#read()
    return values.has(name) || values.has(flashKey(name))
  }

  /**
   * Reads a value. Reading a flash value removes it. Mutating a value you read is saved too:
   * `session.get('cart').push(x)`.
   * @returns the value, of the type that `Data` or `FlashData` has for it, or `undefined` if there is none
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`; `ERR_SESSION_CLOSED` for a flash value after the
   * response is committed
   */
  get<Key extends KeyOf<Data> | KeyOf<FlashData>>(name: Key): Value<Data, FlashData, Key> {
    const values = this.#read()
    if (values.has(name)) return values.read(name) as never
    const flash = flashKey(name)
    if (!values.has(flash)) return undefined as never
    const value = values.read(flash)
    if (!this.#keepsFlash) this.#write(`get("${name}") of a flash value`).delete(flash)
    return value as never
  }

  /**
   * Reads a value, or a flash value without removing it.
   * @returns the value, of the type that `Data` or `FlashData` has for it, or `undefined` if there is none
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  peek<Key extends KeyOf<Data> | KeyOf<FlashData>>(name: Key): Value<Data, FlashData, Key> {
    const values = this.#read()
    return values.read(values.has(name) ? name : flashKey(name)) as never
  }

  /**
   * Sets a value.
   * @throws SessionError `ERR_SESSION_VALUE` if JSON would lose something of the value, if `name` is the key of a flash
   * value (`__flash_…__`) or, outside of production, if the storage's `schema` refuses the value; `ERR_SESSION_CLOSED`
   * after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  set<Key extends KeyOf<Data>, Given = Data[Key]>(
    name: Key,
    value: Settable<Data[Key], Given>,
  ): void {
    const values = this.#write(`set("${name}")`)
    assertName(name)
    this.#state.loader?.schema?.assertValue(name, value, values)
    values.set(name, value)
  }

  /**
   * Sets a value to `change(current)`. If another request has written meanwhile, `change` runs again on the newer value, so
   * that no increment is lost. Cookie storage cannot tell, so there the last response wins.
   * @param change pure and synchronous: it may run several times
   * @throws SessionError as {@link Session.set}
   *
   * @example
   * import type { Session } from 'fetch-sessions'
   *
   * export function countVisit(session: Session<{ visits: number }>): void {
   *   session.update('visits', (visits = 0) => visits + 1)
   * }
   */
  update<Key extends KeyOf<Data>, Given = Data[Key]>(
    name: Key,
    change: (current: Data[Key] | undefined) => Settable<Data[Key], Given>,
  ): void {
    const values = this.#write(`update("${name}")`)
    assertName(name)
    values.update(name, (current) => {
      const value = change(current as Data[Key] | undefined)
      this.#state.loader?.schema?.assertValue(name, value, values)
      return value
    })
  }

  /**
   * Sets a value that is read once, usually by the page after a redirect.
   * @throws SessionError `ERR_SESSION_VALUE` if JSON would lose something of the value, or if `name` is `__flash_…__`;
   * `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  flash<Key extends KeyOf<FlashData>, Given = FlashData[Key]>(
    name: Key,
    value: Settable<FlashData[Key], Given>,
  ): void {
    const values = this.#write(`flash("${name}")`)
    assertName(name)
    values.set(flashKey(name), value, name)
  }

  /**
   * Removes the value and the flash value of that name.
   * @throws SessionError `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  unset(name: string): void {
    const values = this.#write(`unset("${name}")`)
    values.delete(name)
    values.delete(flashKey(name))
  }

  /**
   * Removes every value, and the user. The session itself stays; if a user was signed in, it gets a new id.
   * @throws SessionError `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  clear(): void {
    this.#write('clear()').clear()
    const record = this.#touch()
    if (record.user !== undefined) this.#state.beginAnew(record, undefined)
  }

  /**
   * Gives the session a new id at the next commit. The old id is dead. Call it wherever the visitor gains rights (OWASP
   * Session Management: renew the id after any privilege change); `signIn()` and `reauthenticate()` do it. Values stay.
   * @throws SessionError `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  regenerate(): void {
    this.#write('regenerate()')
    this.#state.regenerated = true
  }

  /**
   * Signs a user in: a new session begins at the next commit, with a new id and a new lifetime. Values stay, such as the
   * cart of an anonymous visitor. If another user was signed in, they are removed first.
   * @param userId the application's id of the user; not empty. The back end's index has only its hash
   * @throws SessionError `ERR_SESSION_VALUE` if `userId` or `device` is not a text; `ERR_SESSION_CONFIG` for an invalid
   * `maxAge`; `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  signIn(userId: string, options: SignInOptions = {}): void {
    const values = this.#write('signIn()')
    assertUserId(userId)
    const { device, maxAge } = options
    assertDevice(device)
    assertSeconds('maxAge', maxAge, MAX_COOKIE_AGE)
    const record = this.#touch()
    if (record.user !== undefined && record.user.id !== userId) values.clear()
    const label = device && [...device].slice(0, MAX_DEVICE).join('')
    const user: SessionUser = { id: userId, authenticatedAt: Date.now(), device: label }
    this.#state.beginAnew(record, user)
    if ('maxAge' in options) this.#state.chosen = { maxAge }
  }

  /**
   * Signs the user out and goes on: no values, no user, a new id. A flash message may follow. If nothing follows, call
   * `destroy()` instead. Like `destroy()`, it holds with every response, also with one of status 500.
   * @throws SessionError `ERR_SESSION_CLOSED` after the response is committed; `ERR_SESSION_DESTROYED` after `destroy()`
   */
  signOut(): void {
    this.#write('signOut()').clear()
    this.#state.beginAnew(this.#touch(), undefined)
    this.#state.signsOut = true
  }

  /**
   * The user has just proved their identity again: `authenticatedAt` is now, and the session gets a new id.
   * @throws SessionError `ERR_SESSION_VALUE` if nobody is signed in; `ERR_SESSION_CLOSED` after the response is committed;
   * `ERR_SESSION_DESTROYED` after `destroy()`
   */
  reauthenticate(): void {
    this.#write('reauthenticate()')
    const record = this.#touch()
    if (record.user === undefined) {
      throw new SessionError(
        'ERR_SESSION_VALUE',
        'reauthenticate() needs a user who is signed in: check `userId` first, or call signIn(userId).',
      )
    }
    const user: SessionUser = { ...record.user, authenticatedAt: Date.now() }
    this.#state.record = { ...record, user }
    this.#state.regenerated = true
  }

  /**
   * Whether the user has proved their identity within the last `seconds`. Ask for the password again if not, before
   * something serious (OWASP ASVS 5.0, 7.5.1).
   * @throws SessionError `ERR_SESSION_DESTROYED` after `destroy()`
   */
  isFresh(seconds: number): boolean {
    const user = this.#user()
    return user !== undefined && Date.now() - user.authenticatedAt <= seconds * 1000
  }

  /**
   * Ends the session at commit: the record is deleted and the cookie cleared. A second call does nothing.
   * @throws SessionError `ERR_SESSION_CLOSED` after the response is committed
   */
  destroy(): void {
    if (this.#state.destroyed) return
    this.#write('destroy()')
    this.#state.destroyed = true
  }

  /** HEAD requests and prefetches keep flash values for the visit itself. */
  get #keepsFlash(): boolean {
    const { request } = this.#state
    return request !== undefined && isPeek(request)
  }

  #touch(): SessionRecord {
    if (this.#state.closed && !this.#state.touched) warnLateRead()
    this.#state.touched = true
    return this.#state.record ?? this.#state.openAtOnce()
  }

  #read(): SessionValues {
    if (this.#state.destroyed) {
      throw new SessionError(
        'ERR_SESSION_DESTROYED',
        'This session was destroyed. To go on with an empty one, call signOut() instead of destroy().',
      )
    }
    return this.#touch().values
  }

  #user(): SessionUser | undefined {
    this.#read()
    return this.#touch().user
  }

  #write(what: string): SessionValues {
    const values = this.#read()
    if (this.#state.closed) {
      throw new SessionError(
        'ERR_SESSION_CLOSED',
        `${what} came after the session was committed with the response, so it cannot be saved. Write before the handler returns.`,
      )
    }
    return values
  }
}

function assertUserId(userId: unknown): void {
  if (typeof userId === 'string' && userId !== '') return
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `\`userId\` is ${shown(userId)}: give a text that is not empty, such as String(user.id).`,
  )
}

function assertDevice(device: unknown): void {
  if (device === undefined || typeof device === 'string') return
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `\`device\` is ${shown(device)}: give a text, such as request.headers.get('User-Agent') ?? undefined, or leave it out.`,
  )
}

function warnLateRead(): void {
  warnOnce(
    'a session was first read after its response was sent. That response has no `Vary: Cookie`, so a shared cache may give it to others. Read the session before the handler returns.',
  )
}

function toDate(moment: number | undefined): Date | undefined {
  return moment === undefined ? undefined : new Date(moment)
}

/** The session over an internal state. */
export function sessionOf<Data extends object, FlashData extends object>(
  state: SessionState,
): Session<Data, FlashData> {
  return wrap<Data, FlashData>(state)
}

/** The internal state of a session. */
export function stateOf(session: object): SessionState {
  const state = unwrap(session)
  if (state !== undefined) return state
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    'This is not a session of this package: take it from getSession() or createSession().',
  )
}

/**
 * Makes a session by hand, as storages do.
 *
 * @param initialData the initial values; flash values as `__flash_<name>__`
 * @param id the id under which a `createSessionStorage()` has stored them already; other storages give the session a new
 * one
 * @throws SessionError `ERR_SESSION_VALUE` if JSON would lose something of a value
 *
 * @example
 * import { createMemorySessionStorage, createSession } from 'fetch-sessions'
 *
 * const storage = createMemorySessionStorage<{ userId: string }>({
 *   cookie: { secrets: ['32 random characters in real life'] },
 * })
 * const session = createSession<{ userId: string }>({ userId: 'u1' })
 * export const setCookie = await storage.commitSession(session)
 */
export function createSession<Data extends object = SessionData, FlashData extends object = Data>(
  initialData: FlashSessionData<Data, FlashData> = {},
  id = '',
): Session<Data, FlashData> {
  const stored = id === '' ? undefined : { ...initialData }
  const record = { ...unstoredRecord('new', stored), id }
  for (const [name, value] of Object.entries(initialData)) {
    if (stored === undefined) record.values.set(name, value)
    else assertJson(name, value)
  }
  const state = new SessionState(undefined, [], true)
  state.record = record
  return wrap<Data, FlashData>(state)
}

/**
 * Whether `object` is a session of this package.
 *
 * @example
 * import { createSession, isSession } from 'fetch-sessions'
 *
 * isSession(createSession()) // true
 * isSession({ id: '' }) // false
 */
export function isSession(object: unknown): object is Session {
  return typeof object === 'object' && object !== null && unwrap(object) !== undefined
}
