import type { Act, Answer, Application, Reply, Seen } from './application.ts'
import { isFirm, note, weaken } from './lives.ts'
import type { Key, Life } from './lives.ts'
import { Registry } from './registry.ts'

/** What a back end promises. */
export interface Traits {
  readonly name: string
  /** It lists and ends the sessions of users. */
  readonly indexed: boolean
  /** It compares versions, so that requests at once lose nothing. */
  readonly compares: boolean
  /** It keeps the session in the cookie, so that an old cookie goes on. */
  readonly inCookie: boolean
}

export interface Violation {
  readonly backEnd: string
  readonly what: string
  readonly history: readonly string[]
}

export interface Totals {
  requests: number
  failedInOutages: number
  failedOtherwise: number
  oldCookies: number
}

/**
 * A number that stays the same while the clocks of all processes agree within a few seconds; undefined while they do
 * not. Then the markers of ids that were replaced, which last 15 seconds, may be gone before their time.
 */
export type ClockPeriod = () => number | undefined

/** An engine is away, or back so recently that clients have not noticed. */
export type IsOutage = (startedAt: number) => boolean

/** About as many lines as five browsers make in ten seconds. */
const MAX_RECENT = 300

/** Milliseconds. The marker of an id that was replaced lasts for 15 seconds, and a request reads it more than once. */
const MARKER_IS_SURE = 10_000

const REPLACING: readonly Act['name'][] = ['regenerate', 'reauthenticate', 'sign in', 'log out']

/** Sends requests to one back end, and compares each answer with what the earlier ones allow. */
export class Model {
  readonly traits: Traits
  readonly totals: Totals = {
    requests: 0,
    failedInOutages: 0,
    failedOtherwise: 0,
    oldCookies: 0,
  }
  readonly violations: Violation[] = []
  readonly known: Registry
  readonly #endings = new Map<string, number>()
  /** What happened last, to any session. */
  readonly #recent: string[] = []
  readonly #isOutage: IsOutage
  readonly #clockPeriod: ClockPeriod

  constructor(
    traits: Traits,
    isOutage: IsOutage = () => false,
    clockPeriod: ClockPeriod = () => 1,
  ) {
    this.traits = traits
    this.#clockPeriod = clockPeriod
    this.known = new Registry(traits.inCookie)
    this.#isOutage = isOutage
  }

  secretOf(user: string): string {
    return `secret of ${user}`
  }

