/*
 * What the model knows: lives, and the keys that open them. A life begins with a sign-in, or with a first value of somebody
 * anonymous, and goes on under each new id. It ends with a logout, with another sign-in, or from elsewhere.
 */

/** Between these the stored count must be. */
export interface Count {
  /** What was acknowledged. */
  acknowledged: number
  /** What was acknowledged, under way, or not answered. */
  sent: number
}

export interface Life {
  readonly id: string
  readonly user: string | undefined
  readonly secret: string
  count: Count
  /** It is `pending` while its sign-in is not answered. */
  state: 'pending' | 'alive' | 'ended'
  /** Something that may have ended it was not answered, or is under way. */
  isUncertain: boolean
  /** How many requests are under way that end it from elsewhere. */
  endings: number
  /** Those that were begun under its id. Who ends this one may end them. */
  readonly successors: Life[]
  /** Under whose id it was begun, as long as somebody may still be ending that one. */
  former: Life | undefined
  /** The flash value; null if nobody can know whether there is one. */
  notice: string | undefined | null
  handle: string
  readonly history: string[]
}

/** One id of a session. Several cookies have it: each renewal makes one. */
export interface Key {
  /** Undefined if nobody is to be found there, such as after a logout that left a message. */
  life: Life | undefined
  /** Under whose id it was made: a logout that leaves a message makes a key without a life. */
  former: Life | undefined
  /** What begins there if a request that was not answered was carried out. */
  mayBegin: Life | undefined
  /** A request with it has got a new id, and the answer. */
  isDead: boolean
  /** How many requests with it have asked for a new id or an end. */
  replacements: number
  /** The count in the cookie itself, for cookie storage. */
  readonly countInCookie: number | undefined
  readonly cookies: string[]
}

const MAX_HISTORY = 80
let lives = 0

/** @param former under whose id it is begun */
export function createLife(user: string | undefined, secret: string, former?: Life): Life {
  const life: Life = {
    id: `life ${++lives}`,
    user,
    secret,
    former,
    count: { acknowledged: 0, sent: 0 },
    state: 'pending',
    isUncertain: false,
    endings: 0,
    successors: [],
    notice: undefined,
    handle: '',
    history: [],
  }
  former?.successors.push(life)
  life.isUncertain = isEnding(life)
  return life
}

export function createKey(
  life: Life | undefined,
  countInCookie?: number,
  former: Life | undefined = life,
): Key {
  return {
    life,
    former,
    mayBegin: undefined,
    isDead: false,
    replacements: 0,
    countInCookie,
    cookies: [],
  }
}

/** Whether a request is under way that ends it, or a life before it: who ends that one ends what was begun under it. */
export function isEnding(life: Life): boolean {
  const { former } = life
  if (life.endings > 0 || (former !== undefined && isEnding(former))) return true
  if (former?.state === 'ended') life.former = undefined
  return false
}

/** Whatever was begun under this life may have ended with it. */
export function weaken(life: Life): void {
  life.isUncertain = true
  for (const successor of life.successors) weaken(successor)
}

export function note(life: Life | undefined, line: string): void {
  if (life === undefined) return
  life.history.push(`${new Date().toISOString().slice(11, 23)} ${line}`)
  if (life.history.length > MAX_HISTORY) life.history.shift()
}

/** Whether the session of a key must be there, unless somebody else with the key asks for a new id or an end. */
export function isFirm({ life, isDead, replacements }: Key, own: number): boolean {
  if (life === undefined || isDead || replacements > own) return false
  return life.state === 'alive' && !life.isUncertain
}
