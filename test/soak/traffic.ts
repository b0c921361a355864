import type { Act, Answer, Application } from './application.ts'
import type { ClockPeriod, Model } from './model.ts'
import type { Random } from './random.ts'

export interface Traffic {
  readonly model: Model
  /** The processes that have this back end. */
  readonly applications: readonly Application[]
  readonly random: Random
  /** Milliseconds between two acts of one browser, on average. */
  readonly pause: number
  readonly isOver: () => boolean
  readonly clockPeriod: ClockPeriod
}

/** As many browsers as users, so that most users are signed in on several of them. */
const BROWSERS = 5
const USERS = ['ada', 'bob', 'eve']

/** Sends the requests of several browsers, of an administrator and of a thief to one back end, until it is over. */
export async function runTraffic(traffic: Traffic): Promise<void> {
  const loops = Array.from({ length: BROWSERS }, () => browse(traffic, traffic.random.fork()))
  loops.push(steal(traffic, traffic.random.fork()))
  if (traffic.model.traits.indexed) loops.push(administer(traffic, traffic.random.fork()))
  await Promise.all(loops)
}

/** How many cookies are looked with at the end: cookie storage makes one for each write. */
const MOST_INSPECTED = 5_000

/** Looks with the newest cookies: those that live have what was acknowledged, and the rest opens nobody. */
export async function inspectAll({ model, applications }: Traffic): Promise<void> {
  const [app] = applications
  if (app === undefined) return
  for (const cookie of model.known.cookies().slice(-MOST_INSPECTED)) {
    await model.visit(app, cookie, { name: 'look' })
  }
  model.totals.oldCookies += model.known.old.length
}

async function browse(traffic: Traffic, random: Random): Promise<void> {
  const { model, applications, isOver } = traffic
  let jar: string | undefined
  /** As a browser keeps cookies. */
  const keep = (answer: Answer | undefined): void => {
    if (typeof answer?.cookie === 'string') jar = answer.cookie
    if (answer?.cookie === null) jar = undefined
  }
  while (!isOver()) {
    await sleep(random.next() * 2 * traffic.pause)
    const app = random.pick(applications)
    const key = model.known.keyOf(jar)
    const life = key?.life
    const isKnown = jar !== undefined && key?.isDead === false && life?.state === 'alive'
    let hasFailed = false
    if (!isKnown || (life.isUncertain && random.chance(0.3))) {
      if (random.chance(0.2)) jar = undefined
      const isNew = life === undefined && random.chance(0.2)
      const answer = isNew
        ? await model.begin(app, jar)
        : await model.signIn(app, jar, random.pick(USERS))
      hasFailed = answer === undefined
      keep(answer)
      // It has come too late, as a request with an old cookie does. Whoever gets no answer to a sign-in reloads the page.
      if (answer?.outcome === 'retired') jar = undefined
    } else {
      const acts = choose(random, traffic, life.isUncertain)
      const answers = await Promise.all(
        acts.map((act) => {
          if (act === 'sign in') return model.signIn(app, jar, life.user ?? random.pick(USERS))
          if (act === 'switch user') return model.signIn(app, jar, random.pick(USERS))
          if (act.name === 'end others') return model.endOthers(app, jar ?? '', life)
          // Those of one burst go to several processes.
          return model.visit(random.pick(applications), jar, act)
        }),
      )
      hasFailed = answers.includes(undefined)
      // A browser keeps the cookie of the new id, since its page goes on with that one.
      for (const answer of answers) if (acts.length === 1) keep(answer)
      if (acts.length > 1) keep(answers.find((answer) => answer?.cookie !== undefined))
    }
    // While an engine is away, a visitor reloads.
    while (hasFailed && !isOver()) {
      await sleep(200)
      hasFailed =
        (await model.visit(random.pick(applications), jar, { name: 'look' })) === undefined
    }
  }
}

type Choice = Act | 'sign in' | 'switch user'

/** What a browser does next: one request, or several at once. */
function choose(random: Random, traffic: Traffic, isUncertain: boolean): Choice[] {
  const { indexed, compares } = traffic.model.traits
  if (compares && !isUncertain && random.chance(0.25)) return burst(random, traffic)
  const roll = random.below(100)
  if (roll < 25) return [{ name: 'look' }]
  if (roll < 55) return [{ name: 'add' }]
  if (roll < 65) return [{ name: 'flash', notice: `notice ${random.below(1e6)}` }]
  if (roll < 75) return [{ name: 'read notice' }]
  if (roll < 81) return [{ name: 'regenerate' }]
  if (roll < 85) return [{ name: 'reauthenticate' }]
  if (roll < 89) return ['sign in']
  if (roll < 91) return ['switch user']
  if (roll < 93 && indexed) return [{ name: 'end others' }]
  return [logOut(random)]
}

/** Requests of several tabs. The first of them is the one that may get a new id. */
function burst(random: Random, { clockPeriod }: Traffic): Choice[] {
  const adds: Choice[] = Array.from({ length: 1 + random.below(3) }, () => ({ name: 'add' }))
  const roll = random.below(10)
  if (roll < 5) return adds
  if (roll < 6) return [{ name: 'regenerate' }, ...adds]
  if (roll < 7) return ['sign in', ...adds]
  if (roll < 8 || clockPeriod() === undefined) return [logOut(random), ...adds]
  // Whichever is first, no id that the other one makes may outlive the logout.
  return [logOut(random), { name: 'regenerate' }, ...adds]
}

const logOut = (random: Random): Act => ({
  name: 'log out',
  how: random.pick(['destroy', 'sign out', 'destroy and fail'] as const),
})

/** Ends sessions from elsewhere, and deletes what has expired. */
async function administer(traffic: Traffic, random: Random): Promise<void> {
  const { model, applications, pause, isOver } = traffic
  while (!isOver()) {
    await sleep(random.next() * 2 * pause * 8)
    const app = random.pick(applications)
    const user = random.pick(USERS)
    const lives = model.known.lives(user).filter(({ handle }) => handle !== '')
    if (random.chance(0.1)) await model.visit(app, undefined, { name: 'purge' })
    else if (random.chance(0.3)) await model.endAll(app, user)
    else if (lives.length > 0) await model.endOne(app, random.pick(lives))
  }
}

/** Tries cookies that were valid once, and cookies that never were. */
async function steal(traffic: Traffic, random: Random): Promise<void> {
  const { model, applications, pause, isOver } = traffic
  while (!isOver()) {
    await sleep(random.next() * 2 * pause * 2)
    const app = random.pick(applications)
    const cookies = model.traits.inCookie ? model.known.cookies() : model.known.old
    if (cookies.length === 0) continue
    const cookie = random.pick(cookies)
    if (random.chance(0.1)) {
      const at = random.below(cookie.length)
      const forged = cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
      await model.visit(app, forged, { name: 'look' })
    } else {
      model.totals.oldCookies++
      await model.visit(app, cookie, { name: 'look' })
    }
  }
}

/** Other loops have their turn even without a pause. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds < 1) setImmediate(resolve)
    else setTimeout(resolve, milliseconds)
  })
}