  signIn(app: Application, cookie: string | undefined, user: string): Promise<Answer | undefined> {
    const key = this.known.keyOf(cookie)
    const life = this.known.begin(user, this.secretOf(user), key?.life ?? key?.former)
    if ((this.#endings.get(user) ?? 0) > 0) life.isUncertain = true
    const { id, secret } = life
    return this.visit(app, cookie, { name: 'sign in', user, secret, life: id }, life)
  }

  begin(app: Application, cookie: string | undefined): Promise<Answer | undefined> {
    const key = this.known.keyOf(cookie)
    const secret = `secret ${crypto.randomUUID()}`
    const life = this.known.begin(undefined, secret, key?.life ?? key?.former)
    if (key !== undefined) key.mayBegin = life
    return this.visit(app, cookie, { name: 'begin', secret: life.secret, life: life.id }, life)
  }

  endAll(app: Application, user: string): Promise<Answer | undefined> {
    return this.#end(app, undefined, { name: 'end all', user }, user, this.known.lives(user))
  }

  endOthers(app: Application, cookie: string, own: Life): Promise<Answer | undefined> {
    const user = own.user ?? ''
    const others = this.known.lives(user).filter((life) => life !== own)
    return this.#end(app, cookie, { name: 'end others' }, user, others)
  }

  endOne(app: Application, life: Life): Promise<Answer | undefined> {
    const { user = '', handle } = life
    return this.#end(app, undefined, { name: 'end one', user, handle }, undefined, [life])
  }

  /** Sends a request. Undefined if it fails, as it may while an engine is away. */
  async visit(
    app: Application,
    cookie: string | undefined,
    act: Act,
    begins?: Life,
  ): Promise<Answer | undefined> {
    const { name: backEnd } = this.traits
    const key = this.known.keyOf(cookie)
    const life = key?.life
    const isReplacing = REPLACING.includes(act.name)
    const before: Before = {
      wasDead: key?.isDead === true && !this.traits.inCookie,
      hadEnded: life?.state === 'ended' && !this.traits.inCookie,
      acknowledged: life?.count.acknowledged ?? 0,
      own: isReplacing ? 1 : 0,
    }
    if (key !== undefined && isReplacing) key.replacements++
    if (life !== undefined && act.name === 'add') life.count.sent++
    const notice = life?.notice
    if (life !== undefined && act.name === 'flash') life.notice = null
    const startedAt = performance.now()
    const period = this.#clockPeriod()
    const asks = `asks for ${text(act)} with ${short(cookie)}`
    for (const each of [life, begins]) note(each, asks)
    this.#remember(life, asks)

    const reply = await app.visit({ backEnd, cookie, act })

    this.totals.requests++
    const got = `${act.name} got ${text(reply)}`
    for (const each of [life, begins]) note(each, got)
    this.#remember(life, got)
    if ('code' in reply) {
      if (this.#isOutage(startedAt)) this.totals.failedInOutages++
      else this.totals.failedOtherwise++
      if (reply.code !== 'ERR_SESSION_STORAGE') {
        this.#violate(`a request failed with ${reply.code}: ${reply.message}`, life ?? begins)
      }
      if (begins !== undefined) this.known.forget(begins)
      if (life !== undefined && isReplacing) weaken(life)
      if (life !== undefined && act.name === 'read notice') life.notice = null
      return undefined
    }
    this.#check(key, before, reply, begins)
    if (act.name === 'read notice' && isSeen(reply.seen, life) && notice !== null) {
      if (reply.seen.notice !== notice) {
        this.#violate(`"${notice}" was flashed, and "${reply.seen.notice}" was read`, life)
      }
    }
    const isPrompt =
      period !== undefined &&
      period === this.#clockPeriod() &&
      performance.now() - startedAt < MARKER_IS_SURE
    if (act.name === 'log out' && reply.outcome === 'retired' && !isPrompt) {
      // The marker that names what was begun meanwhile may be gone, so that this logout ends nothing.
      if (life !== undefined) weaken(life)
    } else this.#apply(act, key, reply, begins)
    return reply
  }

  /** What a request found must be what its cookie was made for, or nobody if that is possible. */
  #check(
    key: Key | undefined,
    before: Before,
    { seen, outcome }: Answer,
    begins: Life | undefined,
  ): void {
    if (key?.mayBegin !== undefined && key.mayBegin.id === seen.life) this.known.takeOver(key)
    const life = key?.life
    if (seen.user === undefined && seen.secret === undefined && seen.life === undefined) {
      if (key !== undefined && isFirm(key, before.own)) {
        this.#violate('a session that lives is lost', life)
      }
      return
    }
    if (life === undefined || !isSeen(seen, life)) {
      return this.#violate(`a cookie opens somebody else: ${text(seen)}`, life)
    }
    if (before.hadEnded) this.#violate('a session that has ended lives', life)
    if (before.wasDead) this.#violate('an id that was replaced opens a session', life)
    const count = seen.count ?? 0
    const { countInCookie = before.acknowledged } = key ?? {}
    const most = key?.countInCookie ?? life.count.sent
    if (count < countInCookie || count > most) {
      this.#violate(`the count is ${count}, not ${countInCookie} to ${most}`, life)
    }
    // Whoever ends the sessions of a user may end one that is just being signed in.
    const mayEnd = begins?.isUncertain === true
    if (outcome === 'retired' && !mayEnd && key !== undefined && isFirm(key, before.own)) {
      this.#violate('a write to a session that lives is dropped', life, begins)
    }
  }

  /** What is true from this answer on. */
  #apply(act: Act, key: Key | undefined, answer: Answer, begins: Life | undefined): void {
    const { seen, outcome, cookie, countAfter } = answer
    const life = key?.life
    const isLife = isSeen(seen, life)
    const isWritten = outcome === 'written'
    if (isLife && life !== undefined && key?.isDead === false) life.handle = seen.handle
    switch (act.name) {
      case 'add':
        if (isWritten && life !== undefined) life.count.acknowledged++
        break
      case 'flash':
        if (isWritten && life !== undefined) life.notice = act.notice
        break
      case 'read notice':
        if (isLife && life !== undefined && outcome !== 'retired') life.notice = undefined
        break
      case 'begin':
        if (!isWritten || begins === undefined) return
        begins.state = 'alive'
        if (typeof cookie === 'string')
          this.known.issue(cookie, this.known.newKey(begins, countAfter))
        else if (key?.mayBegin === begins) this.known.takeOver(key)
        return
      case 'sign in':
        if (isWritten) this.#signedIn(key, answer, begins)
        else if (life !== undefined) weaken(life)
        return
      case 'regenerate':
      case 'reauthenticate':
        if (!isLife) return
        if (isWritten && typeof cookie === 'string') {
          this.known.issue(cookie, this.known.newKey(life, countAfter))
          this.known.bury(key)
        } else if (life !== undefined) weaken(life)
        return
      case 'log out':
        if (isLife) this.known.end(life)
        if (isLife) this.known.bury(key)
        if (typeof cookie === 'string')
          this.known.issue(cookie, this.known.newKey(undefined, 0, key?.life ?? key?.former))
        return
      default:
    }
    if (typeof cookie !== 'string' || key === undefined) return
    this.known.issue(cookie, this.traits.inCookie ? this.known.newKey(life, countAfter) : key)
  }

  #signedIn(key: Key | undefined, answer: Answer, begun: Life | undefined): void {
    const { seen, cookie, countAfter } = answer
    if (begun === undefined || typeof cookie !== 'string') return
    const former = key?.life
    const isFormer = isSeen(seen, former)
    begun.state = 'alive'
    if (former !== undefined && (former.user === undefined || former.user === begun.user)) {
      // The values stay. Of a session that has ended meanwhile, nothing does.
      const isSure = isFormer && !former.isUncertain && former.state === 'alive'
      begun.count = isSure ? former.count : { acknowledged: 0, sent: former.count.sent }
      begun.notice = isSure ? former.notice : null
    }
    this.known.issue(cookie, this.known.newKey(begun, countAfter))
    if (!isFormer) return
    this.known.end(former)
    this.known.bury(key)
  }

