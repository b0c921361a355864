import { createKey, createLife } from './lives.ts'
import type { Key, Life } from './lives.ts'

/** Old cookies that are kept to be tried again. */
const MAX_OLD = 2000

/** The lives of one back end, and who has which key. */
export class Registry {
  /** Cookies that must open nobody. */
  readonly old: string[] = []
  sessions = 0
  ended = 0
  readonly #inCookie: boolean
  readonly #keys = new Map<string, Key>()
  readonly #keysOf = new Map<Life, Set<Key>>()
  readonly #livesOf = new Map<string, Set<Life>>()

  /** @param inCookie an old cookie goes on */
  constructor(inCookie: boolean) {
    this.#inCookie = inCookie
  }

  keyOf(cookie: string | undefined): Key | undefined {
    return cookie === undefined ? undefined : this.#keys.get(cookie)
  }

  /** The lives of a user that have not ended. */
  lives(user: string): readonly Life[] {
    return [...(this.#livesOf.get(user) ?? [])]
  }

  /** Every cookie that somebody has, the newest last. */
  cookies(): readonly string[] {
    return [...this.#keys.keys()]
  }

  begin(user: string | undefined, secret: string, former: Life | undefined): Life {
    const life = createLife(user, secret, former)
    this.sessions++
    if (user === undefined) return life
    const all = this.#livesOf.get(user) ?? new Set()
    this.#livesOf.set(user, all.add(life))
    return life
  }

  /** From now on nobody may find it. */
  end(life: Life | undefined): void {
    if (life === undefined || life.state === 'ended') return
    life.state = 'ended'
    this.ended++
    this.#livesOf.get(life.user ?? '')?.delete(life)
    for (const key of this.#keysOf.get(life) ?? []) this.bury(key)
    this.#keysOf.delete(life)
  }

  /** From now on its cookies open nobody. */
  bury(key: Key | undefined): void {
    if (key === undefined || this.#inCookie) return
    key.isDead = true
    this.old.push(...key.cookies.splice(0))
    for (const cookie of this.old.splice(0, this.old.length - MAX_OLD)) this.#keys.delete(cookie)
  }

  newKey(life: Life | undefined, count = 0, former?: Life): Key {
    return createKey(life, this.#inCookie ? count : undefined, former)
  }

  issue(cookie: string, key: Key): void {
    this.#keys.set(cookie, key)
    key.cookies.push(cookie)
    const { life } = key
    if (life === undefined) return
    // A request that was under way during the end.
    if (life.state === 'ended') return this.bury(key)
    const keys = this.#keysOf.get(life) ?? new Set()
    this.#keysOf.set(life, keys.add(key))
  }

  /** What was begun under this key without an answer is there. */
  takeOver(key: Key): void {
    key.life = key.mayBegin
    key.mayBegin = undefined
    if (key.life === undefined) return
    key.life.state = 'alive'
    this.#keysOf.set(key.life, new Set([key]))
  }

  /** Its sign-in was not answered, so nobody has a cookie of it. */
  forget(life: Life): void {
    this.#livesOf.get(life.user ?? '')?.delete(life)
  }
}