  async #end(
    app: Application,
    cookie: string | undefined,
    act: Act,
    user: string | undefined,
    lives: readonly Life[],
  ): Promise<Answer | undefined> {
    // A sign-in that is not answered yet may count as later.
    const ending = lives.filter(({ state }) => state === 'alive')
    for (const life of lives) {
      weaken(life)
      life.endings++
      note(life, `${text(act)} begins elsewhere`)
    }
    if (user !== undefined) this.#endings.set(user, (this.#endings.get(user) ?? 0) + 1)
    const answer = await this.visit(app, cookie, act)
    if (user !== undefined) this.#endings.set(user, (this.#endings.get(user) ?? 1) - 1)
    for (const life of lives) {
      life.endings--
      note(life, `${text(act)} elsewhere got ${answer === undefined ? 'no answer' : answer.ended}`)
    }
    const hasEnded = typeof answer?.ended === 'number' || answer?.ended === true
    for (const life of hasEnded ? ending : []) {
      // It may be one of those that were begun under it.
      if (act.name !== 'end one' || life.successors.length === 0) this.known.end(life)
    }
    return answer
  }

  #violate(what: string, ...lives: (Life | undefined)[]): void {
    const { name: backEnd } = this.traits
    const history = lives.flatMap((life) =>
      life === undefined ? [] : [`${life.id} of ${life.user ?? 'nobody'}`, ...life.history],
    )
    this.violations.push({ backEnd, what, history: [...history, 'all sessions', ...this.#recent] })
  }

  #remember(life: Life | undefined, line: string): void {
    this.#recent.push(`${new Date().toISOString().slice(11, 23)} ${life?.id ?? 'nobody'} ${line}`)
    if (this.#recent.length > MAX_RECENT) this.#recent.shift()
  }
}

interface Before {
  readonly wasDead: boolean
  readonly hadEnded: boolean
  readonly acknowledged: number
  /** How many of the replacements of the key are this request itself. */
  readonly own: number
}

function isSeen({ life, user, secret }: Seen, expected: Life | undefined): boolean {
  if (expected === undefined) return false
  return life === expected.id && user === expected.user && secret === expected.secret
}

const short = (cookie: string | undefined): string =>
  cookie === undefined ? 'no cookie' : `…${cookie.slice(-8)}`

function text(value: Act | Reply | Seen): string {
  return JSON.stringify(value, (name, each: unknown) =>
    name === 'cookie' && typeof each === 'string' ? short(each) : each,
  )
}
